"""What the formats of mail services tell of: mail that came, and what became of mail sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Party:
    """A person by address; name: "" if unknown."""

    address: str
    name: str = ""

    def __str__(self) -> str:
        """Return it as a header shows it."""
        if not self.name:
            return self.address
        quoted = self.name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{self.address}>'


@dataclass(frozen=True, slots=True)
class File:
    """An attachment. content: None where it is too large to be sent along."""

    name: str
    media_type: str
    size: int
    content: bytes | None
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that came.

    sender, recipient: of the envelope. headers: names and values in their order, decoded.
    text: all of it; stripped_text: without quotes and signature.
    """

    id: str
    at: datetime
    sender: str
    recipient: str
    from_: Party
    subject: str
    to: tuple[Party, ...] = ()
    cc: tuple[Party, ...] = ()
    reply_to: tuple[Party, ...] = ()
    date: datetime | None = None
    headers: tuple[tuple[str, str], ...] = ()
    text: str = ""
    html: str = ""
    stripped_text: str = ""
    signature: str = ""
    files: tuple[File, ...] = ()


class Outcome(StrEnum):
    """What became of a message for one recipient."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True)
class Fate:
    """A change of what became of a message.

    event_id, number: of the event. message_id: ours; header_id: its Message-ID, no brackets.
    code, enhanced, answer: the server's words; plain: ours. inactive: no more mail is sent there.
    tags, metadata: what the service said of the mail when it handed it over.
    """

    event_id: str
    number: int
    at: datetime
    outcome: Outcome
    message_id: str
    header_id: str
    recipient: str
    from_: Party
    subject: str = ""
    code: int | None = None
    enhanced: str = ""
    answer: str = ""
    plain: str = ""
    inactive: bool = False
    is_test: bool = False
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
