"""Companies, their keys, logins and sessions: enrolled, recognised, revoked."""

import base64
import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.flow.audit import pen_of
from gateway.flow.context import Context
from gateway.flow.directory import Directory
from gateway.flow.drafts import TenantDraft
from gateway.flow.mirroring import mirror
from gateway.flow.refusal import Kind, Refused, conflict, not_found
from gateway.mail.errors import Fault
from gateway.ports.lists import Stale, Taken
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.audit import Changed, compared, profile_changes
from gateway.rules.credentials import ApiKey, Login
from gateway.rules.keys import Kind as KeyKind
from gateway.rules.keys import kind_of, prefix_for, works_at
from gateway.rules.model import HOUSE_TENANT_ID, Tenant
from gateway.rules.names import RESERVED_SLUGS, free_slug, slug_of
from gateway.rules.testing import is_test, live_id_of, mirror_id_of

ALL_SCOPES = ("send", "inbox:read", "inbox:write", "settings")
ADMIN_SCOPES = (*ALL_SCOPES, "admin")
_LINK_LIFE = timedelta(minutes=30)
SESSION_LIFE = timedelta(days=14)
_TOUCH_EVERY = timedelta(minutes=1)
_TOKEN_OCTETS = 25


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A new company, with the secrets that are shown this once."""

    tenant: Tenant
    api_key: str
    username: str
    password: str


def hash_of(secret: str) -> str:
    """Return what is kept of a random secret of 200 bits: enough is known to compare it."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Companies:
    """Enrols companies and recognises who comes on their behalf."""

    def __init__(self, context: Context, directory: Directory | None = None) -> None:
        """Work on these ports; `directory`: what is to know at once of each company changed."""
        self._context = context
        self._directory = directory

    async def add(self, draft: TenantDraft) -> Enrolled:
        """Add a company with a key and a login.

        Raises Refused: `slug_taken` if the draft asks for a slug that is in use.
        """
        context, now = self._context, self._context.clock.now()
        key_id, tenant_id = context.new_id(ids.KEY, now), context.new_id(ids.TENANT, now)
        key, login_password = self._secret(prefix_for(tenant_id)), self._secret("")
        pen = pen_of(context, now)

        def enrol(work: Work) -> tuple[Tenant, str]:
            slugs = {tenant.slug for tenant in work.tenants.all()} | RESERVED_SLUGS
            if draft.slug is not None and draft.slug in slugs:
                raise conflict("slug_taken", f"The slug {draft.slug} is in use.", param="slug")
            slug = draft.slug or free_slug(slug_of(draft.name), slugs)
            tenant = work.tenants.add(
                Tenant(
                    id=tenant_id,
                    number=0,
                    slug=slug,
                    name=draft.name,
                    created_at=now,
                    updated_at=now,
                    locale=draft.locale,
                    timezone=draft.timezone,
                    brand=draft.brand,
                    attach_pdf=draft.attach_pdf,
                    notify_address=draft.notify_address,
                )
            )
            work.keys.add(ApiKey(key_id, tenant.id, ALL_SCOPES, hash_of(key), now))
            work.keys.add_login(Login(slug, tenant.id, hash_of(login_password), now))
            pen.note(work, tenant.id, "company.added", tenant.id)
            pen.note(work, tenant.id, "key.added", key_id, key_facts(ALL_SCOPES))
            pen.note(work, tenant.id, "login.added", slug)
            return tenant, slug

        tenant, username = await context.store.write(enrol)
        await self._tell()
        return Enrolled(tenant, key, username, login_password)

    async def find(self, name: str) -> Tenant:
        """Return a company by id or slug; raises Refused if there is none."""

        def look(work: Work) -> Tenant | None:
            return work.tenants.get(name) or work.tenants.by_slug(name)

        tenant = await self._context.store.read(look)
        if tenant is None:
            raise not_found("company")
        return tenant

    async def change(
        self, tenant_id: str, changes: Mapping[str, Any], *, version: int | None = None
    ) -> Tenant:
        """Store changed fields of the record; raises Refused (not found, stale, slug taken).

        version: the one that the caller saw, or None not to check.
        """
        context, now = self._context, self._context.clock.now()
        pen = pen_of(context, now)

        def store(work: Work) -> Tenant:
            tenant = work.tenants.get(tenant_id)
            if tenant is None:
                raise not_found("company")
            if version is not None and tenant.version != version:
                raise stale("company")
            after = work.tenants.change(replace(tenant, updated_at=now, **changes))
            differs = profile_changes(tenant, after)
            pen.note(work, tenant_id, "profile.changed", tenant_id, differs)
            return after

        try:
            changed = await self._context.store.write(store)
        except Taken as taken:
            raise conflict("slug_taken", "The slug is in use.", param="slug") from taken
        except Stale as error:
            raise stale("company") from error
        await self._tell()
        return changed

    async def remove(self, tenant_id: str) -> None:
        """Remove a company with its keys and logins; raises Refused if unknown."""
        context, now = self._context, self._context.clock.now()
        pen = pen_of(context, now)

        def remove(work: Work) -> bool:
            removed = work.tenants.remove(tenant_id, now)
            if removed:
                pen.note(work, tenant_id, "company.removed", tenant_id)
            return removed

        if tenant_id == HOUSE_TENANT_ID or not await context.store.write(remove):
            raise not_found("company")
        await self._tell()

    async def add_key(
        self,
        tenant_id: str | None,
        scopes: tuple[str, ...] = (),
        *,
        expires_in: timedelta | None = None,
        kind: KeyKind = KeyKind.LIVE,
    ) -> tuple[ApiKey, str]:
        """Add an API key; tenant_id None: an admin key. Returns it with its secret.

        kind: TEST for a key of the company's test company; a test company has no others.
        """
        now, asked = self._context.clock.now(), tenant_id
        if kind is KeyKind.TEST and tenant_id is not None:
            tenant_id = (await self.mirror(await self.find(tenant_id))).id
        secret = self._secret(prefix_for(tenant_id))
        key = ApiKey(
            id=self._context.new_id(ids.KEY, now),
            tenant_id=tenant_id,
            scopes=scopes or (ADMIN_SCOPES if tenant_id is None else ALL_SCOPES),
            hash=hash_of(secret),
            created_at=now,
            revoked_at=now + expires_in if expires_in else None,
        )
        pen = pen_of(self._context, now)

        def store(work: Work) -> None:
            work.keys.add(key)
            pen.note(work, asked, "key.added", key.id, key_facts(key.scopes, kind_of(key)))

        await self._context.store.write(store)
        return key, secret

    async def mirror(self, tenant: Tenant) -> Tenant:
        """Return a company's test company, made when it is first wanted."""
        found = await mirror(self._context, tenant)
        await self._tell()
        return found

    async def revoke_key(self, key_id: str) -> None:
        """Revoke a key; raises Refused if unknown."""
        context, now = self._context, self._context.clock.now()
        pen = pen_of(context, now)

        def revoke(work: Work) -> bool:
            key = next((one for one in work.keys.all(None) if one.id == key_id), None)
            if key is not None and works_at(key, now):
                owner = key.tenant_id and live_id_of(key.tenant_id)
                pen.note(work, owner, "key.revoked", key_id)
            return work.keys.revoke(key_id, now)

        if not await context.store.write(revoke):
            raise not_found("key")

    async def add_login(self, tenant: Tenant) -> tuple[Login, str]:
        """Add a submission login named after the company. Returns it with its password."""
        now, password = self._context.clock.now(), self._secret("")
        pen = pen_of(self._context, now)

        def store(work: Work) -> Login:
            names = {login.username for login in work.keys.logins(None)}
            login = Login(free_slug(tenant.slug, names), tenant.id, hash_of(password), now)
            work.keys.add_login(login)
            pen.note(work, tenant.id, "login.added", login.username)
            return login

        return await self._context.store.write(store), password

    async def revoke_login(self, username: str) -> None:
        """Revoke a login; raises Refused if unknown."""
        context, now = self._context, self._context.clock.now()
        pen = pen_of(context, now)

        def revoke(work: Work) -> bool:
            login = work.keys.login(username)
            if login is not None:
                pen.note(work, login.tenant_id, "login.revoked", username)
            return work.keys.revoke_login(username, now)

        if not await context.store.write(revoke):
            raise not_found("login")

    async def recognise(self, secret: str) -> ApiKey | None:
        """Return the key with this secret, or None; notes its use once a minute."""
        now, wanted = self._context.clock.now(), hash_of(secret)
        key = await self._context.store.read(lambda work: work.keys.find(wanted, now))
        if key is not None and (key.last_used_at is None or now - key.last_used_at > _TOUCH_EVERY):
            found = key
            # A full disk must not keep anybody from reading.
            with contextlib.suppress(Fault):
                await self._context.store.write(lambda work: work.keys.touch(found.id, now))
        return key

    async def sign_in_link(
        self, tenant_id: str, *, user: str | None = None, conversation_id: str | None = None
    ) -> tuple[str, datetime]:
        """Return a link that signs in to the Inbox once, and until when."""
        code, until = self._secret(""), self._context.clock.now() + _LINK_LIFE
        about = {"user": user, "conversation_id": conversation_id}
        pen = pen_of(self._context, self._context.clock.now())

        def put(work: Work) -> None:
            work.keys.put_session(hash_of(code), "link", tenant_id, about, until)
            pen.note(work, tenant_id, "inbox_link.added", conversation_id or tenant_id)

        await self._context.store.write(put)
        return f"{self._context.names.public_url}/inbox/link/{code}", until

    async def open_link(self, code: str) -> str | None:
        """Use up a one-time link; returns the secret of a new session, or None."""
        now, secret = self._context.clock.now(), self._secret("")
        pen = pen_of(self._context, now)

        def use(work: Work) -> bool:
            about = work.keys.session(hash_of(code), "link", now)
            if about is None or not work.keys.end_session(hash_of(code)):
                return False
            tenant_id = str(about["tenant_id"])
            work.keys.put_session(hash_of(secret), "session", tenant_id, about, now + SESSION_LIFE)
            pen.note(work, tenant_id, "inbox_link.used", about.get("conversation_id") or tenant_id)
            return True

        return secret if await self._context.store.write(use) else None

    async def open_session_with_key(self, api_key: str) -> str | None:
        """Sign in with a company's key; returns the secret of a new session, or None."""
        key = await self.recognise(api_key)
        if key is None or key.tenant_id is None or "inbox:read" not in key.scopes:
            return None
        secret, until = self._secret(""), self._context.clock.now() + SESSION_LIFE
        tenant_id, about = key.tenant_id, {"key_id": key.id, "scopes": list(key.scopes)}
        await self._context.store.write(
            lambda work: work.keys.put_session(hash_of(secret), "session", tenant_id, about, until)
        )
        return secret

    async def session(self, secret: str) -> Mapping[str, Any] | None:
        """Return what a session is about ("tenant_id" and more), or None."""
        now = self._context.clock.now()
        return await self._context.store.read(
            lambda work: work.keys.session(hash_of(secret), "session", now)
        )

    async def close_session(self, secret: str) -> None:
        """Sign out."""
        await self._context.store.write(lambda work: work.keys.end_session(hash_of(secret)))

    async def _tell(self) -> None:
        if self._directory is not None:
            await self._directory.refresh()

    def _secret(self, prefix: str) -> str:
        octets = self._context.chance.octets(_TOKEN_OCTETS)
        return prefix + base64.b32encode(octets).decode("ascii").lower()


def keys_of(work: Work, tenant_id: str | None) -> Sequence[ApiKey]:
    """Return a company's keys, those for its test company too; None: everybody's."""
    keys = work.keys.all(tenant_id)
    if tenant_id is None or is_test(tenant_id):
        return keys
    return [*keys, *work.keys.all(mirror_id_of(tenant_id))]


def key_facts(scopes: tuple[str, ...], kind: KeyKind = KeyKind.LIVE) -> Changed:
    """Return what the audit log says of a new key."""
    about = {"scopes": list(scopes), **({"kind": kind.value} if kind is KeyKind.TEST else {})}
    return compared({}, about, {"scopes", "kind"})


def stale(what: str) -> Refused:
    """Return the refusal of a change that was made from an older state."""
    return Refused(Kind.STALE, "stale", f"The {what} was changed in the meantime; read it again.")
