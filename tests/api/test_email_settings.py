"""Settings of how a company's mail leaves, and the connection test, by HTTP."""

import pytest

from tests.api.kit import with_api

SETTINGS = "/v1/settings/email"
SMTP = {
    "login": "invoices@acme.test",
    "password": "canary-7f3a",
    "host": "SMTP.acme.test.",
    "port": 465,
    "security": "tls",
}


@with_api()
async def test_mail_leaves_by_the_gateway_at_first(api):
    company = await api.company()
    shown = (await api.get(SETTINGS, company.key)).json()
    assert (shown["method"], shown["replies"], shown["failure"]) == ("gateway", "inbox", None)
    assert shown["smtp"]["password"] == {"set": False}


@with_api()
async def test_a143_the_own_account_is_shown_without_its_password(api):
    company = await api.company()
    change = {"method": "smtp", "smtp": SMTP, "replies": "both"}
    answer = await api.ask("PATCH", SETTINGS, company.key, json=change)
    assert answer.status_code == 200
    assert answer.json() == (await api.get(SETTINGS, company.key)).json()
    assert "canary" not in answer.text
    assert answer.json()["smtp"] == {
        "login": "invoices@acme.test",
        "password": {"set": True},
        "host": "smtp.acme.test",
        "port": 465,
        "security": "tls",
        "from_address": "invoices@acme.test",
        "auth": "password",
        "oauth": None,
        "tested_at": None,
    }


@with_api()
async def test_a110_another_host_clears_the_password(api):
    company = await api.company()
    await api.ask("PATCH", SETTINGS, company.key, json={"smtp": SMTP})
    change = {"smtp": {"host": "other.test"}}
    answer = await api.ask("PATCH", SETTINGS, company.key, json=change)
    assert answer.json()["smtp"]["password"] == {"set": False}


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"method": "pigeon"}, "method"),
        ({"smtp": {"port": 0}}, "smtp.port"),
        ({"smtp": {"host": "smtp.acme.test/x"}}, "smtp.host"),
        ({"smtp": {"security": "ssl"}}, "smtp.security"),
        ({"smtp": {"password": "a\r\nb"}}, "smtp.password"),
        ({"smtp": {"user": "x"}}, "smtp.user"),
        ({"replies": None}, "replies"),
        ({"method": "smtp"}, "smtp.host"),
    ],
)
@with_api()
async def test_a_bad_setting_is_named(api, change, param):
    company = await api.company()
    answer = await api.ask("PATCH", SETTINGS, company.key, json=change)
    assert answer.status_code == 422
    assert answer.json()["param"] == param


@with_api()
async def test_a_good_test_says_so(api):
    company = await api.company()
    answer = await api.post(f"{SETTINGS}/test", company.key, json={"smtp": SMTP})
    assert answer.status_code == 200
    tested = answer.json()
    assert (tested["ok"], tested["message"]) == (True, "SMTP test successful")
    assert tested["steps"] == [{"name": "dns", "ok": True, "detail": "smtp.acme.test", "ms": 1}]


@with_api()
async def test_a_failed_test_gives_stage_reply_and_hint(api):
    company = await api.company()
    api.services.accounts._probe.failure = ("auth", "535 5.7.8 Wrong", "")
    tested = (await api.post(f"{SETTINGS}/test", company.key, json={"smtp": SMTP})).json()
    assert (tested["ok"], tested["stage"], tested["message"]) == (False, "auth", "535 5.7.8 Wrong")
    assert tested["hint"].startswith("Login or password is wrong")


@with_api()
async def test_a109_tests_are_limited_per_company(api):
    company, other = await api.company(), await api.company("Other")
    api.services.accounts.quota._count = 2
    body = {"smtp": SMTP}
    codes = [
        (await api.post(f"{SETTINGS}/test", company.key, json=body)).status_code for _ in range(3)
    ]
    assert codes == [200, 200, 429]
    assert (await api.post(f"{SETTINGS}/test", other.key, json=body)).status_code == 200


@with_api()
async def test_a_test_without_a_server_names_what_is_missing(api):
    company = await api.company()
    answer = await api.post(f"{SETTINGS}/test", company.key, json={})
    assert answer.status_code == 422
    assert answer.json()["param"] == "smtp.host"


@with_api()
async def test_settings_need_their_scope(api):
    company = await api.company()
    key = await api.key(company, "send")
    assert (await api.get(SETTINGS, key)).status_code == 403


@with_api()
async def test_reminders_are_off_until_days_are_named(api):
    company = await api.company()
    off = {"before": [], "on_due": False, "after": []}
    assert (await api.get(SETTINGS, company.key)).json()["reminders"] == off
    rules = {"before": [5, 1], "on_due": True, "after": [14, 7]}
    answer = await api.ask("PATCH", SETTINGS, company.key, json={"reminders": rules})
    wanted = {"before": [1, 5], "on_due": True, "after": [7, 14]}
    assert answer.json()["reminders"] == wanted
    await api.ask("PATCH", SETTINGS, company.key, json={"replies": "both"})
    assert (await api.get(SETTINGS, company.key)).json()["reminders"] == wanted


@pytest.mark.parametrize(
    ("rules", "param"),
    [
        ({"after": [0]}, "reminders.after.0"),
        ({"after": [366]}, "reminders.after.0"),
        ({"before": [61]}, "reminders.before.0"),
        ({"before": [3, 3]}, "reminders.before"),
        ({"after": list(range(1, 12))}, "reminders.after"),
        ({"when": "now"}, "reminders.when"),
    ],
)
@with_api()
async def test_days_that_can_not_be_are_refused(api, rules, param):
    company = await api.company()
    answer = await api.ask("PATCH", SETTINGS, company.key, json={"reminders": rules})
    assert (answer.status_code, answer.json()["param"]) == (422, param)
