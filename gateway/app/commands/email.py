"""How a company's mail leaves: shown, changed, tested; reminders by hand."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.app.office import Office
from gateway.flow.mail_accounts import Change
from gateway.rules.model import Tenant
from gateway.rules.own_server import settings_of
from gateway.rules.reminders import MOST_AFTER, MOST_BEFORE, ReminderRules
from gateway.runtime.control import CommandError

_FIELDS = ("login", "host", "port", "security", "from_address", "auth")
_OAUTH = ("token_url", "client_id", "scope")


async def email_show(office: Office, given: Mapping[str, Any]) -> Any:
    """Return a company's settings; no secret is among them."""
    return _shown(await office.companies.find(str(given["tenant"])))


async def email_set(office: Office, given: Mapping[str, Any]) -> Any:
    """Change a company's settings; what is not given stays."""
    tenant = await office.companies.find(str(given["tenant"]))
    if tenant.managed_by_file:
        raise CommandError(f"{tenant.slug} is managed by a file: change it there, and reload")
    await office.accounts.change(tenant, _change(tenant, given))
    return _shown(await office.companies.find(tenant.id))


async def email_test(office: Office, given: Mapping[str, Any]) -> Any:
    """Test the stored settings, or those given over them."""
    tenant = await office.companies.find(str(given["tenant"]))
    tested = await office.accounts.test(tenant, _change(tenant, given))
    probed = tested.probed
    return {
        "ok": probed.stage is None,
        "stage": probed.stage,
        "message": probed.message,
        "hint": tested.hint or None,
        "steps": [
            {"name": step.name, "ok": step.ok, "detail": step.detail, "ms": step.ms}
            for step in probed.steps
        ],
        "talk": [{"by": line.by, "text": line.text} for line in probed.talk],
    }


def _change(tenant: Tenant, given: Mapping[str, Any]) -> Change:
    account = {name: given[name] for name in (*_FIELDS, *_OAUTH) if given.get(name) is not None}
    oauth = None
    if given.get("refresh_token") is not None:
        oauth = {
            "refresh_token": str(given["refresh_token"]),
            "client_secret": str(given.get("client_secret") or ""),
        }
    return Change(
        method=given.get("method"),
        replies=given.get("replies"),
        account=account,
        password=given.get("password"),
        oauth=oauth,
        reminders=_reminders(tenant, given),
    )


def _reminders(tenant: Tenant, given: Mapping[str, Any]) -> ReminderRules | None:
    """Return the rules with what is given in them, None where nothing is."""
    rules = settings_of(tenant).reminders
    if given.get("before") is not None:
        rules = replace(rules, before=_days(given["before"], MOST_BEFORE))
    if given.get("after") is not None:
        rules = replace(rules, after=_days(given["after"], MOST_AFTER))
    if given.get("on_due") is not None:
        rules = replace(rules, on_due=bool(given["on_due"]))
    return None if rules == settings_of(tenant).reminders else rules


def _days(text: str, most: int) -> tuple[int, ...]:
    try:
        days = sorted({int(one) for one in str(text).replace(",", " ").split()})
    except ValueError:
        days = [0]
    if any(not 1 <= day <= most for day in days):
        raise CommandError(f'{text!r}: write days from 1 to {most}, such as "7,14"', "usage")
    return tuple(days)


def _shown(tenant: Tenant) -> Mapping[str, Any]:
    settings = settings_of(tenant)
    account, failure = settings.account, settings.failure
    return {
        "tenant": tenant.slug,
        "method": settings.method.value,
        "replies": settings.replies.value,
        "host": account.host,
        "port": account.port,
        "security": account.security.value,
        "auth": account.auth.value,
        "login": account.login,
        "secret": "set" if account.sealed else None,
        "from_address": account.sender,
        "tested_at": account.tested_at or None,
        "failure": f"{failure.stage}: {failure.reply}" if failure else None,
        "reminders": list(settings.reminders.offsets),
    }
