"""What a report says: the records that every kind of report is read into.

DSN (RFC 3464, 6533), feedback report (RFC 5965), reading receipt (RFC 8098), and the letters
that mail programs without a standard write instead.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["bounce", "delay", "delivered", "relayed", "complaint", "receipt"]
Action = Literal["failed", "delayed", "delivered", "relayed", "expanded"]


@dataclass(frozen=True, slots=True)
class ReportedRecipient:
    """One recipient's fate.

    recipient: the address as the report gives it; where that is no mail address, the original one.
    original_recipient: what the sender asked for (RFC 3461, section 4.2), or None.
    status: enhanced status as the report states it (RFC 3463), or None.
    diagnostic: the words of the server that refused, in one line; "" if none were given.
    remote_mta: the server that answered, or None.
    smtp_code: its reply code, or None.
    """

    recipient: str
    action: Action
    status: str | None = None
    original_recipient: str | None = None
    diagnostic: str = ""
    remote_mta: str | None = None
    smtp_code: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A report about mail of ours.

    kind: "bounce" if any recipient failed for good, else "delay", "delivered" or "relayed" (also
        for "expanded"); "complaint" and "receipt" tell of a reader.
    original_message_id: of the mail it is about, without brackets, or None.
    original_envid: our ENVID, or None (RFC 3461, section 4.4).
    original_headers: what it returns of that mail's header, names as written.
    feedback_type: of a complaint, such as "abuse" or "auth-failure" (RFC 5965), else None.
    is_standard: whether it has the parts that the RFCs ask for; letters are read by their words.
    """

    kind: Kind
    recipients: tuple[ReportedRecipient, ...] = ()
    original_message_id: str | None = None
    original_envid: str | None = None
    original_headers: tuple[tuple[str, str], ...] = ()
    reporting_mta: str | None = None
    feedback_type: str | None = None
    is_standard: bool = True
