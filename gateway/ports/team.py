"""A company's people and saved replies, as the store keeps them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gateway.rules.team import SavedReply, User


class Team(Protocol):
    """Users of the Inbox, and saved replies."""

    def add(self, user: User) -> None:
        """Add a user; raises Taken("login") if somebody has that login."""

    def get(self, tenant_id: str, user_id: str) -> User | None:
        """Return a user who was not removed, or None."""

    def by_login(self, login: str) -> User | None:
        """Return the user of any company with that login, letter case aside, or None."""

    def all(self, tenant_id: str) -> Sequence[User]:
        """Return a company's users but removed ones, by name."""

    def is_used(self) -> bool:
        """Say whether any company has users."""

    def change(self, user: User) -> None:
        """Store role, name, password."""

    def remove(self, tenant_id: str, user_id: str, now: datetime) -> bool:
        """Remove a user, whose login is free then; False if unknown."""

    def save_reply(self, reply: SavedReply) -> None:
        """Add a saved reply, or change the one with that id of that company."""

    def replies(self, tenant_id: str) -> Sequence[SavedReply]:
        """Return a company's saved replies, by title."""

    def remove_reply(self, tenant_id: str, reply_id: str) -> bool:
        """Remove it; False if unknown."""
