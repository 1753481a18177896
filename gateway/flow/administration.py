"""Admins at the admin page: signed in with an admin key, for half a day."""

import base64
import hmac
from collections.abc import Callable
from datetime import timedelta

from gateway.flow.companies import Companies, hash_of
from gateway.flow.context import Context
from gateway.ports.store import Work
from gateway.rules.keys import works_at
from gateway.rules.model import HOUSE_TENANT_ID

_KIND = "admin"
_LIFE = timedelta(hours=12)
_TOKEN_OCTETS = 25


class Administration:
    """Knows who is signed in as an admin."""

    def __init__(
        self, context: Context, companies: Companies, fixed_key: Callable[[], str] = lambda: ""
    ) -> None:
        """Work on these ports; fixed_key: gives the configured admin key, "" without one."""
        self._context = context
        self._companies = companies
        self._fixed_key = fixed_key

    async def enter(self, secret: str) -> str | None:
        """Sign in with an admin key; returns the secret of a session, or None."""
        fixed = self._fixed_key()
        if fixed and hmac.compare_digest(fixed.encode(), secret.encode("utf-8", "replace")):
            about = {"fixed": hash_of(fixed)}
        else:
            key = await self._companies.recognise(secret)
            if key is None or key.tenant_id is not None or "admin" not in key.scopes:
                return None
            about = {"key_id": key.id}
        session = base64.b32encode(self._context.chance.octets(_TOKEN_OCTETS)).decode().lower()
        until = self._context.clock.now() + _LIFE
        await self._context.store.write(
            lambda work: work.keys.put_session(
                hash_of(session), _KIND, HOUSE_TENANT_ID, about, until
            )
        )
        return session

    async def is_open(self, session: str) -> bool:
        """Say whether a session holds; it ends with the key that opened it."""
        now, fixed = self._context.clock.now(), self._fixed_key()

        def look(work: Work) -> bool:
            about = work.keys.session(hash_of(session), _KIND, now)
            if about is None:
                return False
            if "fixed" in about:
                return bool(fixed) and about["fixed"] == hash_of(fixed)
            return any(
                key.id == about.get("key_id") and works_at(key, now) for key in work.keys.all(None)
            )

        return await self._context.store.read(look)

    async def leave(self, session: str) -> None:
        """Sign out."""
        await self._context.store.write(lambda work: work.keys.end_session(hash_of(session)))
