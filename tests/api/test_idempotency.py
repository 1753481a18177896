import asyncio
import json
from datetime import timedelta

import httpx2
from starlette.applications import Starlette

from gateway.api.app import build_api
from gateway.api.idempotency import Repeated
from gateway.api.repeating import RepeatStore
from gateway.runtime.http.edge import Edge
from tests.api.kit import INVOICE, PDF, problem, services_on, serving, with_api

MAIL = {"to": "jana@customer.test", "subject": "Hello", "text": "Hello Jana"}
KEY = {"Idempotency-Key": "order-7"}


async def mails(api, company):
    return len((await api.get("/v1/messages", company.key)).json()["data"])


@with_api()
async def test_the_same_request_again_gets_the_first_answer(api):
    company = await api.company()
    first = await api.post("/v1/messages", company.key, json=MAIL, headers=KEY)
    again = await api.post("/v1/messages", company.key, json=MAIL, headers=KEY)
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert await mails(api, company) == 1


@with_api()
async def test_fifty_at_once_have_one_effect_and_one_answer(api):
    company = await api.company()
    answers = await asyncio.gather(
        *(api.post("/v1/messages", company.key, json=MAIL, headers=KEY) for _ in range(50))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await mails(api, company) == 1


@with_api()
async def test_another_request_with_the_key_is_a_conflict(api):
    company = await api.company()
    await api.post("/v1/messages", company.key, json=MAIL, headers=KEY)
    others = [
        ("/v1/messages", {**MAIL, "text": "other"}),
        ("/v1/invoices", INVOICE),
    ]
    for path, body in others:
        answer = await api.post(path, company.key, json=body, headers=KEY)
        assert problem(answer) == (409, "idempotency_key_reused", "Idempotency-Key")


@with_api()
async def test_a_refused_request_leaves_the_key_unused(api):
    company = await api.company()
    bad = await api.post("/v1/messages", company.key, json={**MAIL, "to": []}, headers=KEY)
    conflict = {**INVOICE, "conversation_id": "cnv_aaaaaaaaaaaaaaaaaaaaaaaa"}
    unknown = await api.post("/v1/invoices", company.key, json=conflict, headers=KEY)
    good = await api.post("/v1/messages", company.key, json=MAIL, headers=KEY)
    assert (bad.status_code, unknown.status_code, good.status_code) == (422, 404, 202)


@with_api()
async def test_keys_belong_to_their_company(api):
    one, two = await api.company("One"), await api.company("Two")
    for company in (one, two):
        answer = await api.post("/v1/messages", company.key, json=MAIL, headers=KEY)
        assert "idempotent-replayed" not in answer.headers


@with_api()
async def test_a_key_is_forgotten_after_a_week(api):
    company = await api.company()
    for _ in range(2):
        await api.post("/v1/messages", company.key, json=MAIL, headers=KEY)
        api.services.context.clock.present += timedelta(days=7, seconds=1)
    assert await mails(api, company) == 2


@with_api()
async def test_a_form_is_the_same_whatever_its_boundary(api):
    company = await api.company()
    files = {
        "invoice": (None, json.dumps(INVOICE), "application/json"),
        "pdf": ("a.pdf", PDF, "application/pdf"),
    }
    answers = [
        await api.post("/v1/invoices", company.key, files=files, headers=KEY) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    other = {**files, "pdf": ("a.pdf", PDF + b"!", "application/pdf")}
    answer = await api.post("/v1/invoices", company.key, files=other, headers=KEY)
    assert problem(answer)[:2] == (409, "idempotency_key_reused")


@with_api()
async def test_a_key_beyond_measure_is_422(api):
    company = await api.company()
    for odd in ("", "x" * 256, "a\tb"):
        answer = await api.post(
            "/v1/messages", company.key, json=MAIL, headers={"Idempotency-Key": odd}
        )
        assert problem(answer)[::2] == (422, "Idempotency-Key")


@with_api()
async def test_a141_secrets_that_were_answered_do_not_lie_in_the_store(api):
    answer = await api.post("/v1/tenants", json={"name": "Acme"}, headers=KEY)
    again = await api.post("/v1/tenants", json={"name": "Acme"}, headers=KEY)
    assert again.content == answer.content
    secrets = [answer.json()["api_key"], answer.json()["smtp_login"]["password"]]
    data = api.uploads.parent / "data"
    stored = b"".join(file.read_bytes() for file in data.iterdir() if file.is_file())
    assert [secret for secret in secrets if secret.encode() in stored] == []


def forgetful(services):
    """Return an API whose answers are lost after the effect."""
    routes = build_api(services)
    for route in routes:
        desk = getattr(route.endpoint, "_desk", None)
        if desk is not None:
            desk.repeated = _Forgetful(services.context)
    return routes


class _Forgetful(Repeated):
    async def _keep(self, claim, key, finished):
        pass


@with_api()
async def test_after_a_crash_between_effect_and_answer_the_answer_is_made_anew(api):
    company = await api.company()
    context = api.services.context
    crashing = Edge(
        Starlette(routes=forgetful(api.services)), clock=context.clock, chance=context.chance
    )
    asked = [
        ("/v1/messages", MAIL),
        ("/v1/invoices", INVOICE),
        ("/v1/conversations", {"subject": "S", "customer": {"email": "a@b.test"}, "text": "T"}),
    ]
    transport = httpx2.ASGITransport(crashing)
    async with httpx2.AsyncClient(transport=transport, base_url="https://mail.test") as client:
        for number, (path, body) in enumerate(asked):
            headers = {"Authorization": f"Bearer {company.key}", "Idempotency-Key": f"k{number}"}
            first = await client.post(path, json=body, headers=headers)
            before = await mails(api, company)
            again = await api.post(
                path, company.key, json=body, headers={"Idempotency-Key": f"k{number}"}
            )
            assert (again.status_code, again.json()) == (first.status_code, first.json())
            assert await mails(api, company) == before


@with_api()
async def test_two_processes_have_one_effect(api):
    company = await api.company()
    # The same store behind another set of locks is what another process has.
    other = services_on(RepeatStore(api.store), api.uploads.parent)
    async with serving(other, api.store, api.uploads.parent) as second:
        answers = await asyncio.gather(
            *(
                one.post("/v1/messages", company.key, json=MAIL, headers=KEY)
                for one in (api, second)
            )
        )
    assert [answer.status_code for answer in answers] == [202, 202]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await mails(api, company) == 1
