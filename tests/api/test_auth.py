from gateway.api.routes import declared
from tests.api.kit import ADMIN_KEY, problem, with_api

SCOPED = [
    ("GET", "/v1/conversations", ("inbox:read",)),
    ("GET", "/v1/invoices", ("inbox:read",)),
    ("GET", "/v1/messages", ("inbox:read",)),
    ("GET", "/v1/events", ("inbox:read",)),
    ("POST", "/v1/invoices", ("send",)),
    ("POST", "/v1/messages", ("send",)),
    ("PATCH", "/v1/tenant", ("settings",)),
    ("POST", "/v1/inbox-links", ("inbox:write",)),
]


STRANGE = [
    ({}, "key_missing"),
    ({"Authorization": "Basic eDp5"}, "key_missing"),
    ({"Authorization": "Bearer"}, "key_missing"),
    ({"Authorization": "Bearer pr_live_nonsense"}, "key_unknown"),
    ({"Authorization": "Bearer " + "x" * 9000}, "key_unknown"),
    ({"Authorization": "Bearer ž".encode()}, "key_unknown"),
]


@with_api()
async def test_without_a_known_key_everything_is_401(api):
    for headers, code in STRANGE:
        answer = await api.get("/v1/tenant", None, headers=headers)
        assert problem(answer)[:2] == (401, code)
        assert answer.headers["www-authenticate"].startswith("Bearer")


@with_api()
async def test_a138_a_revoked_key_is_401(api):
    company = await api.company()
    key, secret = await api.services.companies.add_key(company.id)
    assert (await api.get("/v1/tenant", secret)).status_code == 200
    await api.services.companies.revoke_key(key.id)
    assert problem(await api.get("/v1/tenant", secret))[:2] == (401, "key_unknown")


@with_api()
async def test_a_key_does_what_its_scopes_say(api):
    company = await api.company()
    for method, path, scopes in SCOPED:
        for scope in ("send", "inbox:read", "inbox:write", "settings"):
            answer = await api.ask(method, path, await api.key(company, scope), json={})
            refused = answer.status_code == 403
            assert refused == (scope not in scopes), (method, path, scope, answer.text)


@with_api()
async def test_a_missing_scope_is_named(api):
    company = await api.company()
    answer = await api.get("/v1/conversations", await api.key(company, "send"))
    assert problem(answer)[:2] == (403, "scope_missing")
    assert 'scope="inbox:read"' in answer.headers["www-authenticate"]


@with_api()
async def test_a_companys_key_is_always_refused_on_admin_routes(api):
    company = await api.company()
    key = await api.key(company, "send", "inbox:read", "inbox:write", "settings", "admin")
    for method, path in [
        ("GET", "/v1/tenants"),
        ("POST", "/v1/tenants"),
        ("GET", f"/v1/tenants/{company.id}"),
        ("PATCH", f"/v1/tenants/{company.id}"),
        ("DELETE", f"/v1/tenants/{company.id}"),
        ("GET", "/v1/tenants/ten_aaaaaaaaaaaaaaaaaaaaaaaa"),
        ("GET", "/metrics"),
    ]:
        assert problem(await api.ask(method, path, key))[:2] == (403, "admin_only"), path


@with_api()
async def test_an_admin_key_acts_as_the_company_that_it_names(api):
    company = await api.company()
    other = await api.company("Other")
    for key in (ADMIN_KEY, await api.key(None)):
        answer = await api.get("/v1/tenant", key, params={"tenant": company.id})
        assert answer.json()["id"] == company.id
        assert problem(await api.get("/v1/tenant", key)) == (422, "missing", "tenant")
        unknown = {"tenant": "ten_aaaaaaaaaaaaaaaaaaaaaaaa"}
        assert problem(await api.get("/v1/tenant", key, params=unknown))[0] == 404
    own = await api.get("/v1/tenant", company.key, params={"tenant": company.id})
    assert own.status_code == 200
    foreign = await api.get("/v1/tenant", company.key, params={"tenant": other.id})
    assert problem(foreign)[0] == 404


@with_api(requests=3)
async def test_a_key_that_asks_too_often_is_told_when_to_go_on(api):
    company = await api.company()
    left = []
    for _ in range(3):
        answer = await api.get("/v1/tenant", company.key)
        left.append(answer.headers["ratelimit-remaining"])
    refused = await api.get("/v1/tenant", company.key)
    assert left == ["2", "1", "0"]
    assert problem(refused)[:2] == (429, "rate_limited")
    assert int(refused.headers["retry-after"]) > 0
    assert (await api.get("/healthz", None)).status_code == 200


def test_every_route_but_the_open_ones_asks_for_a_scope_or_a_company():
    bare = {
        f"{route.method} {route.path}" for route in declared(own_metrics=False) if not route.scopes
    }
    assert bare == {"GET /v1/tenant", "GET /healthz", "GET /readyz"}
