# ruff: noqa: RUF009 (a declaration is a call; what it returns never changes)
"""Settings of the way in: what arriving mail may use up, how it is judged and kept."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from gateway.settings import kinds
from gateway.settings.daemons import Daemon
from gateway.settings.declaration import setting
from gateway.settings.kinds import choice, size, whole
from gateway.settings.values import Rate


class GateFailure(StrEnum):
    """What happens to mail that a scanner could not be asked about."""

    DEFER = "defer"
    ACCEPT = "accept"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsSettings:
    """[limits]."""

    message: int = setting(size("1KiB", "1GiB"), "25MiB", "Size of a mail, as SMTP carries it.")
    recipients: int = setting(whole(1, 100_000), 100, "Recipients of one mail.", live=True)
    connections: int = setting(whole(1, 1_000_000), 1000, "SMTP connections at a time.", live=True)
    connections_per_address: int = setting(
        whole(1, 1_000_000), 20, "SMTP connections of one peer at a time.", live=True
    )
    errors_per_session: int = setting(
        whole(1, 10_000), 10, "Refused commands, after which a session is closed.", live=True
    )
    idle: timedelta = setting(
        kinds.DURATION, "5m", "How long a session may be silent (RFC 5321, 4.5.3.2).", live=True
    )
    data_min_rate: int = setting(
        whole(0, 1_000_000_000), 1024, "Bytes a second, averaged over a minute.", live=True
    )
    parts: int = setting(
        whole(1, 100_000), 100, "MIME parts that are read; a mail of more is kept raw."
    )
    nesting: int = setting(whole(1, 200), 20, "How deep parts may stand within parts.")
    header_bytes: int = setting(
        size("1KiB", "16MiB"), "64KiB", "A longer header is refused: 552 5.3.4.", live=True
    )
    parse_seconds: int = setting(whole(1, 3600), 5, "Processor seconds for reading one mail.")
    hops: int = setting(whole(1, 10_000), 50, "Received fields; beyond: 554 5.4.6.", live=True)
    auth_failures: Rate = setting(
        kinds.RATE, "10/10m", "Per login and per peer network: then delays, then 421.", live=True
    )
    connection_tests: Rate = setting(
        kinds.RATE, "5/m", "Per company: then 429.", live=True, available=False
    )
    http_header_time: timedelta = setting(
        kinds.DURATION, "10s", "How long the header of a request may take."
    )
    http_requests_per_address: int = setting(
        whole(1, 1_000_000),
        2000,
        "HTTP requests of one peer (of a /64 in IPv6) under way at a time, open streams too: then "
        "429. Behind a reverse proxy the peer is told from [server] trusted_proxies.",
        live=True,
    )
    http_body: int = setting(size("1KiB", "4GiB"), "40MiB", "Size of a request's body.")
    spool_memory: int = setting(
        size("64KiB", "64GiB"),
        "64MiB",
        "DATA in memory, all connections together; beyond it goes to disk.",
    )
    upload_rate: int = setting(
        size("64KiB", "64GiB"),
        "16MiB",
        "What strangers may send in a second beyond 256 KiB of a message, all of them together. "
        "More would keep the disk from the commits of others; whoever sends it just waits.",
        live=True,
    )
    tenant_rate: Rate = setting(
        kinds.RATE,
        "1000/h",
        "Mail of one company: then 429 with Retry-After, or 451 4.7.1.",
        live=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundSettings:
    """[inbound]."""

    verify: bool = setting(kinds.BOOLEAN, True, "SPF, DKIM, DMARC (RFC 9989), ARC.", live=True)
    dmarc_reject: bool = setting(
        kinds.BOOLEAN,
        False,
        "true: p=reject failures get 550 5.7.26; false: accepted and badged.",
        example=True,
        live=True,
    )
    clamd: Daemon | None = setting(
        kinds.DAEMON,
        "",
        'Virus scanner: "unix:/run/clamav/clamd.ctl" or "host:port".',
        example="unix:/run/clamav/clamd.ctl",
        live=True,
    )
    rspamd: str = setting(
        kinds.WORKER_URL,
        "",
        "URL or host:port of rspamd's worker.",
        example="127.0.0.1:11333",
        live=True,
    )
    gate_seconds: int = setting(
        whole(1, 300),
        20,
        "dmarc_reject, clamd and rspamd are asked before the commit, within this time; past it: "
        "451.",
        live=True,
    )
    gate_failure: GateFailure = setting(
        choice(GateFailure),
        "defer",
        "defer | accept: what happens to mail that could not be asked about.",
        example="accept",
        live=True,
    )
    keep_raw: timedelta = setting(
        kinds.bounded_duration("1h"),
        "365d",
        "How long the bytes of a mail are kept as they came, with the envelope that they came in.",
        live=True,
    )
