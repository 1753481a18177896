import pytest

from gateway.api.problems import refusal_of
from gateway.mail.errors import Fault
from gateway.ports.lists import BadCursor
from tests.api.kit import INVOICE, FullStore, problem, services_on, serving, with_api

BODIES = {
    b"{": (400, "invalid_json"),
    b"{'a': 1}": (400, "invalid_json"),
    b'{"name": "a", "name": "b"}': (400, "invalid_json"),
    b'{"name": NaN}': (400, "invalid_json"),
    b'{"name": 1e999}': (400, "invalid_json"),
    b'{"name": ' + b"1" * 1_000_000 + b"}": (400, "invalid_json"),
    b'{"name": "\\ud800"}': (400, "invalid_json"),
    b'{"name": "\xff"}': (400, "invalid_json"),
    b"[" * 100_000: (400, "invalid_json"),
    b'{"a":' * 50_000: (400, "invalid_json"),
    b'"text"': (422, "invalid"),
    b"null": (422, "invalid"),
    b"": (422, "missing"),
    b'{"name": "' + b"x" * 5_000_000 + b'"}': (413, "too_large"),
}


@with_api()
async def test_a118_json_that_is_none_is_refused(api):
    found = {}
    for body in BODIES:
        headers = {"Content-Type": "application/json"}
        answer = await api.post("/v1/tenants", content=body, headers=headers)
        found[body] = problem(answer)[:2]
    assert found == BODIES
    assert list(api.uploads.iterdir()) == []


@with_api()
async def test_a119_bodies_of_other_kinds_are_415(api):
    odd = [
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ]
    found = [
        problem(await api.post("/v1/tenants", content=b"a=b", headers=headers))[0]
        for headers in odd
    ]
    assert found == [415] * 4


@with_api(http_body=1000)
async def test_a_body_beyond_the_limit_is_413(api):
    answer = await api.post("/v1/tenants", json={"name": "x" * 2000})
    assert problem(answer)[:2] == (413, "too_large")


@with_api()
async def test_a120_unknown_paths_and_methods_are_problems_too(api):
    company = await api.company()
    for path in ("/v1/nothing", "/v1", "/nothing", "/v1/invoices/", "/v1/hooks"):
        assert problem(await api.get(path, company.key))[:2] == (404, "not_found"), path
    for method in ("PUT", "DELETE", "TRACE", "PATCH"):
        answer = await api.ask(method, "/v1/invoices", company.key)
        assert problem(answer)[:2] == (405, "method_not_allowed")
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    options = await api.ask("OPTIONS", "/v1/invoices", None)
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    head = await api.ask("HEAD", "/v1/invoices", company.key)
    assert (head.status_code, head.content) == (200, b"")


@with_api()
async def test_all_mistakes_are_told_at_once(api):
    answer = await api.post("/v1/tenants", json={"slug": "Not a slug", "colour": "x"})
    assert [one["param"] for one in answer.json()["errors"]] == ["name", "slug", "colour"]


@with_api()
async def test_a_full_disk_is_507(api):
    company = await api.company()
    services = services_on(FullStore(api.store), api.uploads.parent)
    async with serving(services, api.store, api.uploads.parent) as full:
        answer = await full.post("/v1/invoices", company.key, json=INVOICE)
        assert problem(answer)[:2] == (507, "storage_full")
        assert "retry-after" in answer.headers
        assert (await full.get("/v1/invoices")).status_code == 200


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Fault("the database at 10.0.0.7 is away"), 503, "unavailable"),
        (BadCursor("x"), 422, "invalid_cursor"),
        (ZeroDivisionError("secret"), 500, "internal_error"),
    ],
)
def test_an_exception_is_answered_without_its_words(error, status, code):
    found = refusal_of(error)
    assert (found.status, found.code) == (status, code)
    assert str(error) not in found.detail
