"""Users of the Inbox and saved replies."""

from sqlmodel import Field

from gateway.store.tables.base import Stored, big, moment, partial, table_of


class UserRow(Stored, table=True):
    """A person who signs in by name and password; a removed one gives up the login."""

    __tablename__ = "inbox_user"
    __table_args__ = (
        partial("uq_inbox_user_login", "login_key", where="removed_at IS NULL", unique=True),
    )

    id: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenant.id", index=True)
    login: str
    login_key: str
    name: str
    role: str
    created_at: int = big()
    hash: str
    password_at: int | None = moment()
    removed_at: int | None = moment()


class SavedReplyRow(Stored, table=True):
    """A text for answers."""

    __tablename__ = "saved_reply"

    id: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenant.id", index=True)
    title: str
    text: str
    created_at: int = big()


INBOX_USER = table_of(UserRow)
SAVED_REPLY = table_of(SavedReplyRow)
