"""How a company's mail leaves: by the gateway or by its own SMTP account; the connection test."""

from datetime import datetime
from typing import Any

from gateway.api.etags import etag
from gateway.api.registry import Access, Call, Reply, Route, changes_of
from gateway.api.schemas.email_settings import (
    EmailSettingsChange,
    EmailSettingsShown,
    FailureShown,
    OAuthChange,
    OAuthShown,
    PasswordShown,
    RemindersShown,
    SmtpShown,
    StepShown,
    TalkLineShown,
    TestShown,
)
from gateway.flow.mail_accounts import Change
from gateway.flow.refusal import not_found
from gateway.rules.model import Tenant
from gateway.rules.own_server import Auth, settings_of
from gateway.rules.reminders import ReminderRules


async def _current(call: Call) -> Tenant:
    tenant_id = call.company.id
    tenant = await call.services.context.store.read(lambda work: work.tenants.get(tenant_id))
    if tenant is None:
        raise not_found("company")
    return tenant


async def _shown(call: Call, tenant: Tenant) -> Reply:
    settings = settings_of(tenant)
    account, failure = settings.account, settings.failure
    by_token = account.auth is Auth.OAUTH2
    return Reply(
        EmailSettingsShown(
            method=settings.method.value,
            smtp=SmtpShown(
                login=account.login,
                password=PasswordShown(set=bool(account.sealed) and not by_token),
                host=account.host,
                port=account.port,
                security=account.security.value,
                from_address=account.sender,
                auth=account.auth.value,
                oauth=OAuthShown(
                    token_url=account.token_url,
                    client_id=account.client_id,
                    scope=account.scope,
                    refresh_token=PasswordShown(set=bool(account.sealed)),
                )
                if by_token
                else None,
                tested_at=_moment(account.tested_at),
            ),
            replies=settings.replies.value,
            egress_addresses=list(await call.services.egress_addresses()),
            reminders=RemindersShown(
                before=list(settings.reminders.before),
                on_due=settings.reminders.on_due,
                after=list(settings.reminders.after),
            ),
            failure=FailureShown(
                since=datetime.fromisoformat(failure.since),
                stage=failure.stage,
                message=failure.reply,
            )
            if failure
            else None,
        ),
        etag(tenant.version),
    )


def change_of(body: EmailSettingsChange) -> Change:
    """Return the change that a request asks for. Raises Refused: null where a value stands."""
    given = changes_of(body, nullable=frozenset())
    account = changes_of(body.smtp, nullable=frozenset({"from_address"})) if body.smtp else {}
    password = account.pop("password", None)
    oauth = _secrets_of(account)
    if "from_address" in account and account["from_address"] is None:
        account["from_address"] = ""
    return Change(
        method=given.get("method"),
        replies=given.get("replies"),
        account=account,
        password=password,
        oauth=oauth,
        reminders=ReminderRules(**body.reminders.model_dump()) if body.reminders else None,
    )


def _secrets_of(account: dict[str, Any]) -> dict[str, str] | None:
    """Take OAuth2 out of the account's fields; return its secrets, None if they stay."""
    given: OAuthChange | None = account.pop("oauth", None)
    if given is None:
        return None
    oauth = changes_of(given, nullable=frozenset())
    token, secret = oauth.pop("refresh_token", None), oauth.pop("client_secret", "")
    account.update(oauth)
    if token is None:
        return None
    return {"refresh_token": token, "client_secret": secret} if token else {}


async def read(call: Call) -> Reply:
    """Return the settings; the password is never in them."""
    return await _shown(call, await _current(call))


async def change(call: Call) -> Reply:
    """Change the settings."""
    body = call.body(EmailSettingsChange)
    await call.services.accounts.change(call.company, change_of(body))
    return await _shown(call, await _current(call))


async def test(call: Call) -> Reply:
    """Test the given settings over the stored ones; nothing is stored, no mail is sent."""
    body = call.body(EmailSettingsChange)
    tested = await call.services.accounts.test(await _current(call), change_of(body))
    probed = tested.probed
    return Reply(
        TestShown(
            ok=probed.stage is None,
            stage=probed.stage,
            message=probed.message,
            hint=tested.hint or None,
            max_message_bytes=probed.most_octets or None,
            steps=[
                StepShown(name=step.name, ok=step.ok, detail=step.detail, ms=step.ms)
                for step in probed.steps
            ],
            talk=[TalkLineShown(by=line.by, text=line.text) for line in probed.talk],
        )
    )


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


ROUTES = (
    Route(
        "GET",
        "/v1/settings/email",
        "Read how the company's mail leaves",
        read,
        Access.COMPANY,
        "Settings",
        scopes=("settings",),
        answer=EmailSettingsShown,
        versioned=True,
    ),
    Route(
        "PATCH",
        "/v1/settings/email",
        "Change how the company's mail leaves",
        change,
        Access.COMPANY,
        "Settings",
        scopes=("settings",),
        body=EmailSettingsChange,
        answer=EmailSettingsShown,
        live_only=True,
    ),
    Route(
        "POST",
        "/v1/settings/email/test",
        "Test the connection with the company's mail server",
        test,
        Access.COMPANY,
        "Settings",
        scopes=("settings",),
        body=EmailSettingsChange,
        answer=TestShown,
        live_only=True,
    ),
)
