"""API keys, submission logins, links and sessions of the Inbox."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, or_, select, update

from gateway.ports.lists import Taken
from gateway.rules.credentials import ApiKey, Login
from gateway.store.rows import (
    dict_json,
    from_dict,
    from_list,
    from_micros,
    list_json,
    maybe_moment,
    to_micros,
)
from gateway.store.statements import Statement, columns, new
from gateway.store.tables import API_KEY, LOGIN, WEB_SESSION
from gateway.store.transaction import Row, Transaction

_K = API_KEY.c
_L = LOGIN.c
_S = WEB_SESSION.c
_KEYS = select(*_K)
_LOGINS = select(*_L)

_INSERT_KEY = new(API_KEY)
_ADD_KEY = Statement(
    _INSERT_KEY.on_conflict_do_update(
        index_elements=["hash"],
        # A key that its company's file names again works again.
        set_={name: _INSERT_KEY.excluded[name] for name in ("scopes", "revoked_at")},
        where=(_K.tenant_id == _INSERT_KEY.excluded.tenant_id)
        & _K.managed_by_file
        & _INSERT_KEY.excluded.managed_by_file,
    ),
    keys=columns(API_KEY),
)
_KEY_HOLDER = Statement(select(_K.id).where(_K.hash == bindparam("hash")))
_WORKS = or_(_K.revoked_at.is_(None), _K.revoked_at > bindparam("moment"))
_FIND = Statement(_KEYS.where(_K.hash == bindparam("hash"), _WORKS))
_KEYS_OF = Statement(
    _KEYS.where(_K.tenant_id == bindparam("tenant_id")).order_by(_K.created_at, _K.id)
)
_ALL_KEYS = Statement(_KEYS.order_by(_K.created_at, _K.id))
_REVOKE = Statement(
    update(API_KEY)
    .where(_K.id == bindparam("the_id"))
    # A second revocation keeps the moment of the first.
    .values(revoked_at=bindparam("moment"))
    .where(_WORKS)
)
_KEY = Statement(select(_K.id).where(_K.id == bindparam("id")))
_TOUCH = Statement(update(API_KEY).where(_K.id == bindparam("the_id")), keys=["last_used_at"])

_INSERT_LOGIN = new(LOGIN)
_ADD_LOGIN = Statement(
    _INSERT_LOGIN.on_conflict_do_update(
        index_elements=["username"],
        set_={
            name: _INSERT_LOGIN.excluded[name] for name in columns(LOGIN, "username", "tenant_id")
        },
        where=_L.tenant_id == _INSERT_LOGIN.excluded.tenant_id,
    ),
    keys=columns(LOGIN),
)
_LOGIN = Statement(_LOGINS.where(_L.username == bindparam("username")))
_LOGINS_OF = Statement(_LOGINS.where(_L.tenant_id == bindparam("tenant_id")).order_by(_L.username))
_ALL_LOGINS = Statement(_LOGINS.order_by(_L.username))
_REVOKE_LOGIN = Statement(
    update(LOGIN)
    .where(_L.username == bindparam("the_name"), _L.revoked_at.is_(None))
    .values(revoked_at=bindparam("moment"))
)

_INSERT_SESSION = new(WEB_SESSION)
_PUT_SESSION = Statement(
    _INSERT_SESSION.on_conflict_do_update(
        index_elements=["hash"],
        set_={name: _INSERT_SESSION.excluded[name] for name in columns(WEB_SESSION, "hash")},
    ),
    keys=columns(WEB_SESSION),
)
_SESSION = Statement(
    select(_S.tenant_id, _S.data).where(
        _S.hash == bindparam("hash"), _S.kind == bindparam("kind"), _S.until > bindparam("now")
    )
)
_END_SESSION = Statement(delete(WEB_SESSION).where(_S.hash == bindparam("hash")))
_END_PAST = Statement(delete(WEB_SESSION).where(_S.until <= bindparam("now")))


class Keys:
    """Implements `ports.directory.Keys`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, key: ApiKey) -> None:
        """Add an API key; raises Taken("hash", holder) if it is known.

        One that a company's file gives is changed if it came from there before.
        """
        if self._transaction.run(_ADD_KEY, _key_row(key)) != 1:
            holder = self._transaction.row(_KEY_HOLDER, {"hash": key.hash})
            raise Taken("hash", holder[0] if holder else "")

    def find(self, key_hash: str, now: datetime) -> ApiKey | None:
        """Return the key with that hash unless it was revoked or has expired."""
        row = self._transaction.row(_FIND, {"hash": key_hash, "moment": to_micros(now)})
        return None if row is None else _key(row)

    def all(self, tenant_id: str | None) -> Sequence[ApiKey]:
        """Return a company's keys, revoked ones too; None: everybody's and the admin keys."""
        if tenant_id is None:
            rows = self._transaction.rows(_ALL_KEYS, {})
        else:
            rows = self._transaction.rows(_KEYS_OF, {"tenant_id": tenant_id})
        return [_key(row) for row in rows]

    def revoke(self, key_id: str, now: datetime) -> bool:
        """Revoke; False if unknown."""
        parameters = {"the_id": key_id, "moment": to_micros(now)}
        if self._transaction.run(_REVOKE, parameters) == 1:
            return True
        return self._transaction.row(_KEY, {"id": key_id}) is not None

    def touch(self, key_id: str, now: datetime) -> None:
        """Note the last use (callers do so at most once a minute)."""
        self._transaction.run(_TOUCH, {"the_id": key_id, "last_used_at": to_micros(now)})

    def add_login(self, login: Login) -> None:
        """Add or replace a login; raises Taken("username", holder) if another company has it."""
        if self._transaction.run(_ADD_LOGIN, _login_row(login)) != 1:
            row = self._transaction.row(_LOGIN, {"username": login.username})
            raise Taken("username", "" if row is None else _login(row).tenant_id)

    def login(self, username: str) -> Login | None:
        """Return it unless revoked."""
        row = self._transaction.row(_LOGIN, {"username": username})
        login = None if row is None else _login(row)
        return None if login is None or login.revoked_at is not None else login

    def logins(self, tenant_id: str | None) -> Sequence[Login]:
        """Return the logins of a company, revoked ones too; None: all."""
        if tenant_id is None:
            rows = self._transaction.rows(_ALL_LOGINS, {})
        else:
            rows = self._transaction.rows(_LOGINS_OF, {"tenant_id": tenant_id})
        return [_login(row) for row in rows]

    def revoke_login(self, username: str, now: datetime) -> bool:
        """Revoke; False if unknown."""
        parameters = {"the_name": username, "moment": to_micros(now)}
        if self._transaction.run(_REVOKE_LOGIN, parameters) == 1:
            return True
        return self._transaction.row(_LOGIN, {"username": username}) is not None

    def put_session(
        self, session_hash: str, kind: str, tenant_id: str, data: Mapping[str, Any], until: datetime
    ) -> None:
        """Keep a one-time link (kind "link") or a browser session (kind "session")."""
        row = {
            "hash": session_hash,
            "kind": kind,
            "tenant_id": tenant_id,
            "data": dict_json(data),
            "until": to_micros(until),
        }
        self._transaction.run(_PUT_SESSION, row)

    def session(self, session_hash: str, kind: str, now: datetime) -> Mapping[str, Any] | None:
        """Return its data with "tenant_id" added, or None if unknown or past."""
        parameters = {"hash": session_hash, "kind": kind, "now": to_micros(now)}
        row = self._transaction.row(_SESSION, parameters)
        return None if row is None else {**from_dict(row[1]), "tenant_id": row[0]}

    def end_session(self, session_hash: str) -> bool:
        """Remove it; True for exactly one caller, so a one-time link works once."""
        return self._transaction.run(_END_SESSION, {"hash": session_hash}) == 1

    def forget_past(self, now: datetime) -> int:
        """Remove links and sessions whose time is over; return how many."""
        return self._transaction.run(_END_PAST, {"now": to_micros(now)})


def _key_row(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "tenant_id": key.tenant_id,
        "scopes": list_json(key.scopes),
        "hash": key.hash,
        "created_at": to_micros(key.created_at),
        "last_used_at": to_micros(key.last_used_at),
        "revoked_at": to_micros(key.revoked_at),
        "managed_by_file": key.managed_by_file,
    }


def _key(row: Row) -> ApiKey:
    id_, tenant_id, scopes, hash_, created_at, last_used_at, revoked_at, managed = row
    return ApiKey(
        id=id_,
        tenant_id=tenant_id,
        scopes=from_list(scopes),
        hash=hash_,
        created_at=from_micros(created_at),
        last_used_at=maybe_moment(last_used_at),
        revoked_at=maybe_moment(revoked_at),
        managed_by_file=bool(managed),
    )


def _login_row(login: Login) -> dict[str, object]:
    return {
        "username": login.username,
        "tenant_id": login.tenant_id,
        "hash": login.hash,
        "created_at": to_micros(login.created_at),
        "revoked_at": to_micros(login.revoked_at),
        "managed_by_file": login.managed_by_file,
    }


def _login(row: Row) -> Login:
    username, tenant_id, hash_, created_at, revoked_at, managed = row
    return Login(
        username=username,
        tenant_id=tenant_id,
        hash=hash_,
        created_at=from_micros(created_at),
        revoked_at=maybe_moment(revoked_at),
        managed_by_file=bool(managed),
    )
