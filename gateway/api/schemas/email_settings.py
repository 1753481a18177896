"""How a company's mail leaves, and the connection test."""

import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from gateway.api.schemas.base import Given, Instant, Taken, one_of
from gateway.api.schemas.fields import Line, MailAddress, mistake
from gateway.rules.reminders import MOST_AFTER, MOST_BEFORE, MOST_RULES

MethodWord = Literal["gateway", "smtp"]
SecurityWord = Literal["none", "starttls", "tls"]
AuthWord = Literal["password", "oauth2"]
RepliesWord = Literal["inbox", "mailbox", "both"]


def _host(text: str) -> str:
    if not text or not text.isascii() or not text.isprintable() or set(" /@\\?#,") & set(text):
        raise mistake("invalid_host", "Write the server's name alone, such as smtp.acme.example.")
    return text.rstrip(".").lower()


def _password(text: str) -> str:
    if any(sign in text for sign in "\r\n\0"):
        raise mistake("invalid_password", "A password holds no line breaks.")
    return text


def _token_url(text: str) -> str:
    if text and not re.fullmatch(r"https://[!-~]{1,500}", text):
        words = "Write an https URL, such as https://oauth2.googleapis.com/token."
        raise mistake("invalid_url", words)
    return text


class OAuthChange(Taken):
    """How an access token is got (RFC 6749, section 6), for servers that take no passwords.

    Microsoft 365: https://login.microsoftonline.com/organizations/oauth2/v2.0/token, scope
    https://outlook.office.com/SMTP.Send offline_access. Google:
    https://oauth2.googleapis.com/token, scope https://mail.google.com/.
    """

    token_url: Annotated[str, AfterValidator(_token_url)] | None = None
    client_id: Line | None = None
    scope: Line | None = None
    client_secret: Annotated[str, Field(max_length=4096), AfterValidator(_password)] | None = Field(
        default=None, description="Write only; given with a refresh token."
    )
    refresh_token: Annotated[str, Field(max_length=8192), AfterValidator(_password)] | None = Field(
        default=None, description="Write only. An empty one forgets the stored one."
    )


class SmtpChange(Taken):
    """The company's own SMTP account; what is left out stays.

    The stored password is forgotten when host, port or login change without a new one.
    """

    login: Line | None = None
    password: Annotated[str, Field(max_length=1000), AfterValidator(_password)] | None = Field(
        default=None, description="Write only. An empty one forgets the stored one."
    )
    host: Annotated[str, Field(max_length=253), AfterValidator(_host)] | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: SecurityWord | None = None
    from_address: MailAddress | None = None
    auth: AuthWord | None = Field(
        default=None, description="oauth2 signs in by XOAUTH2 with an access token."
    )
    oauth: OAuthChange | None = None


def _once(days: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(days)) != len(days):
        raise mistake("twice", "Name each day once.")
    return tuple(sorted(days))


class RemindersTaken(Taken):
    """On which days unpaid invoices are reminded of; none named: never."""

    before: Annotated[
        tuple[Annotated[int, Field(ge=1, le=MOST_BEFORE)], ...],
        Field(max_length=MOST_RULES, description="Days before the due date."),
        AfterValidator(_once),
    ] = ()
    on_due: bool = False
    after: Annotated[
        tuple[Annotated[int, Field(ge=1, le=MOST_AFTER)], ...],
        Field(max_length=MOST_RULES, description="Days after the due date."),
        AfterValidator(_once),
    ] = ()


class EmailSettingsChange(Taken):
    """What a company changes of its settings; what is left out stays."""

    method: MethodWord | None = None
    smtp: SmtpChange | None = None
    replies: RepliesWord | None = None
    reminders: RemindersTaken | None = None


class PasswordShown(Given):
    """Whether there is a password; itself it is never shown."""

    set: bool


class OAuthShown(Given):
    """How an access token is got; its secrets are never shown."""

    token_url: str
    client_id: str
    scope: str
    refresh_token: PasswordShown


class SmtpShown(Given):
    """The company's own SMTP account."""

    login: str
    password: PasswordShown
    host: str
    port: int
    security: Annotated[str, one_of(*get_args(SecurityWord))]
    from_address: str
    auth: Annotated[str, one_of(*get_args(AuthWord))]
    oauth: OAuthShown | None
    tested_at: Instant | None = Field(description="When a connection test of just this went well.")


class FailureShown(Given):
    """Why the company's server is not used for now; its mail waits."""

    since: Instant
    stage: str
    message: str


class RemindersShown(Given):
    """On which days unpaid invoices are reminded of."""

    before: list[int]
    on_due: bool
    after: list[int]


class EmailSettingsShown(Given):
    """How a company's mail leaves, and where the answers go."""

    method: Annotated[str, one_of(*get_args(MethodWord))]
    smtp: SmtpShown
    replies: Annotated[str, one_of(*get_args(RepliesWord))]
    egress_addresses: list[str] = Field(
        description="The addresses that the gateway connects from: let them in at your server."
    )
    reminders: RemindersShown
    failure: FailureShown | None


class StepShown(Given):
    """A step of the connection test."""

    name: str
    ok: bool
    detail: str
    ms: int


class TalkLineShown(Given):
    """A line of the SMTP talk. by: who said it; no password and no mail is in it."""

    by: Annotated[str, one_of("server", "client", "note")]
    text: str


class TestShown(Given):
    """How the connection test ended. message: the server's own words, where it said any."""

    ok: bool
    stage: Annotated[str, one_of("dns", "connect", "tls", "auth", "sender")] | None = None
    message: str
    hint: str | None = None
    max_message_bytes: int | None = None
    steps: list[StepShown]
    talk: list[TalkLineShown]
