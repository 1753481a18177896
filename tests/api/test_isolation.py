import re

import pytest

from gateway.api.dialect import OURS
from gateway.api.registry import Access
from gateway.api.routes import declared
from tests.api.kit import INVOICE, problem, with_api
from tests.api.scene import scene

IDS = (
    "invoice",
    "conversation",
    "sent",
    "received",
    "attachment",
    "delivery",
    "webhook",
    "attempt",
    "key",
)
"""What a scene has the ids of."""
HOMES = {
    "invoices": "invoice",
    "conversations": "conversation",
    "messages": "received",
    "attachments": "attachment",
    "deliveries": "delivery",
    "webhooks": "webhook",
    "keys": "key",
}
"""Whose id stands in a path that begins so."""
BODIES = {
    "POST /v1/conversations/{id}/approve-sender": {"address": "s@other.test"},
    "POST /v1/conversations/{id}/links": {"address": "s@other.test"},
    "POST /v1/conversations/{id}/messages": {"text": "Hello"},
    "POST /v1/conversations/{id}/merge": {"into": "cnv_x"},
    "POST /v1/conversations/{id}/split": {"message_ids": ["msg_x"]},
    "POST /v1/webhooks/{id}/redeliver": {"since": "2026-11-01T00:00:00Z"},
}
"""What a route asks for; it is {} where nothing is required."""
NO_IDS = {"address"}
"""What of a path is no id of ours; each has a test of its own."""
VOLATILE = {"date", "x-request-id", "ratelimit-remaining", "ratelimit-reset"}

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


def told(answer, *, of=""):
    """Return all that an answer tells, but for what names this one request. of: an id in it."""
    headers = {name: value for name, value in answer.headers.items() if name not in VOLATILE}
    body = {
        name: value.replace(of, "…") if of and isinstance(value, str) else value
        for name, value in answer.json().items()
        if name != "request_id"
    }
    return answer.status_code, sorted(answer.headers.keys()), headers, body


def our_routes():
    """Return the routes of our own API; those of adapters have tests of their own."""
    return [one for one in declared(own_metrics=False) if one.dialect is OURS]


def routes_with(*names):
    """Return the companies' routes whose paths hold these parameters, and no others."""
    for route in our_routes():
        found = re.findall(r"\{(\w+)(?::path)?\}", route.path)
        if route.access is not Access.ADMIN and found == [*names]:
            yield route


def ask(api, route, key, **ids):
    path = route.path.replace(":path}", "}").format(**ids)
    body = {"json": BODIES.get(f"{route.method} {route.path}", {})}
    return api.ask(route.method, path, key, **(body if route.method in {"POST", "PATCH"} else {}))


class Watched:
    """The store; notes which statements a request runs, in which order."""

    def __init__(self, store):
        self._store = store
        self.statements = []

    def _watching(self, job):
        def run(work):
            connection = work.messages._transaction._cursor.connection
            connection.set_trace_callback(self._note)
            try:
                return job(work)
            finally:
                connection.set_trace_callback(None)

        return run

    def _note(self, statement):
        self.statements.append(re.sub(r"'[^']*'|\b\d+\b", "?", statement))

    async def read(self, job):
        return await self._store.read(self._watching(job))

    async def write(self, job):
        return await self._store.write(self._watching(job))

    async def wait(self, *given):
        return await self._store.wait(*given)


def watched(api):
    """Return the statements that requests run from now on."""
    repeats = api.services.context.store
    if not isinstance(repeats._store, Watched):
        repeats._store = Watched(repeats._store)
    return repeats._store.statements


async def same(api, route, key, *, foreign, unknown):
    """Assert that a foreign id is answered as an unknown one is, for the same work."""
    statements, answers, work = watched(api), [], []
    for ids in (unknown, foreign, unknown):  # the first one of a kind may fill caches
        statements.clear()
        answers.append(told(await ask(api, route, key, **ids)))
        work.append(tuple(statements))
    assert answers[0] == answers[1], (route, foreign)
    assert work[1] == work[2], (route, foreign)
    assert (answers[0][0], answers[0][3]["code"]) == (404, "not_found"), (route, foreign)


def test_every_parameter_of_a_path_is_tried():
    known = {(), ("id",), ("id", "attempt_id"), *((name,) for name in NO_IDS)}
    for route in our_routes():
        assert tuple(re.findall(r"\{(\w+)(?::path)?\}", route.path)) in known, route.path


async def id_of(api, found, kind):
    if kind == "key":
        (key,) = (await api.get("/v1/keys", found.company.key)).json()["data"]
        return key["id"]
    return getattr(found, f"{kind}_id")


@pytest.mark.parametrize("kind", IDS)
@with_api()
async def test_a133_another_companys_items_are_as_unknown_as_random_ones(api, kind):
    foreign = await id_of(api, await scene(api, "Theirs"), kind)
    ours = (await scene(api, "Ours")).company
    routes = list(routes_with("id"))
    assert {route.path.split("/")[2] for route in routes} == HOMES.keys()
    for route in routes:
        unknown = {"id": random_id(foreign)}
        await same(api, route, ours.key, foreign={"id": foreign}, unknown=unknown)


@with_api()
async def test_a133_attempts_of_another_companys_webhook_are_unknown_by_any_way(api):
    theirs, ours = await scene(api, "Theirs"), await scene(api, "Ours")
    key, attempt = ours.company.key, random_id(theirs.attempt_id)
    (route,) = routes_with("id", "attempt_id")
    for hook, foreign, unknown in (
        (theirs.webhook_id, theirs.attempt_id, attempt),
        (ours.webhook_id, theirs.attempt_id, attempt),
    ):
        ids = {"id": hook, "attempt_id": foreign}
        away = {"id": hook, "attempt_id": unknown}
        await same(api, route, key, foreign=ids, unknown=away)


@with_api()
async def test_a133_addresses_that_only_another_company_knows_are_as_unknown_as_random_ones(api):
    theirs, ours = await scene(api, "Theirs"), (await scene(api, "Ours")).company
    await api.post("/v1/suppressions", theirs.company.key, json={"address": "only@theirs.test"})
    for route in routes_with("address"):
        answers = [
            await ask(api, route, ours.key, address=one)
            for one in ("only@theirs.test", "nobody@where.test")
        ]
        shown = [
            (one.status_code, one.text.replace("only@theirs.test", "nobody@where.test"))
            for one in answers
        ]
        cut = [(status, re.sub(r'"request_id":\s*"\w+"', "", text)) for status, text in shown]
        assert cut[0] == cut[1], route
    left = await api.get("/v1/suppressions", theirs.company.key)
    assert [one["address"] for one in left.json()["data"]] == ["only@theirs.test"]


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
    for one in (bounce["ID"], 10**9):
        answer = await api.ask("PUT", f"/bounces/{one}/activate", None, headers=ours)
        assert answer.json() == {"ErrorCode": 407, "Message": "There is no such bounce."}
    kept = (await api.get("/v1/suppressions", theirs.company.key)).json()["data"]
    assert [one["address"] for one in kept] == ["x@y.test"]


def test_every_route_of_an_adapter_is_of_one_company_and_needs_a_scope():
    adapters = [one for one in declared(own_metrics=False) if one.dialect is not OURS]
    assert {one.access for one in adapters} == {Access.COMPANY}
    assert all(one.scopes for one in adapters)
    assert len(adapters) == 7


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


NAMES = {
    # What a body may name, by route, with the status that both a foreign and a random id get.
    ("POST /v1/inbox-links", "conversation_id"): ("conversation", {}, 404),
    ("POST /v1/messages", "conversation_id"): (
        "conversation",
        {"to": "a@b.test", "subject": "x", "text": "y"},
        404,
    ),
    ("POST /v1/invoices", "conversation_id"): ("conversation", {**INVOICE, "number": "2"}, 404),
    ("POST /v1/invoices", "replaces"): ("invoice", {**INVOICE, "number": "2"}, 422),
    ("POST /v1/conversations/{id}/merge", "into"): ("conversation", {}, 422),
    ("POST /v1/conversations/{id}/split", "message_ids"): ("received", {}, 422),
    ("POST /v1/invoices/{id}/mark-unpaid", "payment_id"): ("payment", {}, 409),
    ("POST /v1/invoices/{id}/confirm-payment", "payment_id"): ("payment", {}, 409),
    ("POST /v1/invoices/{id}/receipt", "payment_id"): ("payment", {}, 409),
}
IN_BATCH = "POST /v1/invoices/batch"
"""Its invoices are taken as each alone would be."""


def fields_with_ids():
    """Return (route, field) of every field of a body that may name an item."""
    for route in our_routes():
        if route.body is None or route.access is Access.ADMIN:
            continue
        for name, about in route.body.model_fields.items():
            if re.search(r"_ids?$", name) or name in {"into", "replaces"}:
                yield f"{route.method} {route.path}", about.validation_alias or name


def test_every_field_that_names_an_item_is_tried():
    assert {one for one in fields_with_ids() if one[0] != IN_BATCH} == NAMES.keys()


@pytest.mark.parametrize(("where", "field"), NAMES)
@with_api()
async def test_a133_bodies_cannot_name_another_companys_items(api, where, field):
    theirs, ours = await scene(api, "Theirs"), await scene(api, "Ours")
    kind, body, status = NAMES[where, field]
    paid = f"/v1/invoices/{theirs.invoice_id}/mark-paid"
    payment = (await api.post(paid, theirs.company.key, json={})).json()["payments"][0]["id"]
    foreign = payment if kind == "payment" else getattr(theirs, f"{kind}_id")
    method, _, path = where.partition(" ")
    path = path.replace("{id}", getattr(ours, f"{HOMES.get(path.split('/')[2], 'sent')}_id"))
    answers = []
    for one in (foreign, random_id(foreign)):
        named = {field: [one] if field.endswith("s") and field != "replaces" else one}
        answers.append(await api.ask(method, path, ours.company.key, json={**body, **named}))
    assert [one.status_code for one in answers] == [status, status], answers[0].text
    assert told(answers[0], of=foreign) == told(answers[1], of=random_id(foreign))


@with_api()
async def test_a134_questions_find_nothing_by_another_companys_ids(api):
    theirs, ours = await scene(api, "Theirs"), await scene(api, "Ours")
    key = ours.company.key
    for asked in (
        f"/v1/conversations?invoice={theirs.invoice_id}",
        f"/v1/search?q=invoice:{theirs.invoice_id}",
        f"/v1/conversations?q=invoice:{theirs.invoice_id}",
    ):
        assert (await api.get(asked, key)).json()["data"] == [], asked


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
