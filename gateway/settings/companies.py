# ruff: noqa: RUF009 (a declaration is a call; what it returns never changes)
"""Companies that live in files: [[tenant]] in the configuration or in tenants.d/*.toml."""

import re
from dataclasses import dataclass
from enum import StrEnum

from gateway.rules.names import RESERVED_SLUGS
from gateway.rules.reminders import MOST_AFTER, MOST_BEFORE
from gateway.settings import kinds
from gateway.settings.declaration import required, setting, table, tables, unset
from gateway.settings.kinds import Kind, choice, listing, whole
from gateway.settings.values import Secret, Unfit

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_LOCALE = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?", re.ASCII)
_COLOR = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)


class AttachPdf(StrEnum):
    """When an invoice mail carries its PDF."""

    SMTP_ONLY = "smtp-only"
    ALWAYS = "always"
    NEVER = "never"


class Scope(StrEnum):
    """What a company's API key may do."""

    SEND = "send"
    INBOX_READ = "inbox:read"
    INBOX_WRITE = "inbox:write"
    SETTINGS = "settings"


class EmailMethod(StrEnum):
    """By which server a company's mail leaves."""

    GATEWAY = "gateway"
    SMTP = "smtp"


class SmtpSecurity(StrEnum):
    """TLS of a company's own server."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Replies(StrEnum):
    """Where the answers to a company's mail go."""

    INBOX = "inbox"
    MAILBOX = "mailbox"
    BOTH = "both"


def _name(text: str) -> str:
    if not text.strip() or len(text) > 200 or not text.isprintable():
        raise Unfit("is not a name: write 1 to 200 characters on one line")
    return text.strip()


def _slug(text: str) -> str:
    if not _SLUG.fullmatch(text):
        raise Unfit(
            'is not a slug: write up to 40 small letters, digits and hyphens, such as "acme-sro"'
        )
    if text in RESERVED_SLUGS:
        raise Unfit("is an address that every domain keeps for its admin: write another")
    return text


def _locale(text: str) -> str:
    if not _LOCALE.fullmatch(text):
        raise Unfit('is not a locale: write one such as "en", "sk" or "de-AT"')
    return text


def _timezone(text: str) -> str:
    # Most configurations name no company, and the module is slow to import.
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    try:
        return text if text == "UTC" else ZoneInfo(text).key
    except (ValueError, OSError, LookupError):
        raise Unfit(
            'is not a time zone that this machine knows: write one such as "Europe/Bratislava"'
        ) from None


def _color(text: str) -> str:
    if text and not _COLOR.fullmatch(text):
        raise Unfit('is not a colour: write one such as "#1a73e8"')
    return text


def _username(text: str) -> str:
    if not text or len(text) > 255 or not text.isprintable() or " " in text:
        raise Unfit("is not a user name: write 1 to 255 characters without a space")
    return text


def _secret(raw: object) -> Secret:
    found = kinds.SECRET.parse(raw)
    if len(found.text) < 8:
        raise Unfit("is too short: a secret has at least 8 characters")
    return found


def _api_key(raw: object) -> Secret:
    # Most configurations name no company, and every command reads one.
    from gateway.rules.keys import Kind as KeyKind  # noqa: PLC0415
    from gateway.rules.keys import kind_of_text  # noqa: PLC0415

    found = _secret(raw)
    if kind_of_text(found.text) is KeyKind.ADMIN:
        raise Unfit("begins as keys of admins do: a company's begins with pr_live_ or pr_test_")
    return found


NAME: Kind[str] = kinds.of_text("company's name", _name)
SLUG: Kind[str] = kinds.of_text("small letters, digits and hyphens", _slug)
LOCALE: Kind[str] = kinds.of_text("locale", _locale)
TIMEZONE: Kind[str] = kinds.of_text("time zone", _timezone)
COLOR: Kind[str] = kinds.of_text('colour such as "#1a73e8"', _color)
USERNAME: Kind[str] = kinds.of_text("user name", _username)
LONG_SECRET: Kind[Secret] = Kind(kinds.SECRET.name, _secret, secret=True)
API_KEY: Kind[Secret] = Kind(kinds.SECRET.name, _api_key, secret=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandFile:
    """[tenant.brand]."""

    color: str = setting(COLOR, "", 'Colour of the button; "" = blue.', example="#1a73e8")
    logo: str = setting(kinds.TEXT, "", "Its logo.", example="/etc/postroom/acme.png")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyFile:
    """[tenant.notify]."""

    address: str = setting(
        kinds.MAILBOX,
        "",
        "The company's people get each answer here.",
        example="office@acme.example",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpFile:
    """[tenant.email.smtp]."""

    host: str = setting(kinds.TEXT, "", "The company's own server.", example="smtp.acme.example")
    port: int = setting(whole(1, 65535), 587, "Its port.", example=465)
    security: SmtpSecurity = setting(choice(SmtpSecurity), "starttls", "none | starttls | tls.")
    login: str = setting(kinds.TEXT, "", "User name there.", example="invoices@acme.example")
    password: Secret = setting(
        kinds.SECRET, "", "Password there.", example={"file": "/etc/postroom/acme.password"}
    )
    from_address: str = setting(
        kinds.MAILBOX, "", "From of the company's mail.", example="invoices@acme.example"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindersFile:
    """[tenant.email.reminders]."""

    before: tuple[int, ...] = setting(
        listing(whole(1, MOST_BEFORE)), [], "Days before the due date.", example=[3]
    )
    on_due: bool = setting(kinds.BOOLEAN, False, "On the due date.", example=True)
    after: tuple[int, ...] = setting(
        listing(whole(1, MOST_AFTER)), [], "Days after the due date.", example=[7, 14]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailFile:
    """[tenant.email]."""

    method: EmailMethod = setting(choice(EmailMethod), "gateway", "gateway | smtp.", example="smtp")
    smtp: SmtpFile = table(SmtpFile, "The company's own SMTP account.")
    replies: Replies = setting(choice(Replies), "inbox", "inbox | mailbox | both.", example="both")
    reminders: RemindersFile = table(RemindersFile, "When unpaid invoices are reminded of.")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFile:
    """[[tenant.logins]]."""

    username: str = required(USERNAME, "Name for AUTH.", example="acme")
    password: Secret = required(
        LONG_SECRET,
        "Password for AUTH, at least 8 characters.",
        example={"file": "/etc/postroom/acme.smtp"},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile:
    """[[tenant.keys]]."""

    key: Secret = required(
        API_KEY,
        "API key, at least 8 characters; one that begins with pr_test_ is a test key, whose mail "
        "never leaves.",
        example={"file": "/etc/postroom/acme.key"},
    )
    scopes: tuple[Scope, ...] = setting(
        listing(choice(Scope), least=1),
        ["send", "inbox:read", "inbox:write", "settings"],
        "What it may do.",
        example=["send"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantFile:
    """[[tenant]]."""

    name: str = required(
        NAME, "The company's name, as its customers know it.", example="Acme s.r.o."
    )
    slug: str | None = unset(
        SLUG,
        "made from the name",
        "Its address is <slug>@sender. A company is known by it: another slug is another company.",
        example="acme-sro",
    )
    locale: str = setting(LOCALE, "en", "Language of its mails and pages.", example="sk")
    timezone: str = setting(TIMEZONE, "UTC", "Time zone of its dates.", example="Europe/Bratislava")
    brand: BrandFile = table(BrandFile, "How its mails and pages look.")
    attach_pdf: AttachPdf = setting(
        choice(AttachPdf),
        "smtp-only",
        "Whether the PDF itself is in the mail: smtp-only | always | never.",
        example="always",
    )
    notify: NotifyFile = table(NotifyFile, "Who is told of answers.")
    email: EmailFile = table(EmailFile, "By which server its mail leaves, where answers go.")
    logins: tuple[LoginFile, ...] = tables(LoginFile, "SMTP logins for submission.")
    keys: tuple[KeyFile, ...] = tables(KeyFile, "API keys.")
