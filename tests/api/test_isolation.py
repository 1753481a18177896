import re

from gateway.api.dialect import OURS
from gateway.api.registry import Access
from gateway.api.routes import declared
from tests.api.kit import problem, with_api
from tests.api.scene import scene

BODIES = {
    "approve-sender": {"address": "s@other.test"},
    "links": {"address": "s@other.test"},
    "messages": {"text": "Hello"},
    "mark-paid": {},
    "merge": {"into": "cnv_x"},
    "split": {"message_ids": ["msg_x"]},
    "{id}/redeliver": {"since": "2026-11-01T00:00:00Z"},
}


LISTS = [
    "conversations",
    "invoices",
    "messages",
    "deliveries",
    "suppressions",
    "events",
    "webhooks",
]


def ids_of(found):
    return {
        "invoices": found.invoice_id,
        "conversations": found.conversation_id,
        "messages": found.received_id,
        "attachments": found.attachment_id,
        "deliveries": found.delivery_id,
        "webhooks": found.webhook_id,
    }


def random_id(real):
    return real[:4] + "a" * 24


def without_request(answer):
    return {name: value for name, value in answer.json().items() if name != "request_id"}


@with_api()
async def test_a133_another_companys_items_are_as_unknown_as_random_ones(api):
    other = await scene(api, "Theirs")
    (key,) = (await api.get("/v1/keys", other.company.key)).json()["data"]
    theirs = {**ids_of(other), "keys": key["id"]}
    ours = (await scene(api, "Ours")).company
    tried = 0
    for route in declared(own_metrics=False):
        found = re.match(r"/v1/([a-z]+)/\{id\}", route.path)
        if found is None or route.access is Access.ADMIN:
            continue
        foreign = theirs[found[1]]
        path = route.path.replace("{attempt_id}", random_id("wha_"))
        wanted = (one for end, one in BODIES.items() if route.path.endswith(f"/{end}"))
        body = next(wanted, {}) if route.method == "POST" else {}
        asked = {"json": body} if route.method in {"POST", "PATCH"} else {}
        answers = [
            await api.ask(route.method, path.replace("{id}", one), ours.key, **asked)
            for one in (foreign, random_id(foreign))
        ]
        assert [problem(one)[0] for one in answers] == [404, 404], route
        assert without_request(answers[0]) == without_request(answers[1]), route
        tried += 1
    assert tried >= 20


@with_api()
async def test_a133_adapters_answer_another_companys_items_like_random_ones(api):
    theirs = await scene(api, "Theirs")
    await api.post("/v1/suppressions", theirs.company.key, json={"address": "x@y.test"})
    gone = {"to": "x@y.test", "subject": "x", "text": "y"}
    await api.post("/v1/messages", theirs.company.key, json=gone)
    ours = {"X-Postmark-Server-Token": (await api.company("Ours")).key}
    listed = await api.ask("GET", "/bounces", None, headers=ours)
    assert listed.json() == {"TotalCount": 0, "Bounces": []}
    token = {"X-Postmark-Server-Token": theirs.company.key}
    (bounce,) = (await api.ask("GET", "/bounces", None, headers=token)).json()["Bounces"]
    for path, foreign, random in [
        ("/bounces/{}", bounce["ID"], 10**9),
        ("/messages/outbound/{}/details", theirs.sent_id, random_id(theirs.sent_id)),
    ]:
        assert (await api.ask("GET", path.format(foreign), None, headers=token)).is_success
        answers = [
            await api.ask("GET", path.format(one), None, headers=ours) for one in (foreign, random)
        ]
        assert [one.status_code for one in answers] == [422, 422]
        assert answers[0].content == answers[1].content


def test_every_route_of_an_adapter_is_of_one_company_and_needs_a_scope():
    adapters = [one for one in declared(own_metrics=False) if one.dialect is not OURS]
    assert {one.access for one in adapters} == {Access.COMPANY}
    assert all(one.scopes for one in adapters)
    assert len(adapters) == 6


@with_api()
async def test_a134_lists_hold_nothing_of_another_company(api):
    await scene(api, "Canary")
    ours = await api.company("Ours")
    for path in LISTS:
        answer = await api.get(f"/v1/{path}", ours.key)
        assert answer.json()["data"] == [], path


@with_api()
async def test_another_companys_suppressions_stay(api):
    theirs, ours = await api.company("Theirs"), await api.company("Ours")
    await api.post("/v1/suppressions", theirs.key, json={"address": "x@y.test"})
    answer = await api.ask("DELETE", "/v1/suppressions/x@y.test", ours.key)
    assert problem(answer)[0] == 404
    assert len((await api.get("/v1/suppressions", theirs.key)).json()["data"]) == 1


@with_api()
async def test_a133_bodies_cannot_name_another_companys_items(api):
    theirs = await scene(api, "Theirs")
    ours = await api.company("Ours")
    body = {"to": "a@b.test", "subject": "x", "text": "y"}
    asked = [
        ("/v1/messages", {**body, "conversation_id": theirs.conversation_id}),
        ("/v1/inbox-links", {"conversation_id": theirs.conversation_id}),
    ]
    for path, more in asked:
        assert problem(await api.post(path, ours.key, json=more))[0] == 404, path


@with_api()
async def test_an_admin_sees_every_company(api):
    one, two = await scene(api, "One"), await scene(api, "Two")
    for path in ("conversations", "invoices", "messages", "deliveries"):
        listed = (await api.get(f"/v1/{path}")).json()["data"]
        assert {item["tenant_id"] for item in listed} == {one.company.id, two.company.id}
        part = await api.get(f"/v1/{path}", params={"tenant": one.company.id})
        assert {item["tenant_id"] for item in part.json()["data"]} == {one.company.id}
    for kind, found in ids_of(two).items():
        if kind == "webhooks":  # of one company always
            continue
        assert (await api.get(f"/v1/{kind}/{found}")).status_code == 200
        foreign = await api.get(f"/v1/{kind}/{found}", params={"tenant": one.company.id})
        assert problem(foreign)[0] == 404


@with_api()
async def test_a135_ids_match_exactly(api):
    found = await scene(api)
    for odd in (
        found.invoice_id.upper(),
        found.invoice_id + "%20",
        found.invoice_id + "%00",
        "+" + found.invoice_id,
        "%27%20OR%201%3D1--",
        "..%2f..",
    ):
        answer = await api.get(f"/v1/invoices/{odd}", found.company.key)
        assert problem(answer)[0] == 404, odd
