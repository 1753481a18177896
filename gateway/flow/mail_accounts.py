"""How a company's mail leaves: its settings, the connection test, the route by its own server."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter
from typing import Any

import structlog

from gateway.flow.access_tokens import AccessTokens, TokenRefused
from gateway.flow.audit import Pen, pen_of
from gateway.flow.context import Context
from gateway.flow.own_logins import OwnLogins
from gateway.flow.quota import Quota
from gateway.flow.refusal import invalid, not_found
from gateway.mail.compose import Outgoing, compose
from gateway.mail.errors import Fault, MailError
from gateway.mail.mailbox import Mailbox
from gateway.ports.probe import Probe, Probed, ProbeStep
from gateway.ports.relay import OwnServer
from gateway.ports.store import Work
from gateway.rules import events, ids
from gateway.rules.audit import email_changes
from gateway.rules.automation import OWN_FIELDS
from gateway.rules.model import Tenant
from gateway.rules.outcome import Obstacle, Trouble
from gateway.rules.own_server import (
    Account,
    Auth,
    EmailSettings,
    Method,
    Security,
    kept,
    own_route,
    route_of,
    settings_of,
    with_failure,
)
from gateway.rules.probe_hints import hint_for
from gateway.rules.reminders import ReminderRules

log = structlog.get_logger()

PAUSED = "own servers paused"
"""The fact that names the routes which wait for a good connection test."""

_TEST_MAIL = "This mail left by your own mail server: the settings work. Nobody has to answer it."


@dataclass(frozen=True, slots=True)
class Change:
    """What a company changes of its settings; account: fields of `Account`, without `sealed`.

    password: a new one, "" to forget the stored one, None to leave it.
    oauth: new "refresh_token" and "client_secret", {} to forget, None to leave the stored ones.
    """

    method: str | None = None
    replies: str | None = None
    account: Mapping[str, Any] | None = None
    password: str | None = None
    oauth: Mapping[str, str] | None = None
    reminders: ReminderRules | None = None


@dataclass(frozen=True, slots=True)
class Tested:
    """How a connection test ended, and what to do next."""

    probed: Probed
    hint: str


class MailAccounts:
    """Keeps, tests and watches companies' own SMTP accounts."""

    def __init__(self, context: Context, probe: Probe, quota: Quota, tokens: AccessTokens) -> None:
        """Test by `probe`, each company as often as `quota` lets it; sign in by `tokens`."""
        self._context = context
        self._probe = probe
        self._logins = OwnLogins(context, tokens)
        self.quota = quota

    async def change(self, tenant: Tenant, change: Change) -> EmailSettings:
        """Store a change, and return the settings that hold now.

        The stored password is forgotten when host, port or login change without a new one.

        Raises Refused: the own server is to be used, and something that it needs is missing.
        """
        context, now = self._context, self._context.clock.now()
        pen = pen_of(context, now)

        def store(work: Work) -> EmailSettings:
            current = work.tenants.get(tenant.id)
            if current is None:
                raise not_found("company")
            before = settings_of(current)
            after = self._changed(current.id, before, change)
            if after == before:
                return before
            if after.uses_own_server and not after.account.is_complete:
                raise _missing(after.account)
            self.write(work, current, after, pen)
            return after

        settings = await context.store.write(store)
        log.info("email_settings.changed", tenant=tenant.id, method=settings.method.value)
        return settings

    def write(self, work: Work, tenant: Tenant, settings: EmailSettings, pen: Pen) -> Tenant:
        """Store settings in the caller's transaction; changed ones let a paused route try again."""
        before = settings_of(tenant)
        if before.account != settings.account or before.method != settings.method:
            settings = replace(settings, failure=None)
        changed = work.tenants.change(replace(tenant, email=kept(settings), updated_at=pen.now))
        differs = email_changes(before, settings)
        pen.note(work, tenant.id, "email_settings.changed", tenant.id, differs)
        if settings.failure is None:
            _resume(work, tenant.id)
        return changed

    async def test(self, tenant: Tenant, change: Change, *, send: bool = False) -> Tested:
        """Try the given settings over the stored ones, without storing them.

        send: send a mail, too, to the address that mail would come from.

        A good test of what is stored lets a paused route go on.

        Raises Refused: tested too often, no server given.
        """
        now = self._context.clock.now()
        self.quota.take(tenant.id, 1, now)
        settings = self._changed(tenant.id, settings_of(tenant), change)
        account = settings.account
        if not account.host:
            raise invalid("smtp.host", "Which server? Write its name.", code="missing")
        if not account.sender:
            detail = "From which address? Write it, or a login that is one."
            raise invalid("smtp.from_address", detail, code="missing")
        mail = await self._test_mail(tenant, account, now) if send else None
        probed = await self._probed(tenant, account, mail)
        if probed.stage is None:
            await self._note_good(tenant, account, now)
        hint = "" if probed.stage is None else _hint(probed, account)
        log.info("email_settings.tested", tenant=tenant.id, stage=probed.stage or "ok")
        return Tested(probed, hint)

    async def server_of(self, tenant: Tenant) -> OwnServer | Trouble:
        """Return the company's server with its login, or why there is none."""
        account = settings_of(tenant).account
        if not account.is_complete:
            words = "the settings of the company's mail server are incomplete"
            return Trouble(Obstacle.NO_LOGIN, words)
        try:
            return await self._logins.server(tenant, account)
        except TokenRefused as refused:
            return Trouble(Obstacle.NO_LOGIN, str(refused))
        except Fault as fault:
            return Trouble(Obstacle.UNREACHABLE, f"no access token: {fault}")

    async def _test_mail(self, tenant: Tenant, account: Account, now: datetime) -> bytes:
        """Return a mail of the company to itself. Raises Refused: none can be made of its name."""
        context, itself = self._context, Mailbox(tenant.name, account.sender)
        line_id = context.new_id(ids.MESSAGE, now)
        mail = Outgoing(
            from_=itself,
            to=(itself,),
            subject=f"Test mail by {account.host}",
            date=now,
            message_id=context.names.message_id(context.keys, tenant, line_id),
            text=f"{_TEST_MAIL}\n",
            extra=OWN_FIELDS,
        )
        try:
            return await asyncio.to_thread(compose, mail)
        except MailError as error:
            raise invalid("smtp.from_address", f"No mail can be made: {error}.") from error

    async def _probed(self, tenant: Tenant, account: Account, mail: bytes | None) -> Probed:
        """Return how a connection test of an account ended; a token server is part of it."""
        began = perf_counter()
        try:
            server = await self._logins.server(tenant, account, fresh=True)
        except (TokenRefused, Fault) as error:
            ms = round(1000 * (perf_counter() - began))
            trouble = "token" if isinstance(error, TokenRefused) else "no_token"
            step = ProbeStep("auth", False, str(error), ms)
            return Probed((step,), "auth", str(error), trouble)
        return await self._probe.probe(server, account.sender, mail)

    def _changed(self, tenant_id: str, settings: EmailSettings, change: Change) -> EmailSettings:
        account = replace(settings.account, **_fields(change.account or {}))
        if not account.is_same_place(settings.account):
            account = replace(account, sealed="")
        if change.password is not None:
            account = replace(
                account, sealed=self._logins.sealed_password(tenant_id, change.password)
            )
        elif change.oauth is not None:
            account = replace(account, sealed=self._logins.sealed(tenant_id, change.oauth))
        if account != settings.account:
            account = replace(account, tested_at="")
        return replace(
            settings,
            method=Method(change.method) if change.method else settings.method,
            replies=type(settings.replies)(change.replies) if change.replies else settings.replies,
            account=account,
            reminders=settings.reminders if change.reminders is None else change.reminders,
        )

    async def _note_good(self, tenant: Tenant, account: Account, now: datetime) -> None:
        def store(work: Work) -> None:
            current = work.tenants.get(tenant.id)
            if current is None:
                return
            settings = settings_of(current)
            if replace(settings.account, tested_at="") != replace(account, tested_at=""):
                return  # of settings that aren't the stored ones
            good = replace(
                settings,
                account=replace(settings.account, tested_at=now.isoformat()),
                failure=None,
            )
            work.tenants.change(replace(current, email=kept(good), updated_at=now))
            _resume(work, tenant.id)

        await self._context.store.write(store)


def paused_routes(work: Work) -> list[str]:
    """Return the names of the routes that wait for a good connection test."""
    return list(json.loads(work.facts.get(PAUSED) or "[]"))


def pause(
    context: Context, work: Work, tenant_id: str, said: tuple[str, str], now: datetime
) -> None:
    """Let the mail of a company wait: its server refused the login. Tells of it once.

    said: the stage, and the server's words.
    """
    tenant = work.tenants.get(tenant_id)
    if tenant is None or route_of(tenant) is None:
        return
    settings = settings_of(tenant)
    if settings.failure is not None:
        return
    stage, reply = said
    failed = with_failure(settings, stage, reply, now)
    work.tenants.change(replace(tenant, email=kept(failed), updated_at=now))
    work.facts.put(PAUSED, json.dumps(sorted({*paused_routes(work), own_route(tenant_id)})))
    about = {"stage": stage, "message": reply, "host": settings.account.host}
    work.events.add(context.event(tenant_id, events.SMTP_ACCOUNT_FAILED, now, about))
    work.wake("events")


def _resume(work: Work, tenant_id: str) -> None:
    """Let the mail of a paused route leave, now."""
    paused, route = paused_routes(work), own_route(tenant_id)
    if route in paused:
        work.facts.put(PAUSED, json.dumps([one for one in paused if one != route]))
        work.deliveries.hasten(tenant_id, route)
        work.wake("deliveries")


def _fields(given: Mapping[str, Any]) -> dict[str, Any]:
    known = {"login", "host", "port", "security", "from_address"}
    known |= {"auth", "token_url", "client_id", "scope"}
    fields = {name: value for name, value in given.items() if name in known}
    if "auth" in fields:
        fields["auth"] = Auth(fields["auth"])
    if "security" in fields:
        fields["security"] = Security(fields["security"])
    return fields


def _hint(probed: Probed, account: Account) -> str:
    return hint_for(probed.stage or "", probed.trouble, probed.message, account)


def _missing(account: Account) -> Exception:
    if not account.host:
        return invalid("smtp.host", "Which server? Write its name.", code="missing")
    if not account.sender:
        detail = "From which address? Write it, or a login that is one."
        return invalid("smtp.from_address", detail, code="missing")
    if account.auth is Auth.OAUTH2:
        for name in ("login", "token_url", "client_id"):
            if not getattr(account, name):
                param = "smtp.login" if name == "login" else f"smtp.oauth.{name}"
                return invalid(param, "OAuth2 needs it.", code="missing")
        detail = "Write the refresh token again: where it is used changed, or there is none."
        return invalid("smtp.oauth.refresh_token", detail, code="missing")
    detail = "Write the password again: server, port or login changed, or there is none."
    return invalid("smtp.password", detail, code="missing")
