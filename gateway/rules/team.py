"""The people of a company who sign in to the Inbox, and what they say again and again."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200


class Role(StrEnum):
    """What a user may do: an owner everything, a member all but settings, a reader look on."""

    OWNER = "owner"
    MEMBER = "member"
    READER = "read-only"


@dataclass(frozen=True, slots=True)
class User:
    """A person of a company. login: unique in the installation, without letter case.

    hash: of the password, "" before one was chosen. password_at: when it was; sessions of an
    earlier password are over.
    """

    id: str
    tenant_id: str
    login: str
    name: str
    role: Role
    created_at: datetime
    hash: str = ""
    password_at: datetime | None = None
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SavedReply:
    """A text that a company's people put into their answers."""

    id: str
    tenant_id: str
    title: str
    text: str
    created_at: datetime
