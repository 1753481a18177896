"""Users of the Inbox and saved replies."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select, text, update

from gateway.ports.lists import Taken
from gateway.rules.team import Role, SavedReply, User
from gateway.store.rows import from_micros, maybe_moment, to_micros
from gateway.store.statements import Statement, columns, new
from gateway.store.tables import INBOX_USER, SAVED_REPLY
from gateway.store.transaction import Row, Transaction

_U = INBOX_USER.c
_R = SAVED_REPLY.c
_THERE = text("removed_at IS NULL")
_USERS = select(*_U).where(_THERE)
_HIS = _U.tenant_id == bindparam("tenant_id")

_ADD = Statement(
    new(INBOX_USER).on_conflict_do_nothing(index_elements=["login_key"], index_where=_THERE),
    keys=columns(INBOX_USER),
)
_GET = Statement(_USERS.where(_U.id == bindparam("id"), _HIS))
_BY_LOGIN = Statement(_USERS.where(_U.login_key == bindparam("login_key")))
_ALL = Statement(_USERS.where(_HIS).order_by(_U.name, _U.id))
_ANY = Statement(_USERS.limit(1))
_CHANGE = Statement(
    update(INBOX_USER).where(_U.id == bindparam("the_id"), _U.tenant_id == bindparam("the_tenant")),
    keys=["name", "role", "hash", "password_at"],
)
_REMOVE = Statement(
    update(INBOX_USER).where(
        _U.id == bindparam("the_id"), _U.tenant_id == bindparam("the_tenant"), _THERE
    ),
    keys=["removed_at"],
)

_INSERT_REPLY = new(SAVED_REPLY)
_SAVE_REPLY = Statement(
    _INSERT_REPLY.on_conflict_do_update(
        index_elements=["id"],
        set_={name: _INSERT_REPLY.excluded[name] for name in ("title", "text")},
        where=_R.tenant_id == _INSERT_REPLY.excluded.tenant_id,
    ),
    keys=columns(SAVED_REPLY),
)
_REPLIES = Statement(
    select(*_R).where(_R.tenant_id == bindparam("tenant_id")).order_by(_R.title, _R.id)
)
_REMOVE_REPLY = Statement(
    delete(SAVED_REPLY).where(_R.id == bindparam("id"), _R.tenant_id == bindparam("tenant_id"))
)


class Team:
    """Implements `ports.team.Team`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, user: User) -> None:
        """Add a user; raises Taken("login") if somebody has that login."""
        row = {
            "id": user.id,
            "tenant_id": user.tenant_id,
            "login": user.login,
            "login_key": _key_of(user.login),
            "name": user.name,
            "role": user.role.value,
            "created_at": to_micros(user.created_at),
            "hash": user.hash,
            "password_at": to_micros(user.password_at),
            "removed_at": to_micros(user.removed_at),
        }
        if self._transaction.run(_ADD, row) != 1:
            raise Taken("login")

    def get(self, tenant_id: str, user_id: str) -> User | None:
        """Return a user who was not removed, or None."""
        row = self._transaction.row(_GET, {"id": user_id, "tenant_id": tenant_id})
        return None if row is None else _user(row)

    def by_login(self, login: str) -> User | None:
        """Return the user of any company with that login, letter case aside, or None."""
        row = self._transaction.row(_BY_LOGIN, {"login_key": _key_of(login)})
        return None if row is None else _user(row)

    def all(self, tenant_id: str) -> Sequence[User]:
        """Return a company's users but removed ones, by name."""
        return [_user(row) for row in self._transaction.rows(_ALL, {"tenant_id": tenant_id})]

    def is_used(self) -> bool:
        """Say whether any company has users."""
        return self._transaction.row(_ANY, {}) is not None

    def change(self, user: User) -> None:
        """Store role, name, password."""
        parameters = {
            "the_id": user.id,
            "the_tenant": user.tenant_id,
            "name": user.name,
            "role": user.role.value,
            "hash": user.hash,
            "password_at": to_micros(user.password_at),
        }
        self._transaction.run(_CHANGE, parameters)

    def remove(self, tenant_id: str, user_id: str, now: datetime) -> bool:
        """Remove a user, whose login is free then; False if unknown."""
        parameters = {"the_id": user_id, "the_tenant": tenant_id, "removed_at": to_micros(now)}
        return self._transaction.run(_REMOVE, parameters) == 1

    def save_reply(self, reply: SavedReply) -> None:
        """Add a saved reply, or change the one with that id of that company."""
        row = {
            "id": reply.id,
            "tenant_id": reply.tenant_id,
            "title": reply.title,
            "text": reply.text,
            "created_at": to_micros(reply.created_at),
        }
        self._transaction.run(_SAVE_REPLY, row)

    def replies(self, tenant_id: str) -> Sequence[SavedReply]:
        """Return a company's saved replies, by title."""
        rows = self._transaction.rows(_REPLIES, {"tenant_id": tenant_id})
        return [
            SavedReply(id_, tenant, title, text_, from_micros(created_at))
            for id_, tenant, title, text_, created_at in rows
        ]

    def remove_reply(self, tenant_id: str, reply_id: str) -> bool:
        """Remove it; False if unknown."""
        return self._transaction.run(_REMOVE_REPLY, {"id": reply_id, "tenant_id": tenant_id}) == 1


def _key_of(login: str) -> str:
    return login.casefold()


def _user(row: Row) -> User:
    id_, tenant_id, login, _, name, role, created_at, hash_, password_at, removed_at = row
    return User(
        id=id_,
        tenant_id=tenant_id,
        login=login,
        name=name,
        role=Role(role),
        created_at=from_micros(created_at),
        hash=hash_,
        password_at=maybe_moment(password_at),
        removed_at=maybe_moment(removed_at),
    )
