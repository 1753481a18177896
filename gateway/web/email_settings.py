"""A company's email settings: by what way its mail leaves; the connection test (ux.md, 2.4)."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.mail_accounts import Change, Tested
from gateway.flow.refusal import Kind, Refused
from gateway.mail.address import is_mailbox
from gateway.rules.found_servers import FoundServer
from gateway.rules.model import Tenant
from gateway.rules.own_server import Auth, EmailSettings, Method, Replies, Security, settings_of
from gateway.web.company import framed
from gateway.web.guard import Pace
from gateway.web.pages import STATUS, Pages
from gateway.web.services import WebServices
from gateway.web.signin import Seat, SignIn
from gateway.web.uploads import fields_of
from gateway.web.wording import Wording

PATH = "/inbox/settings"
_SHOWN_AGAIN = frozenset({Kind.INVALID, Kind.TOO_MANY})
_STEPS = {
    "dns": "Server found",
    "connect": "Connected",
    "tls": "Encrypted",
    "auth": "Login accepted",
    "sender": "Sender accepted",
    "mail": "Test mail sent",
}
_FAILED_STEPS = {
    "dns": "Server not found",
    "connect": "No connection",
    "tls": "Not encrypted",
    "auth": "Login refused",
    "sender": "Sender refused",
    "mail": "Test mail refused",
}
_NOT_FOUND = "Your domain doesn't say by which server it sends. Ask whoever runs your mail."
_OAUTH = ("token_url", "client_id", "scope")
_SECURITIES = ((Security.STARTTLS, "STARTTLS"), (Security.TLS, "SSL/TLS"), (Security.NONE, "None"))
_AUTHS = ((Auth.PASSWORD, "Password"), (Auth.OAUTH2, "Access token (XOAUTH2)"))
_REPLIES = (
    (Replies.INBOX, "Inbox"),
    (Replies.MAILBOX, "my mailbox"),
    (Replies.BOTH, "both"),
)


class SettingsPage:
    """Answers under /inbox/settings for those who are signed in."""

    def __init__(self, services: WebServices, pages: Pages, sign_in: SignIn, pace: Pace) -> None:
        """Work with these journeys; `sign_in` knows who comes, `pace` bounds what DNS is asked."""
        self._pace = pace
        self._services = services
        self._pages = pages
        self._sign_in = sign_in

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self._pages.route
        return [
            route(PATH, self.show),
            route(PATH, self.save, method="POST"),
            route(f"{PATH}/test", self.test, method="POST"),
            route(f"{PATH}/find", self.find, method="POST"),
        ]

    async def show(self, request: Request) -> Response:
        """Show what is stored; the password never comes back to the browser."""
        seat = await self._sign_in.seat(request)
        if seat is None:
            return await self._sign_in.page(request)
        seat = await self._sign_in.setter(request)
        return await self._page(seat, settings_of(seat.tenant))

    async def save(self, request: Request) -> Response:
        """Store the form."""
        seat = await self._writer(request)
        fields = await fields_of(request)
        try:
            change = _change_of(fields)
            settings = await self._services.accounts.change(seat.tenant, change)
        except Refused as refused:
            return await self._refused(seat, fields, refused)
        return await self._page(seat, settings, saved=True)

    async def test(self, request: Request) -> Response:
        """Test what stands in the form, without storing it; send a test mail if asked to."""
        seat = await self._writer(request)
        fields = await fields_of(request)
        try:
            tested = await self._services.accounts.test(
                seat.tenant, _change_of(fields), send=bool(fields.get("send_mail"))
            )
        except Refused as refused:
            return await self._refused(seat, fields, refused)
        fresh = await self._fresh(seat.tenant)
        return await self._page(seat, settings_of(fresh), fields=fields, tested=tested)

    async def find(self, request: Request) -> Response:
        """Look the server up by the domain of login or From; fill it in if it is asked for."""
        seat = await self._writer(request)
        fields = await fields_of(request)
        self._pace.take(f"find:{seat.tenant.id}", self._services.context.clock.now())
        found = await self._services.find_server(_address_in(fields))
        if found and (not fields.get("host", "").strip() or fields.get("use")):
            fields |= {"host": found.host, "port": str(found.port), "security": found.security}
        settings = settings_of(await self._fresh(seat.tenant))
        return await self._page(seat, settings, fields=fields, found=found or _NOT_FOUND)

    async def _writer(self, request: Request) -> Seat:
        return await self._sign_in.setter(request)

    async def _fresh(self, tenant: Tenant) -> Tenant:
        found = await self._services.context.store.read(lambda work: work.tenants.get(tenant.id))
        return found or tenant

    async def _refused(self, seat: Seat, fields: Mapping[str, str], refused: Refused) -> Response:
        if refused.kind not in _SHOWN_AGAIN:
            raise refused
        return await self._page(
            seat,
            settings_of(await self._fresh(seat.tenant)),
            fields=fields,
            trouble=seat.say.refusal(refused),
            status=STATUS[refused.kind],
        )

    async def _page(
        self,
        seat: Seat,
        settings: EmailSettings,
        *,
        fields: Mapping[str, str] | None = None,
        tested: Tested | None = None,
        trouble: str = "",
        saved: bool = False,
        found: FoundServer | str = "",
        status: int = 200,
    ) -> Response:
        tenant = seat.tenant
        say = seat.say
        addresses = await self._services.egress_addresses()
        names, own = self._services.context.names, tenant.own_sender
        values = {
            **framed(seat, "settings", say),
            "gateway_address": own.address if own else names.sender_address(tenant),
            "form": _form(settings, fields),
            "has_password": bool(settings.account.sealed),
            "sends_mail": bool(fields and fields.get("send_mail")),
            "auths": [(one.value, say.text(words)) for one, words in _AUTHS],
            "securities": [(one.value, say.text(words)) for one, words in _SECURITIES],
            "replies": [(one.value, say.text(words)) for one, words in _REPLIES],
            "failure": _failure(settings, tenant, say),
            "tested_at": _moment(settings.account.tested_at, tenant, say),
            "result": _result(tested, say, _report(tenant, _form(settings, fields), addresses)),
            "trouble": trouble,
            "saved": saved,
            "found": _found(found, _form(settings, fields), say),
            "addresses": addresses,
        }
        return self._pages.page("settings.html", values, say=say, status=status)


def _change_of(fields: Mapping[str, str]) -> Change:
    """Return the change that the form asks for. Raises Refused, naming what is wrong."""
    try:
        method = Method(fields.get("method", "gateway"))
        replies = Replies(fields.get("replies", "inbox"))
        security = Security(fields.get("security", "starttls"))
        auth = Auth(fields.get("auth", "password"))
        port = int(fields.get("port", "").strip() or "587")
    except ValueError as error:
        raise _wrong("A port is a number from 1 to 65535.") from error
    if not 1 <= port <= 65535:
        raise _wrong("A port is a number from 1 to 65535.")
    host = fields.get("host", "").strip().rstrip(".").lower()
    if not host.isascii() or not host.isprintable() or set(" /@\\?#,") & set(host):
        raise _wrong("Write the server's name alone, such as smtp.acme.example.")
    sender = fields.get("from_address", "").strip()
    if sender and not is_mailbox(sender):
        raise _wrong("From is not an address such as invoices@acme.example.")
    account = {
        "login": fields.get("login", "").strip()[:200],
        "host": host[:253],
        "port": port,
        "security": security.value,
        "from_address": sender,
        "auth": auth.value,
    }
    if auth is Auth.OAUTH2:
        account |= {name: fields.get(name, "").strip()[:500] for name in _OAUTH}
        return Change(method.value, replies.value, account, oauth=_secrets_of(fields))
    password = fields.get("password", "")
    return Change(method.value, replies.value, account, password[:1000] or None)


def _address_in(fields: Mapping[str, str]) -> str:
    """Return the address whose domain tells the server: the login, or From."""
    login = fields.get("login", "").strip()
    return login if "@" in login else fields.get("from_address", "").strip()


def _found(
    found: FoundServer | str, form: Mapping[str, str], say: Wording
) -> dict[str, Any] | None:
    """Return what a look-up gave, in words; None where there was none."""
    if not found:
        return None
    if isinstance(found, str):
        return {"words": say.text(found), "is_filled": True}
    there = (found.host, str(found.port), found.security.value)
    return {
        "words": say.text(
            "Found by your domain: {host}, {port}, {security}",
            host=found.host,
            port=found.port,
            security=dict(_SECURITIES)[found.security],
        ),
        "is_filled": there == (form["host"], form["port"], form["security"]),
    }


def _secrets_of(fields: Mapping[str, str]) -> Mapping[str, str] | None:
    """Return new secrets of OAuth2, None to leave the stored ones. Raises Refused."""
    if not re.fullmatch(r"(https://[!-~]{1,492})?", fields.get("token_url", "").strip()):
        raise _wrong("A token server is an https URL, such as https://oauth2.googleapis.com/token.")
    token = fields.get("refresh_token", "").strip()[:8192]
    secret = fields.get("client_secret", "").strip()[:4096]
    if secret and not token:
        raise _wrong("Write the refresh token together with the client secret.")
    return {"refresh_token": token, "client_secret": secret} if token else None


def _wrong(detail: str) -> Refused:
    return Refused(Kind.INVALID, "invalid", detail)


def _form(settings: EmailSettings, fields: Mapping[str, str] | None) -> dict[str, str]:
    account = settings.account
    stored = {
        "method": settings.method.value,
        "login": account.login,
        "host": account.host,
        "port": str(account.port),
        "security": account.security.value,
        "from_address": account.from_address,
        "replies": settings.replies.value,
        "auth": account.auth.value,
        **{name: getattr(account, name) for name in _OAUTH},
    }
    given = {name: value for name, value in (fields or {}).items() if name in stored}
    return stored | given


def account_failure(tenant: Tenant, say: Wording) -> dict[str, str] | None:
    """Return why the company's own server is not used for now, None while it is."""
    return _failure(settings_of(tenant), tenant, say)


def _failure(settings: EmailSettings, tenant: Tenant, say: Wording) -> dict[str, str] | None:
    failure = settings.failure
    if failure is None:
        return None
    words = "Your mail server refuses our login since {moment}. Mail waits until a test goes well."
    moment = _moment(failure.since, tenant, say)
    return {"words": say.text(words, moment=moment), "reply": failure.reply}


def _report(tenant: Tenant, form: Mapping[str, str], addresses: Sequence[str]) -> Sequence[str]:
    """Return the facts of a connection test that an admin asks for; no password among them."""
    found = [
        f"Connection test of {tenant.name}",
        f"Server: {form['host']}:{form['port']}, {form['security']}",
        f"Login: {form['login']}, by {form['auth']}",
        f"From: {form['from_address'] or form['login']}",
    ]
    return [*found, f"Connecting from: {', '.join(addresses)}"] if addresses else found


def _result(tested: Tested | None, say: Wording, report: Sequence[str]) -> dict[str, Any] | None:
    if tested is None:
        return None
    probed = tested.probed
    steps = [f"{step.name}: {'ok' if step.ok else 'failed'}, {step.ms} ms" for step in probed.steps]
    talk = [f"{line.by[0].upper()}: {line.text}" for line in probed.talk]
    return {
        "talk": "\n".join(talk),
        "report": "\n".join([*report, *steps, f"Answer: {probed.message}", *talk]),
        "ok": probed.stage is None,
        "title": say.text(_FAILED_STEPS[probed.stage]) if probed.stage else probed.message,
        "reply": "" if probed.stage is None else probed.message,
        "hint": say.text(tested.hint),
        "steps": [
            {
                "ok": step.ok,
                "words": say.text((_STEPS if step.ok else _FAILED_STEPS)[step.name]),
                "detail": step.detail if step.ok else "",
                "ms": step.ms,
            }
            for step in probed.steps
        ],
        "limit": say.size(probed.most_octets) if probed.most_octets else "",
    }


def _moment(text: str, tenant: Tenant, say: Wording) -> str:
    return say.moment(datetime.fromisoformat(text), tenant.timezone) if text else ""
