"""One mail for each recipient, with what is said of them filled in (`recipient-variables`).

https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html import escape

from gateway.api.handed_over import check_field
from gateway.api.mailgun.schemas import VARIABLES
from gateway.flow.handing_over import MailDraft
from gateway.flow.refusal import Refused, invalid
from gateway.mail.mailbox import Mailbox

MOST_MAILS = 500
_PLACE = re.compile(r"%recipient\.([A-Za-z0-9_-]{1,64})%", re.ASCII)
_MOST_CHARS = 100_000
_SHOWN = 80

Values = Mapping[str, str]


def variables_of(text: str) -> Mapping[str, Values]:
    """Return what is said of each recipient, by address in small letters. Raises Refused."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not all(isinstance(one, dict) for one in said.values()):
        detail = 'A JSON object by address has to stand here: {"jana@client.example": {"no": 7}}.'
        raise invalid(VARIABLES, detail)
    return {
        address.lower(): {name: _text(value) for name, value in values.items()}
        for address, values in said.items()
    }


def filled(draft: MailDraft, variables: Mapping[str, Values]) -> list[MailDraft]:
    """Return a mail for each recipient, to them alone.

    Raises Refused: others than To, too many, a value that is missing or can't stand there.
    """
    if draft.cc or draft.bcc:
        detail = "With recipient-variables each recipient gets a mail alone, so there is To only."
        raise invalid("cc" if draft.cc else "bcc", detail, code="not_possible")
    if len(draft.recipients) > MOST_MAILS:
        raise invalid("to", f"At most {MOST_MAILS} recipients fit.")
    return [_for(draft, box, variables.get(box.address.lower(), {})) for box in draft.recipients]


def _for(draft: MailDraft, box: Mailbox, values: Values) -> MailDraft:
    def fill(text: str, *, in_html: bool = False) -> str:
        def value(found: re.Match[str]) -> str:
            said = values.get(found[1])
            if said is None:
                detail = f"There is no “{found[1]}” for {box.address[:_SHOWN]}."
                raise invalid(VARIABLES, detail, code="missing")
            return escape(said) if in_html else said

        written = _PLACE.sub(value, text)
        if len(written) > len(text) + _MOST_CHARS:
            raise _too_long(box)
        return written

    headers = tuple((name, fill(value)) for name, value in draft.headers)
    subject = fill(draft.subject)
    for name, written in (("Subject", subject), *headers):
        # A value must not bring a line break, and with it a header field, along.
        check_field(name, written, VARIABLES)
    return replace(
        draft,
        to=(box,),
        subject=subject,
        text=fill(draft.text),
        html=None if draft.html is None else fill(draft.html, in_html=True),
        headers=headers,
    )


def _too_long(box: Mailbox) -> Refused:
    detail = f"What is filled in for {box.address[:_SHOWN]} is too long."
    return invalid(VARIABLES, detail)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None or isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
