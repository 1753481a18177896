# ruff: noqa: RUF009 (a declaration is a call; what it returns never changes)
"""Settings of the way out: domains, signatures, next hops, events."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from gateway.settings import kinds
from gateway.settings.declaration import required, setting, tables, unset
from gateway.settings.kinds import choice, listing, whole
from gateway.settings.values import NextHop, Rate


class TlsPolicy(StrEnum):
    """How much TLS a relay insists on."""

    NONE = "none"
    OPPORTUNISTIC = "opportunistic"
    REQUIRED = "required"
    VERIFIED = "verified"


class DkimAlgorithm(StrEnum):
    """Algorithms of DKIM (RFC 6376 and RFC 8463)."""

    RSA_SHA256 = "rsa-sha256"
    ED25519_SHA256 = "ed25519-sha256"


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainsSettings:
    """[domains]."""

    sender: str = setting(
        kinds.DOMAIN,
        "mail.example.com",
        "Companies send as <company-name>@sender.",
    )
    reply: str = setting(
        kinds.DOMAIN,
        "reply.example.com",
        "Reply addresses; never a domain that people use for anything else, so never that of "
        "sender.",
    )
    bounce: str = setting(
        kinds.DOMAIN,
        "bounce.example.com",
        "Return-paths: where reports about undelivered mail come to.",
    )
    company_domains: bool = setting(
        kinds.BOOLEAN,
        True,
        "true: a company may have its mail sent from an address of its own domain, once DNS proves "
        "that; two records of sender carry the keys. false: all mail comes from sender.",
        live=True,
    )
    postmaster: str = setting(
        kinds.MAILBOX,
        "",
        "Where mail to postmaster@ and abuse@ of these domains is passed on; it is kept either "
        "way.",
        example="admin@example.net",
        live=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimSettings:
    """[dkim]."""

    directory: Path = setting(
        kinds.PATH,
        "var/dkim",
        "Where the signing keys are; made at the first start.",
        example="/var/lib/postroom/dkim",
    )
    algorithms: tuple[DkimAlgorithm, ...] = setting(
        listing(choice(DkimAlgorithm), least=1),
        ["rsa-sha256", "ed25519-sha256"],
        "Every mail is signed with each of them.",
        example=["rsa-sha256"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """[[relay.routes]]."""

    domain: str = required(
        kinds.DOMAIN_PATTERN,
        'Recipients\' domain: "example.org", "*.example.org" for those below it, or "*".',
        example="*.example.org",
    )
    next_hop: NextHop | None = setting(
        kinds.NEXT_HOP,
        "",
        '"" = MX of the recipient\'s domain, whatever [relay] next_hop says.',
        example="smtp://10.0.0.5:25",
    )
    tls: TlsPolicy | None = unset(
        choice(TlsPolicy),
        "as in [relay]",
        "none | opportunistic | required | verified.",
        example="verified",
    )
    per_next_hop: int | None = unset(
        whole(1, 10_000), "as in [relay]", "Connections to a next hop of this route.", example=5
    )
    rate: Rate | None = unset(
        kinds.RATE,
        "no limit",
        "At most so many mails in a time by this route, evenly spaced; each process that relays "
        "counts its own.",
        example="100/min",
    )
    source_address: str | None = unset(
        kinds.ADDRESS,
        "chosen by the system",
        "Address of this machine to connect from; next hops with an address of its kind, IPv4 or "
        "IPv6, are reached.",
        example="192.0.2.7",
    )
    hold: bool = setting(
        kinds.BOOLEAN, False, "true: mail by this route waits until it is released."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings:
    """[relay]."""

    next_hop: NextHop | None = setting(
        kinds.NEXT_HOP,
        "",
        '"" = MX of the recipient\'s domain; else the smarthost that takes all mail: '
        '"smtp://host:port", "smtps://user:pass@host".',
        example="smtp://10.0.0.5:25",
        live=True,
    )
    tls: TlsPolicy = setting(
        choice(TlsPolicy),
        "opportunistic",
        "none | opportunistic | required | verified; DANE and MTA-STS are honoured where "
        "published.",
        example="required",
        live=True,
    )
    retry: tuple[timedelta, ...] = setting(
        listing(kinds.DURATION, least=1),
        ["5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h"],
        "Waits between attempts; the last repeats. Each is moved by up to 10 %.",
        live=True,
    )
    delay_notice: timedelta = setting(
        kinds.DURATION, "4h", "After so long the company is told that its mail waits.", live=True
    )
    give_up_after: timedelta = setting(
        kinds.DURATION, "4d", "After so long deferred mail expires.", example="5d", live=True
    )
    concurrency: int = setting(
        whole(1, 10_000), 200, "Deliveries under way, all next hops together.", live=True
    )
    per_next_hop: int = setting(
        whole(1, 10_000), 20, "Connections to one next hop; they are reused.", live=True
    )
    sandbox_domains: tuple[str, ...] = setting(
        listing(kinds.DOMAIN),
        ["sandbox.test"],
        "Mail to these never leaves the machine: ok@, bounce+5.1.1@, delay+4.2.2@, slow+90s@, "
        "complain@, ooo@, reply+hello@ act as their names say.",
        live=True,
    )
    routes: tuple[Route, ...] = tables(
        Route, "Other ways for some domains; the first match wins.", live=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksSettings:
    """[webhooks]."""

    retry: tuple[timedelta, ...] = setting(
        listing(kinds.DURATION, least=1),
        ["5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"],
        "Waits between attempts, each moved by up to 10 %.",
        live=True,
    )
    timeout: timedelta = setting(
        kinds.DURATION, "15s", "How long an answer is waited for.", live=True
    )
    disable_after: timedelta = setting(
        kinds.DURATION,
        "5d",
        "After so long without one success a webhook is switched off.",
        live=True,
    )
