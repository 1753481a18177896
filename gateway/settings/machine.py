# ruff: noqa: RUF009 (a declaration is a call; what it returns never changes)
"""Settings of the machine: where the gateway lives, listens, resolves and may connect to."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from gateway.settings import kinds
from gateway.settings.declaration import setting
from gateway.settings.kinds import listing
from gateway.settings.values import HostPort, Network, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """[server]."""

    hostname: str = setting(
        kinds.DOMAIN,
        "mail.example.com",
        "EHLO and Message-ID name. It should resolve to this machine, and the machine's address "
        "back to it.",
    )
    public_url: str = setting(
        kinds.PUBLIC_URL,
        "http://127.0.0.1:8025",
        "Root of the links in mails: where customers and companies reach the pages from outside. "
        "https in production.",
        example="https://mail.example.com",
    )
    data_dir: Path = setting(
        kinds.PATH,
        "var",
        "Embedded store: SQLite and blobs. Relative paths are relative to the directory that the "
        "gateway was started in.",
        example="/var/lib/postroom",
    )
    database_url: Secret = setting(
        kinds.DATABASE_URL,
        "",
        '"" = SQLite in data_dir.',
        example="postgresql://user:pass@host/db",
    )
    blob_url: str = setting(
        kinds.TEXT,
        "",
        '"" = files in data_dir; "s3://bucket/prefix" with the table [s3].',
        example="s3://bucket/prefix",
        available=False,
    )
    secret: Secret = setting(
        kinds.MADE_SECRET,
        {"file": "var/secret"},
        "Key of all tokens in addresses and links. The file is made at the first start; keep it "
        "as you keep the data: without it no answer finds its conversation.",
    )
    drain: timedelta = setting(
        kinds.bounded_duration("0s"),
        "30s",
        "How long a stop waits for what is under way.",
    )
    readers: int = setting(
        kinds.whole(1, 256),
        1,
        "Killable processes that read mail. More of them help where mail is large.",
        example=2,
    )
    trusted_proxies: tuple[Network, ...] = setting(
        listing(kinds.NETWORK),
        [],
        "HTTP peers whose X-Forwarded-For and X-Forwarded-Proto are believed. Loopback earns no "
        "trust by itself.",
        example=["127.0.0.1/32"],
        live=True,
    )
    admin_key: Secret = setting(
        kinds.SECRET,
        "",
        "Optional fixed admin API key; otherwise `postroom key add --admin`.",
        example={"env": "POSTROOM_ADMIN_KEY"},
        live=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenSettings:
    """[listen]."""

    mx: tuple[HostPort, ...] = setting(
        listing(kinds.LISTENER),
        ["127.0.0.1:2525"],
        "Where mail from the Internet arrives. Port 0 takes a free port.",
        example=["0.0.0.0:25", "[::]:25"],
    )
    submission: tuple[HostPort, ...] = setting(
        listing(kinds.LISTENER),
        ["127.0.0.1:2587"],
        "Where your own services hand in mail: AUTH, STARTTLS required.",
        example=["0.0.0.0:587"],
    )
    submission_plain_from: tuple[Network, ...] = setting(
        listing(kinds.NETWORK),
        ["127.0.0.1/32", "::1/128"],
        "Networks that may AUTH without TLS, judged by the real peer, after PROXY.",
        example=["10.0.0.0/8"],
        live=True,
    )
    submissions: tuple[HostPort, ...] = setting(
        listing(kinds.LISTENER),
        [],
        "The same with implicit TLS; needs [tls].",
        example=["0.0.0.0:465"],
    )
    http: tuple[HostPort, ...] = setting(
        listing(kinds.LISTENER),
        ["127.0.0.1:8025"],
        "Where the API and the pages are served.",
        example=["127.0.0.1:8025"],
    )
    metrics: tuple[HostPort, ...] = setting(
        listing(kinds.LISTENER),
        [],
        "[] = /metrics on http, with an admin key. Listeners named here serve it to anybody who "
        "reaches them.",
        example=["127.0.0.1:9125"],
    )
    proxy_protocol_from: tuple[Network, ...] = setting(
        listing(kinds.NETWORK),
        [],
        "Networks whose PROXY v1 or v2 header is believed on mx and submission.",
        example=["10.0.0.5/32"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """[tls]."""

    certificate: Path | None = setting(
        kinds.OPTIONAL_PATH,
        "",
        "PEM file with the certificate and its chain, for STARTTLS on mx and submission, and for "
        "submissions. A reload reads it anew.",
        example="/etc/letsencrypt/live/mail.example.com/fullchain.pem",
        live=True,
    )
    key: Path | None = setting(
        kinds.OPTIONAL_PATH,
        "",
        "PEM file with the private key of the certificate, without a passphrase.",
        example="/etc/letsencrypt/live/mail.example.com/privkey.pem",
        live=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressSettings:
    """[egress]."""

    allow: tuple[Network, ...] = setting(
        listing(kinds.NETWORK),
        [],
        "Networks allowed besides public ones. Private, loopback, link-local, NAT64 and the like "
        "are refused otherwise.",
        example=["10.1.2.0/24"],
        live=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentsSettings:
    """[payments]."""

    stripe_api: str = setting(
        kinds.PUBLIC_URL,
        "https://api.stripe.com",
        "Where Stripe's API is. Companies' keys are not here: they give them by "
        "PATCH /v1/settings/payments.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsSettings:
    """[dns]."""

    resolvers: tuple[HostPort, ...] = setting(
        listing(kinds.RESOLVER),
        [],
        "[] = the system's.",
        example=["127.0.0.1:5353"],
    )
    timeout: timedelta = setting(
        kinds.bounded_duration("100ms"),
        "5s",
        "How long an answer is waited for.",
    )
    trusted: bool = setting(
        kinds.BOOLEAN,
        False,
        "true: the resolvers check DNSSEC, and nobody can alter their answers on the way, so that "
        "DANE may rest on them. Resolvers on this machine are trusted anyway.",
    )
    recheck: timedelta = setting(
        kinds.bounded_duration("1s"),
        "1h",
        "How often the gateway looks whether DNS still answers with its own records and with those "
        "of companies' domains. What broke, or is well again, is told once.",
        live=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Settings:
    """[s3]."""

    endpoint: str = setting(
        kinds.TEXT,
        "",
        '"" = Amazon\'s.',
        example="https://s3.example.com",
        available=False,
    )
    region: str = setting(
        kinds.TEXT,
        "",
        "Region of the bucket.",
        example="eu-central-1",
        available=False,
    )
    access_key: Secret = setting(
        kinds.SECRET,
        "",
        "Name of the access key.",
        example={"env": "S3_ACCESS_KEY"},
        available=False,
    )
    secret_key: Secret = setting(
        kinds.SECRET,
        "",
        "The access key itself.",
        example={"file": "/etc/postroom/s3.secret"},
        available=False,
    )
