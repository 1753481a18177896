"""rspamd as a scanner: POST /checkv2 to its worker (rspamd.com, "Rspamd protocol")."""

import json
from collections.abc import Iterator
from typing import Any

import httpcore2

from gateway.mail.errors import Fault
from gateway.mail.replies import Reply
from gateway.ports.scanner import Scanned
from gateway.verify.pieces import pieces_of

_MOST_ANSWER = 1024 * 1024
_WORDS = 200
_SPAM = "The message looks like spam"
_LATER = "Please try again later"


class RspamdScanner:
    """Does what rspamd advises: `reject` refuses for good, `soft reject` for now.

    Other actions, which mark mail, let it come in.
    """

    name = "rspamd"

    def __init__(self, url: str) -> None:
        """Ask the worker at a URL such as "http://127.0.0.1:11333"; it is the admin's word."""
        self._url = url.rstrip("/") + "/checkv2"

    async def judge(self, mail: Scanned) -> Reply | None:
        """Return rspamd's refusal with its words, None if there is none; raises Fault."""
        try:
            answer = await self._ask(mail)
        except (httpcore2.NetworkError, httpcore2.TimeoutException, OSError) as error:
            raise Fault(f"rspamd: {str(error) or type(error).__name__}") from error
        except (httpcore2.ProtocolError, httpcore2.UnsupportedProtocol, ValueError) as error:
            raise Fault(f"rspamd: no proper answer: {error}") from error
        match answer.get("action"):
            case "reject":
                return Reply(550, "5.7.1", _words(answer, _SPAM))
            case "soft reject":
                return Reply(451, "4.7.1", _words(answer, _LATER))
            case str():
                return None
            case _:
                raise Fault("rspamd: its answer names no action")

    async def _ask(self, mail: Scanned) -> dict[str, Any]:
        async with (
            httpcore2.AsyncConnectionPool() as pool,
            pool.stream(
                "POST", self._url, headers=list(_headers(mail)), content=pieces_of(mail.content)
            ) as response,
        ):
            taken = bytearray()
            async for piece in response.aiter_stream():
                taken += piece
                if len(taken) > _MOST_ANSWER:
                    raise ValueError("the answer is too long")
            if response.status != 200:
                raise ValueError(f"status {response.status}")
        answer = json.loads(taken)
        if not isinstance(answer, dict):
            raise ValueError("the answer is no object")  # noqa: TRY004 (their value, not our type)
        return answer


def _headers(mail: Scanned) -> Iterator[tuple[bytes, bytes]]:
    peer, envelope = mail.peer, mail.envelope
    yield b"Content-Length", str(mail.content.size).encode()
    yield b"From", _value(envelope.sender)
    for recipient in envelope.recipients:
        yield b"Rcpt", _value(recipient.address)
    if peer.is_remote:
        yield b"IP", _value(peer.address)
        yield b"Helo", _value(peer.helo)


def _value(text: str) -> bytes:
    """Return text that adds no header."""
    octets = text.encode("utf-8", "surrogateescape")
    return bytes(octet for octet in octets if octet >= 0x20 and octet != 0x7F)


def _words(answer: dict[str, Any], otherwise: str) -> str:
    """Return what rspamd wants the sender to be told, in printable ASCII."""
    messages = answer.get("messages")
    said = messages.get("smtp_message") if isinstance(messages, dict) else None
    text = said if isinstance(said, str) else ""
    return "".join(char for char in text[:_WORDS] if " " <= char <= "~").strip() or otherwise
