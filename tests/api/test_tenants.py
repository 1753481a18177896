from tests.api.kit import problem, with_api

PROFILE = "/v1/tenant"


@with_api()
async def test_a_new_company_gets_its_secrets_once(api):
    answer = await api.post("/v1/tenants", json={"name": "Acme s.r.o.", "slug": "acme"})
    added = answer.json()
    assert answer.status_code == 201
    assert set(added) == {"id", "name", "slug", "sender_address", "api_key", "smtp_login"}
    assert (added["slug"], added["sender_address"]) == ("acme", "acme@mail.test")
    assert set(added["smtp_login"]) == {"username", "password"}
    read = await api.get(f"/v1/tenants/{added['id']}")
    assert added["api_key"] not in read.text
    assert added["smtp_login"]["password"] not in read.text


@with_api()
async def test_companies_are_listed_newest_first(api):
    names = ["One", "Two", "Three"]
    for name in names:
        await api.company(name)
    found, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = (await api.get("/v1/tenants", params={"limit": "2", **more})).json()
        found += [one["name"] for one in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == names[::-1]


@with_api()
async def test_an_admin_changes_a_company(api):
    company = await api.company()
    change = {"name": "Acme, a. s.", "timezone": "Europe/Bratislava", "brand": {"color": "#1f6feb"}}
    answer = await api.ask("PATCH", f"/v1/tenants/{company.id}", json=change)
    changed = answer.json()
    assert answer.status_code == 200
    assert {name: changed[name] for name in ("name", "timezone")} == {
        "name": "Acme, a. s.",
        "timezone": "Europe/Bratislava",
    }
    assert changed["brand"] == {"color": "#1f6feb", "logo": None}
    assert (await api.get(f"/v1/tenants/{company.id}")).json() == changed


@with_api()
async def test_a138_a_removed_company_is_gone_with_its_key(api):
    company = await api.company()
    assert (await api.ask("DELETE", f"/v1/tenants/{company.id}")).status_code == 204
    assert problem(await api.get(f"/v1/tenants/{company.id}"))[0] == 404
    assert problem(await api.get(PROFILE, company.key))[0] == 401


@with_api()
async def test_a_slug_in_use_is_a_conflict(api):
    await api.company("Acme", slug="acme")
    answer = await api.post("/v1/tenants", json={"name": "Other", "slug": "acme"})
    assert problem(answer) == (409, "slug_taken", "slug")


@with_api()
async def test_a_company_reads_and_changes_its_own_profile(api):
    company = await api.company()
    change = {"notify": {"address": "office@acme.test"}, "locale": "sk", "attach_pdf": "always"}
    changed = (await api.ask("PATCH", PROFILE, company.key, json=change)).json()
    assert changed["notify"] == {"address": "office@acme.test"}
    assert (changed["locale"], changed["attach_pdf"]) == ("sk", "always")
    emptied = await api.ask("PATCH", PROFILE, company.key, json={"notify": None, "brand": None})
    assert emptied.json()["notify"] == {"address": None}


@with_api()
async def test_a_company_cannot_change_its_own_slug(api):
    company = await api.company()
    answer = await api.ask("PATCH", PROFILE, company.key, json={"slug": "other"})
    assert problem(answer) == (422, "unknown_field", "slug")


@with_api()
async def test_null_does_not_empty_what_has_to_stand(api):
    company = await api.company()
    answer = await api.ask("PATCH", PROFILE, company.key, json={"name": None})
    assert problem(answer) == (422, "invalid", "name")


@with_api()
async def test_a_sign_in_link_is_made_for_the_inbox(api):
    company = await api.company()
    answer = await api.post("/v1/inbox-links", company.key, json={"user": "Jana"})
    link = answer.json()
    assert answer.status_code == 201
    assert link["url"].startswith("https://mail.test/inbox")
    assert link["expires_at"].endswith("Z")


@with_api()
async def test_a_sign_in_link_leads_to_own_conversations_alone(api):
    company = await api.company()
    body = {"conversation_id": "cnv_aaaaaaaaaaaaaaaaaaaaaaaa"}
    assert problem(await api.post("/v1/inbox-links", company.key, json=body))[0] == 404


@with_api()
async def test_a_company_says_what_its_customers_pages_offer_and_notice(api):
    company = await api.company()
    before = (await api.get("/v1/tenant", company.key)).json()
    assert before["track_views"] is False
    assert before["customer_phrase"] is True
    assert before["customer_actions"] == ["pay_online", "mark_paid", "cash_receipt"]
    wish = {"track_views": True, "customer_actions": ["mark_paid"], "customer_phrase": False}
    changed = await api.ask("PATCH", "/v1/tenant", company.key, json=wish)
    assert {name: changed.json()[name] for name in wish} == wish
    back = await api.ask("PATCH", "/v1/tenant", company.key, json={"track_views": False})
    assert (back.json()["track_views"], back.json()["customer_actions"]) == (False, ["mark_paid"])
    wrong = await api.ask("PATCH", "/v1/tenant", company.key, json={"customer_actions": ["fly"]})
    assert wrong.status_code == 422
