"""API keys by API, live ones and those for tests."""

from gateway.ports.lists import Page
from tests.api.kit import INVOICE, problem, with_api

PAGE = Page(10)
MAIL = {"to": "jana@client.example", "subject": "Hello", "text": "Hello."}


async def for_tests(api, company, **more):
    answer = await api.post("/v1/keys", company.key, json={"kind": "test", **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


@with_api()
async def test_keys_are_made_listed_and_revoked(api):
    acme = await api.company()
    given = {"scopes": ["send"], "expires_in_days": 30}
    made = (await api.post("/v1/keys", acme.key, json=given)).json()
    assert made["api_key"].startswith("pr_live_")
    assert (made["kind"], made["scopes"]) == ("live", ["send"])
    assert made["ends_at"].startswith("2026-12-22")
    assert (await api.post("/v1/messages", made["api_key"], json=MAIL)).status_code == 202
    listed = (await api.get("/v1/keys", acme.key)).json()["data"]
    assert [one["scopes"] for one in listed] == [
        ["send", "inbox:read", "inbox:write", "settings"],
        ["send"],
    ]
    assert all("api_key" not in one for one in listed)
    assert listed[1]["last_used_at"] is not None
    assert (await api.ask("DELETE", f"/v1/keys/{made['id']}", acme.key)).status_code == 204
    assert problem(await api.post("/v1/messages", made["api_key"], json=MAIL))[0] == 401
    actions = [one["action"] for one in (await api.get("/v1/audit", acme.key)).json()["data"]]
    assert actions[:2] == ["key.revoked", "key.added"]


@with_api()
async def test_a_key_makes_none_that_may_more_than_itself(api):
    acme = await api.company()
    setter = await api.key(acme, "settings")
    answer = await api.post("/v1/keys", setter, json={"scopes": ["settings", "send"]})
    assert problem(answer) == (403, "scope_missing", "scopes")
    sender = await api.key(acme, "send")
    assert problem(await api.post("/v1/keys", sender, json={}))[:2] == (403, "scope_missing")


@with_api()
async def test_a133_another_companys_key_is_as_unknown_as_a_random_one(api):
    acme, other = await api.company("Acme"), await api.company("Other")
    (theirs,) = (await api.get("/v1/keys", other.key)).json()["data"]
    tests = await for_tests(api, other)
    for key_id in (theirs["id"], tests["id"], "key_" + "a" * 24):
        answer = await api.ask("DELETE", f"/v1/keys/{key_id}", acme.key)
        assert problem(answer)[:2] == (404, "not_found")
    assert len((await api.get("/v1/keys", acme.key)).json()["data"]) == 1


@with_api()
async def test_what_a_test_key_makes_stands_apart_from_what_is_live(api):
    acme = await api.company()
    key = (await for_tests(api, acme))["api_key"]
    assert key.startswith("pr_test_")
    sent = (await api.post("/v1/invoices", key, json=INVOICE)).json()
    live = (await api.post("/v1/invoices", acme.key, json=INVOICE)).json()
    for path in ("conversations", "invoices", "messages", "deliveries", "events"):
        for one, other in ((key, acme.key), (acme.key, key)):
            ids = {item["id"] for item in (await api.get(f"/v1/{path}", one)).json()["data"]}
            others = {item["id"] for item in (await api.get(f"/v1/{path}", other)).json()["data"]}
            assert ids, path
            assert not ids & others, path
    assert problem(await api.get(f"/v1/invoices/{sent['id']}", acme.key))[0] == 404
    assert problem(await api.get(f"/v1/invoices/{live['id']}", key))[0] == 404
    shown = (await api.get("/v1/tenant", key)).json()
    ours = (await api.get("/v1/tenant", acme.key)).json()
    assert (shown["test"], ours["test"]) == (True, False)
    assert (shown["sender_address"], shown["name"]) == (ours["sender_address"], ours["name"])
    assert [one["id"] for one in (await api.get("/v1/tenants")).json()["data"]] == [acme.id]


@with_api()
async def test_a_test_key_changes_nothing_of_what_is_live(api):
    acme = await api.company()
    key = (await for_tests(api, acme))["api_key"]
    for method, path, body in [
        ("PATCH", "/v1/tenant", {"name": "Other"}),
        ("PATCH", "/v1/settings/email", {"method": "gateway"}),
        ("POST", "/v1/settings/email/test", {}),
    ]:
        assert problem(await api.ask(method, path, key, json=body))[:2] == (403, "test_mode")
    hook = {"url": "https://acme.example/hooks"}
    assert (await api.post("/v1/webhooks", key, json=hook)).status_code == 201
    assert (await api.get("/v1/webhooks", acme.key)).json()["data"] == []
    await api.post("/v1/suppressions", key, json={"address": "jana@client.example"})
    assert (await api.get("/v1/suppressions", acme.key)).json()["data"] == []
    again = (await api.post("/v1/keys", key, json={"kind": "live"})).json()
    assert again["api_key"].startswith("pr_test_")


@with_api()
async def test_the_test_company_follows_the_live_one(api):
    acme = await api.company()
    key = (await for_tests(api, acme))["api_key"]
    changes = {"name": "Acme Ltd", "slug": "acme-ltd", "locale": "sk"}
    path = f"/v1/tenants/{acme.id}"
    assert (await api.ask("PATCH", path, json=changes)).status_code == 200
    shown = (await api.get("/v1/tenant", key)).json()
    assert {name: shown[name] for name in changes} == changes
    assert shown["sender_address"] == "acme-ltd@mail.test"
    assert (await api.ask("DELETE", path)).status_code == 204
    assert problem(await api.get("/v1/tenant", key))[0] == 401


@with_api()
async def test_mailguns_test_mode_is_ours(api):
    acme = await api.company()
    key = (await for_tests(api, acme))["api_key"]
    sender = f"{acme.slug}@mail.test"
    form = {"from": sender, "to": "a@b.example", "subject": "x", "text": "y"}
    path = "/v3/mail.test/messages"
    options = {"data": {**form, "o:testmode": "yes"}, "auth": ("api", acme.key)}
    answer = await api.client.post(path, **options)
    assert answer.status_code == 200, answer.text
    assert (await api.get("/v1/messages", acme.key)).json()["data"] == []
    (message,) = (await api.get("/v1/messages", key)).json()["data"]
    assert f"<{message['message_id']}>" == answer.json()["id"]


@with_api()
async def test_mail_in_test_mode_waits_for_the_sandbox_alone(api):
    acme = await api.company()
    key = (await for_tests(api, acme))["api_key"]
    held = {**MAIL, "to": "a@held.test"}
    for mail in (MAIL, held):
        message = (await api.post("/v1/messages", key, json=mail)).json()
        assert [one["state"] for one in message["deliveries"]] == ["queued"]
    deliveries = await api.store.read(lambda work: work.deliveries.page(None, PAGE).items)
    assert {one.route for one in deliveries} == {"test mode"}
