"""Bounces and complaints that a sending service reports as JSON in a mail (Amazon SES by SNS)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.mail.dsn import address_in, code_in, status_in
from gateway.mail.report import Action, Kind, Report, ReportedRecipient

_KINDS: Final[Mapping[str, Kind]] = {
    "bounce": "bounce", "complaint": "complaint", "delivery": "delivered",
}  # fmt: skip
_LISTS: Final = {
    "bounce": ("bounce", "bouncedRecipients"),
    "complaint": ("complaint", "complainedRecipients"),
    "delivery": ("delivery", "recipients"),
}


def read_notification(text: str) -> Report | None:
    """Return what the notification in the text reports, or None if there is none."""
    start = text.find("{")
    if start < 0 or not text[start + 1 :].lstrip().startswith('"') or "otificationType" not in text:
        return None
    try:
        # Mail programs wrap the long line; no string of the format holds a line end.
        found, _ = json.JSONDecoder(strict=False).raw_decode(
            text[start:].replace("\n ", "").replace("\n", "")
        )
    except (ValueError, RecursionError):
        return None
    return _report(found) if isinstance(found, dict) else None


def _report(found: Mapping[str, Any]) -> Report | None:
    kind = _KINDS.get(str(found.get("notificationType", "")).lower())
    if kind is None:
        return None
    section, field = _LISTS[str(found["notificationType"]).lower()]
    about, mail = found.get(section), found.get("mail")
    about = about if isinstance(about, dict) else {}
    mail = mail if isinstance(mail, dict) else {}
    named = about.get(field)
    return Report(
        kind=kind,
        recipients=_recipients(named if isinstance(named, list) else (), kind, about),
        original_message_id=str(mail["messageId"]) if mail.get("messageId") else None,
        feedback_type=str(about.get("complaintFeedbackType", "abuse"))
        if kind == "complaint"
        else None,
        reporting_mta=_typed(about.get("reportingMTA")),
        is_standard=False,
    )


def _recipients(
    named: Sequence[Any], kind: Kind, about: Mapping[str, Any]
) -> tuple[ReportedRecipient, ...]:
    action: Action = "failed" if kind == "bounce" else "delivered"
    words = str(about.get("smtpResponse", ""))
    found = []
    for one in named[:1000]:
        fields = one if isinstance(one, dict) else {"emailAddress": one}
        address = address_in(str(fields.get("emailAddress", "")))
        diagnostic = str(fields.get("diagnosticCode", words)).removeprefix("smtp;").strip()
        if address:
            found.append(
                ReportedRecipient(
                    recipient=address,
                    action=action,
                    status=status_in(str(fields.get("status", ""))) or status_in(diagnostic),
                    diagnostic=diagnostic[:4000],
                    smtp_code=code_in(diagnostic),
                )
            )
    return tuple(found)


def _typed(value: object) -> str | None:
    return str(value).rpartition(";")[2].strip() if value else None
