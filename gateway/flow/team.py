"""A company's people: invited by a link, signed in by name and password, removed; saved replies."""

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from gateway.flow.audit import pen_of
from gateway.flow.companies import SESSION_LIFE, hash_of
from gateway.flow.context import Context
from gateway.flow.refusal import Kind, Refused, conflict, invalid, not_found
from gateway.ports.lists import Taken
from gateway.ports.passwords import Passwords
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.audit import Changed, compared
from gateway.rules.model import Tenant
from gateway.rules.team import LONGEST_PASSWORD, SHORTEST_PASSWORD, Role, SavedReply, User

_INVITE = "invite"
_INVITE_LIFE = timedelta(days=7)
_SESSION = "session"
_TOKEN_OCTETS = 25
_MOST_USERS = 200
_MOST_REPLIES = 200


class TeamDesk:
    """Keeps who may sign in to a company's Inbox, and its saved replies."""

    def __init__(self, context: Context, passwords: Passwords) -> None:
        """Work on these ports."""
        self._context = context
        self._passwords = passwords
        self._decoy: str | None = None

    async def users(self, tenant: Tenant) -> Sequence[User]:
        """Return a company's users."""
        return await self._context.store.read(lambda work: work.team.all(tenant.id))

    async def is_used(self) -> bool:
        """Say whether any company has users: the sign-in offers name and password then."""
        return await self._context.store.read(lambda work: work.team.is_used())

    async def invite(self, tenant: Tenant, login: str, name: str, role: Role) -> tuple[User, str]:
        """Add a user; returns the link by which the person chooses a password, once.

        Raises Refused: a login or name that is none, `login_taken`, too many users.
        """
        login, name, now = login.strip(), name.strip(), self._context.clock.now()
        if not 2 <= len(login) <= 100 or not login.isprintable() or " " in login:
            raise invalid("login", "A name to sign in with has 2 to 100 characters and no spaces.")
        if not 1 <= len(name) <= 100 or not name.isprintable():
            raise invalid("name", "Write the person's name, 100 characters at most.")
        user = User(self._context.new_id(ids.USER, now), tenant.id, login, name, role, now)
        code, pen = self._secret(), pen_of(self._context, now)

        def store(work: Work) -> None:
            if len(work.team.all(tenant.id)) >= _MOST_USERS:
                raise conflict("too_many_users", f"A company has {_MOST_USERS} users at most.")
            try:
                work.team.add(user)
            except Taken as taken:
                raise conflict("login_taken", f"{login} is in use.", param="login") from taken
            self._put_invitation(work, user, code)
            pen.note(work, tenant.id, "user.invited", user.id, _role("", role))

        await self._context.store.write(store)
        return user, self._url(code)

    async def renew(self, tenant: Tenant, user_id: str) -> tuple[User, str]:
        """Return a new link by which a user chooses another password; raises Refused."""
        code, pen = self._secret(), pen_of(self._context, self._context.clock.now())

        def store(work: Work) -> User:
            user = _found(work, tenant, user_id)
            self._put_invitation(work, user, code)
            pen.note(work, tenant.id, "user.invited_again", user.id)
            return user

        return await self._context.store.write(store), self._url(code)

    async def change_role(self, tenant: Tenant, user_id: str, role: Role) -> User:
        """Let a user do more or less from now on; raises Refused if unknown."""
        context, now = self._context, self._context.clock.now()
        pen = pen_of(context, now)

        def store(work: Work) -> User:
            before = _found(work, tenant, user_id)
            user = replace(before, role=role)
            work.team.change(user)
            differs = _role(before.role.value, role)
            pen.note(work, tenant.id, "user.changed", user.id, differs)
            return user

        return await self._context.store.write(store)

    async def remove(self, tenant: Tenant, user_id: str) -> None:
        """Remove a user, whose sessions are over then; raises Refused if unknown."""
        context, now = self._context, self._context.clock.now()
        pen = pen_of(context, now)

        def remove(work: Work) -> bool:
            removed = work.team.remove(tenant.id, user_id, now)
            if removed:
                pen.note(work, tenant.id, "user.removed", user_id)
            return removed

        if not await context.store.write(remove):
            raise not_found("user")

    async def invited(self, code: str) -> User | None:
        """Return whom an invitation is for, None if it was used or has expired."""
        return await self._context.store.read(lambda work: self._invited(work, code))

    async def accept(self, code: str, password: str) -> str:
        """Use up an invitation: keep the password; returns the secret of a new session.

        Raises Refused: GONE, a password too short or too long, or equal to the login.
        """
        user = await self.invited(code)
        if user is None:
            raise _used_up()
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            detail = f"A password has {SHORTEST_PASSWORD} characters or more."
            raise invalid("password", detail)
        if password.casefold() in {user.login.casefold(), user.name.casefold()}:
            raise invalid("password", "Your own name is no password.")
        kept, secret = await self._passwords.kept(password), self._secret()
        pen = pen_of(self._context, self._context.clock.now())

        def store(work: Work) -> None:
            found = self._invited(work, code)
            if found is None or not work.keys.end_session(hash_of(code)):
                raise _used_up()
            changed = replace(found, hash=kept, password_at=pen.now)
            work.team.change(changed)
            self._put_session(work, changed, secret)
            named = Changed(("password",))
            pen.note(work, found.tenant_id, "user.changed", found.id, named)

        await self._context.store.write(store)
        return secret

    async def enter(self, login: str, password: str) -> str | None:
        """Sign in by name and password; returns the secret of a new session, or None.

        Takes as long for a name that nobody has.
        """
        if not login or len(login) > 100 or len(password) > LONGEST_PASSWORD:
            return None
        user = await self._context.store.read(lambda work: work.team.by_login(login))
        if user is None or not user.hash:
            if self._decoy is None:
                self._decoy = await self._passwords.kept(self._secret())
            await self._passwords.matches(self._decoy, password)
            return None
        if not await self._passwords.matches(user.hash, password):
            return None
        secret, found = self._secret(), user
        await self._context.store.write(lambda work: self._put_session(work, found, secret))
        return secret

    async def replies(self, tenant: Tenant) -> Sequence[SavedReply]:
        """Return a company's saved replies."""
        return await self._context.store.read(lambda work: work.team.replies(tenant.id))

    async def save_reply(
        self, tenant: Tenant, title: str, text: str, reply_id: str | None = None
    ) -> SavedReply:
        """Keep a text for answers; reply_id: the one to change. Raises Refused."""
        title, now = " ".join(title.split()), self._context.clock.now()
        if not 1 <= len(title) <= 100:
            raise invalid("title", "A title has 1 to 100 characters.")
        if not 1 <= len(text.strip()) <= 20_000:
            raise invalid("text", "A saved reply needs a text, 20,000 characters at most.")
        fresh = self._context.new_id(ids.SAVED_REPLY, now)
        reply = SavedReply(reply_id or fresh, tenant.id, title, text, now)
        pen = pen_of(self._context, now)

        def store(work: Work) -> None:
            known = {one.id for one in work.team.replies(tenant.id)}
            if reply_id is not None and reply_id not in known:
                raise not_found("saved reply")
            pen.note(work, tenant.id, f"saved_reply.{'changed' if reply_id else 'added'}", reply.id)
            if reply_id is None and len(known) >= _MOST_REPLIES:
                raise conflict("too_many", f"A company has {_MOST_REPLIES} saved replies at most.")
            work.team.save_reply(reply)

        await self._context.store.write(store)
        return reply

    async def remove_reply(self, tenant: Tenant, reply_id: str) -> None:
        """Remove a saved reply; raises Refused if unknown."""
        pen = pen_of(self._context, self._context.clock.now())

        def remove(work: Work) -> bool:
            removed = work.team.remove_reply(tenant.id, reply_id)
            if removed:
                pen.note(work, tenant.id, "saved_reply.removed", reply_id)
            return removed

        if not await self._context.store.write(remove):
            raise not_found("saved reply")

    def _invited(self, work: Work, code: str) -> User | None:
        about = work.keys.session(hash_of(code), _INVITE, self._context.clock.now())
        if about is None:
            return None
        return work.team.get(str(about["tenant_id"]), str(about.get("user_id")))

    def _put_invitation(self, work: Work, user: User, code: str) -> None:
        until = self._context.clock.now() + _INVITE_LIFE
        about = {"user_id": user.id}
        work.keys.put_session(hash_of(code), _INVITE, user.tenant_id, about, until)

    def _put_session(self, work: Work, user: User, secret: str) -> None:
        until = self._context.clock.now() + SESSION_LIFE
        about = {"user_id": user.id, "password_at": session_mark(user)}
        work.keys.put_session(hash_of(secret), _SESSION, user.tenant_id, about, until)

    def _url(self, code: str) -> str:
        return f"{self._context.names.public_url}/inbox/welcome/{code}"

    def _secret(self) -> str:
        return base64.b32encode(self._context.chance.octets(_TOKEN_OCTETS)).decode("ascii").lower()


def _role(before: str, after: Role) -> Changed:
    old = {"role": before} if before else {}
    return compared(old, {"role": after.value}, {"role"})


def session_mark(user: User) -> str:
    """Return what a session remembers of the password it was opened with."""
    return user.password_at.isoformat() if user.password_at else ""


def _found(work: Work, tenant: Tenant, user_id: str) -> User:
    user = work.team.get(tenant.id, user_id)
    if user is None:
        raise not_found("user")
    return user


def _used_up() -> Refused:
    return Refused(Kind.GONE, "link_used", "This link was used already, or has expired.")
