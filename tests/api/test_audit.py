"""The audit log: every change of settings, keys, logins and people, who made it, no secret."""

import pytest

from gateway.flow.audit import in_name_of
from gateway.rules.audit import COMMAND_LINE
from gateway.rules.model import HOUSE_TENANT_ID
from tests.api.kit import ADMIN_KEY, INVOICE, with_api

PASSWORD = "hunter2-is-no-password"
PATH = "/v1/audit"


async def newest(api, company, count=1):
    answer = await api.get(PATH, company.key)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"][:count]


@with_api()
async def test_a_new_company_its_key_and_its_login_are_noted_with_the_admin_who_made_them(api):
    company = await api.company()
    listed = (await api.get(PATH, company.key)).json()["data"]
    assert [(one["action"], one["subject"]) for one in listed[:1] + listed[2:]] == [
        ("login.added", company.slug),
        ("company.added", company.id),
    ]
    assert (listed[1]["action"], listed[1]["fields"]) == ("key.added", ["scopes"])
    assert {(one["who"]["kind"], one["who"]["id"]) for one in listed} == {("admin", "key_fixed")}
    assert all(one["tenant_id"] == company.id and one["before"] == {} for one in listed)


@with_api()
async def test_changed_email_settings_are_noted_by_name_and_harmless_value_never_with_a_secret(api):
    company = await api.company()
    smtp = {"login": "acme@own.test", "password": PASSWORD, "host": "smtp.own.test", "port": 465}
    body = {"method": "smtp", "smtp": {**smtp, "security": "tls"}}
    answer = await api.ask("PATCH", "/v1/settings/email", company.key, json=body)
    assert answer.status_code == 200, answer.text
    everything = await api.get(PATH, company.key)
    told = everything.json()["data"][0]
    assert told["action"] == "email_settings.changed"
    assert told["fields"] == [
        "method",
        "smtp.host",
        "smtp.login",
        "smtp.port",
        "smtp.secret",
        "smtp.security",
    ]
    assert told["before"] == {
        "method": "gateway",
        "smtp.host": "",
        "smtp.port": 587,
        "smtp.security": "starttls",
    }
    assert told["after"]["smtp.host"] == "smtp.own.test"
    assert PASSWORD not in everything.text
    assert "acme@own.test" not in everything.text


@with_api()
async def test_an_entry_says_which_key_from_which_network(api):
    company = await api.company()
    await api.ask("PATCH", "/v1/tenant", company.key, json={"locale": "sk"})
    (told,) = await newest(api, company)
    assert (told["action"], told["before"], told["after"]) == (
        "profile.changed",
        {"locale": "en"},
        {"locale": "sk"},
    )
    keys = await api.store.read(lambda work: work.keys.all(company.id))
    assert told["who"] == {"kind": "key", "id": keys[0].id, "prefix": company.key[:12]}
    assert told["network"] == "127.0.0.1"


@with_api()
async def test_what_changes_nothing_leaves_no_entry(api):
    company = await api.company()
    before = await newest(api, company, 50)
    same = await api.ask("PATCH", "/v1/tenant", company.key, json={"name": "Acme s.r.o."})
    assert same.status_code == 200
    await api.ask("PATCH", "/v1/settings/email", company.key, json={"method": "gateway"})
    refused = await api.ask("PATCH", "/v1/settings/email", company.key, json={"method": "smtp"})
    assert refused.status_code == 422
    assert await newest(api, company, 50) == before


@with_api()
async def test_a_notify_address_is_named_as_a_field_but_not_told(api):
    company = await api.company()
    notify = {"notify": {"address": "eva@acme.example"}}
    await api.ask("PATCH", "/v1/tenant", company.key, json=notify)
    (told,) = await newest(api, company)
    assert (told["fields"], told["before"], told["after"]) == (["notify_address"], {}, {})


@with_api()
async def test_payment_settings_webhooks_and_links_are_noted_without_their_secrets(api):
    company = await api.company()
    secrets = {"stripe": {"secret_key": "sk_test_1", "webhook_secret": "whsec_1"}}
    await api.ask("PATCH", "/v1/settings/payments", company.key, json=secrets)
    (payments,) = await newest(api, company)
    url = "https://hooks.acme.example/in?token=s3cr3t"
    hook = (await api.post("/v1/webhooks", company.key, json={"url": url})).json()
    one = f"/v1/webhooks/{hook['id']}"
    await api.ask("PATCH", one, company.key, json={"enabled": False})
    await api.post(f"{one}/rotate-secret", company.key)
    await api.ask("DELETE", one, company.key)
    sent = (await api.post("/v1/invoices", company.key, json=INVOICE)).json()
    wish = {"address": INVOICE["customer"]["email"], "revoked": True}
    place = sent["conversation_id"]
    await api.post(f"/v1/conversations/{place}/links", company.key, json=wish)
    everything = await api.get(PATH, company.key)
    listed = everything.json()["data"][:5]
    assert [(one["action"], one["subject"], one["fields"]) for one in listed] == [
        ("link.changed", place, ["revoked"]),
        ("webhook.removed", hook["id"], []),
        ("webhook.changed", hook["id"], ["secrets"]),
        ("webhook.changed", hook["id"], ["enabled"]),
        ("webhook.added", hook["id"], []),
    ]
    assert listed[3]["after"] == {"enabled": False}
    assert payments["fields"] == ["secret_key", "webhook_secret"]
    for secret in ("sk_test_1", "whsec_", "s3cr3t", "jana@"):
        assert secret not in everything.text


@with_api()
async def test_keys_and_logins_made_and_revoked_on_the_command_line_are_noted_once(api):
    company, companies = await api.company(), api.services.companies
    tenant = await companies.find(company.slug)
    with in_name_of(COMMAND_LINE):
        key, secret = await companies.add_key(company.id, ("send",))
        login, password = await companies.add_login(tenant)
        for _ in range(2):
            await companies.revoke_key(key.id)
            await companies.revoke_login(login.username)
    listed = await newest(api, company, 4)
    assert [(one["action"], one["subject"]) for one in listed] == [
        ("login.revoked", login.username),
        ("key.revoked", key.id),
        ("login.added", login.username),
        ("key.added", key.id),
    ]
    assert listed[3]["after"] == {"scopes": ["send"]}
    assert {one["who"]["kind"] for one in listed} == {"command line"}
    assert {one["network"] for one in listed} == {None}
    assert secret not in str(listed)
    assert password not in str(listed)


@with_api()
async def test_a_company_reads_its_own_log_alone_and_an_admin_all_of_it(api):
    acme, bolt = await api.company("Acme"), await api.company("Bolt")
    admin, _ = await api.services.companies.add_key(None)
    own = (await api.get(PATH, bolt.key)).json()["data"]
    assert {one["tenant_id"] for one in own} == {bolt.id}
    named = (await api.get(f"{PATH}?tenant={acme.id}", ADMIN_KEY)).json()["data"]
    assert {one["tenant_id"] for one in named} == {acme.id}
    everybody = (await api.get(PATH, ADMIN_KEY)).json()["data"]
    assert (everybody[0]["subject"], everybody[0]["tenant_id"]) == (admin.id, None)
    assert {one["tenant_id"] for one in everybody} == {None, acme.id, bolt.id}
    assert HOUSE_TENANT_ID not in {one["tenant_id"] for one in everybody}
    assert (await api.get(f"{PATH}?tenant={acme.id}", bolt.key)).status_code == 404


@with_api()
async def test_the_log_needs_the_scope_settings_and_is_read_by_pages(api):
    company = await api.company()
    reader = await api.key(company, "inbox:read", "inbox:write", "send")
    assert (await api.get(PATH, reader)).status_code == 403
    whole, cursor, seen = await newest(api, company, 50), "", []
    for _ in whole:
        page = (await api.get(f"{PATH}?limit=1{cursor}", company.key)).json()
        seen += page["data"]
        cursor = f"&cursor={page['next_cursor']}"
    assert (seen, page["next_cursor"]) == (whole, None)
    assert (await api.get(f"{PATH}?cursor=nonsense", company.key)).status_code == 422


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@with_api()
async def test_nobody_changes_the_log(api, method):
    company = await api.company()
    assert (await api.ask(method, PATH, company.key, json={})).status_code == 405


@with_api()
async def test_suppressions_by_hand_are_noted_by_domain_never_by_address(api):
    company = await api.company()
    body = {"address": "Jana@client.example", "reason": "asked for it"}
    for _ in range(2):
        answer = await api.ask("POST", "/v1/suppressions", company.key, json=body)
        assert answer.status_code == 201
    path = "/v1/suppressions/jana@client.example"
    assert (await api.ask("DELETE", path, company.key)).status_code == 204
    assert (await api.ask("DELETE", path, company.key)).status_code == 404
    everything = (await api.get(PATH, company.key)).text
    assert [(one["action"], one["subject"]) for one in await newest(api, company, 3)] == [
        ("suppression.lifted", "client.example"),
        ("suppression.added", "client.example"),
        ("login.added", company.slug),
    ]
    assert "jana" not in everything.lower()


@with_api()
async def test_a_one_time_link_is_noted_when_it_is_made_and_when_it_is_used(api):
    company = await api.company()
    answer = await api.ask("POST", "/v1/inbox-links", company.key, json={})
    code = answer.json()["url"].rpartition("/")[2]
    assert await api.services.companies.open_link(code)
    assert await api.services.companies.open_link(code) is None
    listed = await newest(api, company, 2)
    assert [(one["action"], one["subject"]) for one in listed] == [
        ("inbox_link.used", company.id),
        ("inbox_link.added", company.id),
    ]
    assert code not in str(listed)
