import asyncio

from tests.api.kit import INVOICE, problem, with_api
from tests.api.scene import scene

PATH = "/v1/events"


async def invoice(api, company, number):
    answer = await api.post("/v1/invoices", company.key, json={**INVOICE, "number": number})
    assert answer.status_code == 202


@with_api()
async def test_events_come_in_order_without_gaps(api):
    company = await api.company()
    for number in ("1", "2", "3"):
        await invoice(api, company, number)
    seen, after = [], 0
    while True:
        page = (await api.get(PATH, company.key, params={"after": after, "limit": 2})).json()
        if not page["data"]:
            break
        seen += page["data"]
        after = seen[-1]["sequence"]
    assert [one["sequence"] for one in seen] == list(range(1, len(seen) + 1))
    assert {one["tenant_id"] for one in seen} == {company.id}
    assert {one["type"] for one in seen} == {
        "conversation.created",
        "message.queued",
        "invoice.sent",
    }
    assert set(seen[0]) == {"id", "type", "timestamp", "tenant_id", "sequence", "data"}


@with_api()
async def test_events_are_found_by_type_and_page_by_page(api):
    company = await api.company()
    for number in ("1", "2", "3"):
        await invoice(api, company, number)
    params = {"types": "invoice.sent,invoice.viewed", "limit": "2"}
    first = (await api.get(PATH, company.key, params=params)).json()
    rest = await api.get(PATH, company.key, params={**params, "cursor": first["next_cursor"]})
    numbers = [one["data"]["number"] for one in first["data"] + rest.json()["data"]]
    assert (numbers, rest.json()["next_cursor"]) == (["1", "2", "3"], None)


@with_api()
async def test_a_waiting_request_is_answered_by_the_next_event(api):
    company = await api.company()
    waiting = asyncio.create_task(api.get(PATH, company.key, params={"wait": 20}))
    await asyncio.wait({waiting}, timeout=0.05)
    assert not waiting.done()
    await scene(api, "Other")
    await invoice(api, company, "7")
    found = (await waiting).json()["data"]
    assert found[0]["tenant_id"] == company.id


@with_api()
async def test_a_waiting_request_ends_without_an_event(api):
    company = await api.company()
    answer = await api.get(PATH, company.key, params={"wait": 1})
    assert answer.json() == {"data": [], "next_cursor": None}


@with_api()
async def test_a_waiting_request_ends_when_the_gateway_stops(api):
    company = await api.company()
    waiting = asyncio.create_task(api.get(PATH, company.key, params={"wait": 60}))
    await asyncio.wait({waiting}, timeout=0.05)
    api.services.draining.begin()
    assert (await waiting).json()["data"] == []


@with_api()
async def test_a_question_that_does_not_fit_is_422(api):
    company = await api.company()
    asked = {
        "after=-1": "after",
        "after=x": "after",
        "wait=61": "wait",
        "limit=0": "limit",
        "types=a b": "types",
        "cursor=x": "cursor",
    }
    found = {query: problem(await api.get(f"{PATH}?{query}", company.key))[::2] for query in asked}
    assert found == {query: (422, param) for query, param in asked.items()}
