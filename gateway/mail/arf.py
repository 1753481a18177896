"""Complaints: feedback reports of mailbox providers (RFC 5965), and of those without the format."""

import re
from collections.abc import Sequence
from typing import Final

from gateway.mail.dsn import address_in
from gateway.mail.report import Report, ReportedRecipient

_FIELD: Final = re.compile(r"^([A-Za-z][A-Za-z0-9-]{2,60})[ \t]?:[ \t]*(.*)$", re.MULTILINE)


def read_feedback(
    text: str, headers: Sequence[tuple[str, str]], *, message_id: str | None
) -> Report:
    """Return the complaint that the machine's part states.

    text: the content of `message/feedback-report`.
    headers, message_id: of the mail that it returns. Providers blot out the recipient; whoever is
        named is here, and the return-path's token tells the rest.
    """
    fields: dict[str, list[str]] = {}
    for name, value in _FIELD.findall(text.replace("\r", "\n")[:100_000]):
        fields.setdefault(name.lower(), []).append(value.strip())
    named = [address_in(value) for value in fields.get("original-rcpt-to", ())]
    if not any(named):
        named = [address_in(value) for name, value in headers if name.lower() in _RECIPIENTS]
    return Report(
        kind="complaint",
        recipients=_complainers(named),
        original_message_id=message_id,
        original_envid=next(iter(fields.get("original-envelope-id", ())), None),
        original_headers=tuple(headers),
        reporting_mta=_typed(next(iter(fields.get("reporting-mta", ())), "")),
        feedback_type=next(iter(fields.get("feedback-type", ())), "abuse").lower() or "abuse",
    )


_RECIPIENTS: Final = ("x-hmxmroriginalrecipient", "x-original-to", "to")


def is_provider_complaint(sender: str, subject: str) -> bool:
    """Return whether a mail without the format is a complaint of Microsoft's programme."""
    return sender.startswith("staff@") and subject.lower().startswith(
        "complaint about message from"
    )


def provider_complaint(headers: Sequence[tuple[str, str]], *, message_id: str | None) -> Report:
    """Return the complaint about the mail whose header is returned."""
    for wanted in _RECIPIENTS:
        named = [address_in(value) for name, value in headers if name.lower() == wanted]
        if any(named):
            break
    return Report(
        kind="complaint",
        recipients=_complainers(named),
        original_message_id=message_id,
        original_headers=tuple(headers),
        feedback_type="abuse",
        is_standard=False,
    )


def _complainers(addresses: Sequence[str]) -> tuple[ReportedRecipient, ...]:
    return tuple(
        ReportedRecipient(recipient=address, action="delivered")
        for address in dict.fromkeys(addresses)
        if address
    )


def _typed(value: str) -> str | None:
    return value.rpartition(";")[2].strip() or None
