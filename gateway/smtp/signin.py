"""AUTH PLAIN and LOGIN: from what the client says to a name and a password (RFC 4954, 4616)."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from gateway.mail.errors import MailError
from gateway.mail.replies import Reply

MECHANISMS = ("PLAIN", "LOGIN")

UNKNOWN_MECHANISM = Reply(504, "5.5.4", "Only PLAIN and LOGIN are offered")
CANCELLED = Reply(501, "5.7.0", "Authentication cancelled")
NOT_BASE64 = Reply(501, "5.5.2", "That was not base64")
NOT_CREDENTIALS = Reply(501, "5.5.2", "That did not hold a name and a password")
WRONG = Reply(535, "5.7.8", "Name or password is wrong")

Ask = Callable[[bytes], Awaitable[bytes]]


class SignInError(MailError):
    """The exchange failed; `reply` is the answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and a password, not yet judged."""

    username: str
    password: str = field(repr=False)


async def credentials(argument: str, ask: Ask) -> Credentials:
    """Return what the client signs in with.

    argument: what stands behind AUTH: mechanism in any letter case, and perhaps the
        initial response.
    ask: sends a challenge, returns the client's line without its line end.

    Raises SignInError, and what `ask` raises.
    """
    mechanism, _, initial = argument.partition(" ")
    match mechanism.upper():
        case "PLAIN":
            return await _plain(initial.strip(), ask)
        case "LOGIN":
            return await _login(initial.strip(), ask)
        case _:
            raise SignInError(UNKNOWN_MECHANISM)


async def _plain(initial: str, ask: Ask) -> Credentials:
    line = initial.encode(errors="surrogateescape") if initial else await ask(b"")
    parts = _decoded(line).split(b"\0")
    if len(parts) != 3:
        raise SignInError(NOT_CREDENTIALS)
    acting_as, username, password = parts
    if acting_as not in {b"", username}:  # nobody acts for another here
        raise SignInError(WRONG)
    return _credentials(username, password)


async def _login(initial: str, ask: Ask) -> Credentials:
    line = initial.encode(errors="surrogateescape") if initial else await ask(b"Username:")
    username = _decoded(line)
    return _credentials(username, _decoded(await ask(b"Password:")))


def _decoded(line: bytes) -> bytes:
    if line == b"*":
        raise SignInError(CANCELLED)
    if line == b"=":  # an initial response that is empty
        return b""
    try:
        return b64decode(line, validate=True)
    except binascii.Error:
        raise SignInError(NOT_BASE64) from None


def _credentials(username: bytes, password: bytes) -> Credentials:
    try:
        return Credentials(username.decode(), password.decode())
    except UnicodeDecodeError:
        raise SignInError(NOT_CREDENTIALS) from None


def challenge(text: bytes) -> bytes:
    """Return the line that asks for the client's next words."""
    return b"334 " + b64encode(text) + b"\r\n"
