"""Many invoices in one request."""

import asyncio
import base64
from datetime import timedelta

import pytest

from gateway.ports.lists import Full, Page
from tests.api.kit import INVOICE, PDF, problem, with_api

PATH = "/v1/invoices/batch"
KEY = {"Idempotency-Key": "batch of November"}


def numbered(number, **changes):
    return {**INVOICE, "number": number, **changes}


async def stored(api, company):
    listed = await api.store.read(lambda work: work.invoices.page(company.id, Page(100)))
    return sorted(invoice.number for invoice in listed.items)


@with_api()
async def test_each_invoice_is_taken_or_refused_for_itself_in_the_order_of_the_request(api):
    company = await api.company()
    await api.post("/v1/invoices", company.key, json=numbered("1"))
    batch = [
        numbered("2"),
        numbered("1"),
        numbered("3", amount="12.345"),
        numbered("4", colour="red"),
        "no invoice",
        numbered("5", customer={"name": "Eva", "email": "eva@reply.test"}),
        numbered("6"),
    ]
    answer = await api.post(PATH, company.key, json={"invoices": batch})
    assert answer.status_code == 200, answer.text
    results = answer.json()["data"]
    told = [(one["status"], (one["problem"] or {}).get("param")) for one in results]
    assert told == [
        (202, None),
        (409, "number"),
        (422, "amount"),
        (422, "colour"),
        (422, None),
        (422, "customer.email"),
        (202, None),
    ]
    assert [(one["invoice"] is None) == (one["problem"] is None) for one in results] == [False] * 7
    assert results[1]["problem"]["code"] == "number_taken"
    shown = (await api.get(f"/v1/invoices/{results[6]['invoice']['id']}", company.key)).json()
    assert shown["number"] == "6"
    assert await stored(api, company) == ["1", "2", "6"]


@with_api()
async def test_each_invoice_keeps_its_own_pdf_whatever_its_size(api):
    company = await api.company()
    files = [PDF, PDF + b"y" * 40_000, PDF + b"z" * 300_000]
    batch = [
        numbered(str(at), pdf={"filename": "i.pdf", "content": base64.b64encode(pdf).decode()})
        for at, pdf in enumerate(files)
    ]
    results = (await api.post(PATH, company.key, json={"invoices": batch})).json()["data"]
    sizes = []
    for one in results:
        message = (
            await api.get(f"/v1/messages/{one['invoice']['message_id']}", company.key)
        ).json()
        sizes += [file["size"] for file in message["attachments"]]
    assert sizes == [len(pdf) for pdf in files]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "invoices"),
        ({"invoices": []}, "invoices"),
        ({"invoices": [INVOICE] * 501}, "invoices"),
        ({"invoices": INVOICE}, "invoices"),
        ({"invoices": [INVOICE], "send": False}, "send"),
    ],
)
@with_api()
async def test_a_batch_that_is_none_is_422_and_stores_nothing(api, body, param):
    company = await api.company()
    answer = await api.post(PATH, company.key, json=body)
    assert (answer.status_code, answer.json()["param"]) == (422, param)
    assert await stored(api, company) == []


@with_api(http_body=10_000)
async def test_the_limit_of_a_body_holds_for_batches(api):
    company = await api.company()
    batch = [numbered(str(at)) for at in range(100)]
    answer = await api.post(PATH, company.key, json={"invoices": batch})
    assert answer.status_code == 413
    assert await stored(api, company) == []


@with_api()
async def test_a_batch_needs_the_scope_send(api):
    company = await api.company()
    reader = await api.key(company, "inbox:read", "inbox:write", "settings")
    assert (await api.post(PATH, reader, json={"invoices": [INVOICE]})).status_code == 403


@with_api()
async def test_a_repeated_batch_has_one_effect_and_gets_the_first_answer(api):
    company = await api.company()
    body = {"invoices": [numbered("1"), numbered("2", amount="x"), numbered("3")]}
    first, again = [await api.post(PATH, company.key, json=body, headers=KEY) for _ in range(2)]
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert await stored(api, company) == ["1", "3"]
    other = {"invoices": [numbered("4")]}
    assert (await api.post(PATH, company.key, json=other, headers=KEY)).status_code == 409
    assert await stored(api, company) == ["1", "3"]


@pytest.mark.parametrize("taken", [0, 1, 2])
@with_api()
async def test_a_repeat_goes_on_where_a_full_disk_broke_the_batch_off(api, taken):
    company = await api.company()
    body = {"invoices": [numbered("1"), numbered("2"), numbered("3")]}
    submissions, count = api.services.submissions, 0
    whole = type(submissions).send_invoice

    class FillingUp(type(submissions)):
        async def send_invoice(self, *args, **more):
            nonlocal count
            if count == taken:
                raise Full("the disk is full")
            count += 1
            return await whole(self, *args, **more)

    submissions.__class__ = FillingUp
    broken = await api.post(PATH, company.key, json=body, headers=KEY)
    assert broken.status_code == 507
    submissions.__class__ = FillingUp.__base__
    assert await stored(api, company) == ["1", "2", "3"][:taken]
    again = await api.post(PATH, company.key, json=body, headers=KEY)
    assert [one["status"] for one in again.json()["data"]] == [202, 202, 202]
    assert await stored(api, company) == ["1", "2", "3"]
    for one in again.json()["data"]:
        known = await api.get(f"/v1/invoices/{one['invoice']['id']}", company.key)
        assert known.json()["message_id"] == one["invoice"]["message_id"]


@with_api()
async def test_without_a_key_what_the_disk_had_no_room_for_is_told_of_each(api):
    company = await api.company()
    api.services.submissions.__class__ = type(
        "Full", (type(api.services.submissions),), {"send_invoice": no_room}
    )
    answer = await api.post(PATH, company.key, json={"invoices": [numbered("1"), numbered("2")]})
    assert [one["status"] for one in answer.json()["data"]] == [507, 507]


async def no_room(*_, **__):
    raise Full("the disk is full")


@with_api()
async def test_others_get_their_turn_between_any_two_invoices_of_a_batch(api):
    company, turns = await api.company(), 0

    async def other():
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    task = asyncio.create_task(other())
    unfit = [numbered(str(at), colour="red") for at in range(500)]
    answer = await api.post(PATH, company.key, json={"invoices": unfit})
    task.cancel()
    assert {one["status"] for one in answer.json()["data"]} == {422}
    assert turns >= 500


@with_api(tenant_rate=3)
async def test_what_is_beyond_the_companys_rate_is_refused_one_by_one(api):
    company = await api.company()
    batch = [numbered(str(at)) for at in range(5)]
    results = (await api.post(PATH, company.key, json={"invoices": batch})).json()["data"]
    assert [one["status"] for one in results] == [202, 202, 202, 429, 429]
    assert results[3]["problem"]["hint"].startswith("Try again in ")


@with_api(tenant_rate=3)
async def test_a_repeat_tries_what_was_refused_again_and_tells_of_the_rest(api):
    company = await api.company()
    body = {"invoices": [numbered(str(at)) for at in range(5)]}
    first = await api.post(PATH, company.key, json=body, headers=KEY)
    api.services.context.clock.present += timedelta(hours=1)
    again = await api.post(PATH, company.key, json=body, headers=KEY)
    told = [[one["status"] for one in answer.json()["data"]] for answer in (first, again)]
    assert told == [[202, 202, 202, 429, 429], [202] * 5]
    assert again.json()["data"][:3] == first.json()["data"][:3]
    assert await stored(api, company) == ["0", "1", "2", "3", "4"]
    assert (await api.post(PATH, company.key, json=body, headers=KEY)).json() == again.json()


@with_api()
async def test_the_key_of_a_batch_is_used_even_where_the_first_of_it_is_refused(api):
    company = await api.company()
    body = {"invoices": [numbered("1", amount="x"), numbered("2")]}
    await api.post(PATH, company.key, json=body, headers=KEY)
    other = {"invoices": [numbered("1"), numbered("2")]}
    answer = await api.post(PATH, company.key, json=other, headers=KEY)
    assert problem(answer)[:2] == (409, "idempotency_key_reused")
    assert await stored(api, company) == ["2"]
