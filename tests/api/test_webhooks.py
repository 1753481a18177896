import asyncio
import json

from gateway.mail.errors import Fault
from gateway.ports.outward import HttpAnswer, NotPermitted
from gateway.rules.hooks import EVERY_TYPE
from tests.api.kit import INVOICE, problem, with_api
from webhooks.signing import verify

PATH = "/v1/webhooks"
URL = "https://acme.example/hooks"


async def added(api, company, **more):
    answer = await api.post(PATH, company.key, json={"url": URL, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


@with_api()
async def test_a_webhook_is_added_with_a_secret_that_is_shown_once(api):
    company = await api.company()
    hook = await added(api, company, types=["message.*", "invoice.sent"])
    secret = hook.pop("secret")
    assert secret.startswith("whsec_")
    assert hook["public_key"].startswith("whpk_")
    shown = await api.get(f"{PATH}/{hook['id']}", company.key)
    assert (shown.json(), shown.headers["etag"]) == (hook, '"1"')
    listed = (await api.get(PATH, company.key)).json()
    assert listed == {"data": [hook], "next_cursor": None}
    assert secret not in shown.text


@with_api()
async def test_a_webhook_is_changed_switched_off_and_on_and_removed(api):
    company = await api.company()
    path = f"{PATH}/{(await added(api, company))['id']}"
    change = {"url": "https://other.example/", "types": ["invoice.*"], "enabled": False}
    off = (await api.ask("PATCH", path, company.key, json=change)).json()
    assert {name: off[name] for name in change} == change
    assert off["disabled_reason"] == "by_hand"
    on = (await api.ask("PATCH", path, company.key, json={"enabled": True})).json()
    assert (on["enabled"], on["disabled_reason"], on["url"]) == (True, None, change["url"])
    assert (await api.ask("DELETE", path, company.key)).status_code == 204
    assert problem(await api.get(path, company.key))[0] == 404
    assert (await api.get(PATH, company.key)).json()["data"] == []


@with_api()
async def test_a_change_of_an_old_version_is_412(api):
    company = await api.company()
    path = f"{PATH}/{(await added(api, company))['id']}"
    stale = {"If-Match": '"1"'}
    first = await api.ask("PATCH", path, company.key, json={"enabled": False}, headers=stale)
    second = await api.ask("PATCH", path, company.key, json={"enabled": True}, headers=stale)
    assert (first.status_code, problem(second)[:2]) == (200, (412, "stale"))


@with_api()
async def test_what_does_not_fit_is_422_and_says_where(api):
    company = await api.company()
    asked = [
        ({}, "url"),
        ({"url": ""}, "url"),
        ({"url": "https://ok@acme.example/"}, "url"),
        ({"url": "ftp://acme.example/"}, "url"),
        ({"url": URL, "types": ["message.received", "message.seen"]}, "types.1"),
        ({"url": URL, "types": ["*"]}, "types.0"),
        ({"url": URL, "format": "xml"}, "format"),
        ({"url": URL, "color": "blue"}, "color"),
    ]
    for body, param in asked:
        answer = await api.post(PATH, company.key, json=body)
        assert problem(answer)[::2] == (422, param), body


@with_api()
async def test_a99_a_url_that_the_gate_refuses_is_422_and_an_unknown_host_may_come(api):
    company, outward = await api.company(), api.services.hooks._outward
    outward.refusing = NotPermitted("10.66.0.1: this address can't be used")
    refused = await api.post(PATH, company.key, json={"url": URL})
    assert problem(refused) == (422, "invalid_url", "url")
    assert "10.66" not in refused.text
    outward.refusing = Fault("acme.example: no such domain")
    assert (await api.post(PATH, company.key, json={"url": URL})).status_code == 201


@with_api()
async def test_a_company_has_fifty_webhooks_at_most(api):
    company = await api.company()
    for _ in range(50):
        await added(api, company)
    assert problem(await api.post(PATH, company.key, json={"url": URL}))[:2] == (
        409,
        "too_many_webhooks",
    )


@with_api()
async def test_a_test_is_sent_at_once_and_told_with_request_and_answer(api):
    company, outward = await api.company(), api.services.hooks._outward
    hook = await added(api, company)
    outward.answers = [503]
    attempt = (await api.post(f"{PATH}/{hook['id']}/test", company.key)).json()
    ((url, headers, body),) = outward.asked
    assert (url, attempt["ok"], attempt["status"]) == (URL, False, 503)
    assert (attempt["occasion"], attempt["answer"]) == ("test", "answered")
    assert attempt["request"]["body"] == body.decode()
    signed = {name: value for name, value in headers.items() if name.startswith("webhook")}
    assert signed.items() <= attempt["request"]["headers"].items()
    assert json.loads(body)["type"] == "webhook.test"
    (listed,) = (await api.get(f"{PATH}/{hook['id']}/attempts", company.key)).json()["data"]
    assert listed == attempt
    again = await api.post(f"{PATH}/{hook['id']}/attempts/{attempt['id']}/redeliver", company.key)
    assert problem(again)[:2] == (409, "wrong_state")


@with_api()
async def test_a104_of_an_answer_only_its_beginning_is_shown_what_cannot_be_printed_escaped(api):
    company, outward = await api.company(), api.services.hooks._outward
    hook = await added(api, company)
    answer = "\x1b[31m\u202e" + "x" * 1000
    outward.answers = [HttpAnswer(200, {}, answer.encode())]
    attempt = (await api.post(f"{PATH}/{hook['id']}/test", company.key)).json()
    assert attempt["answer"].startswith("\\u001b[31m\\u202exxx")
    assert len(attempt["answer"]) <= 256


@with_api()
async def test_a_rotated_secret_signs_beside_the_old_one(api):
    company, outward = await api.company(), api.services.hooks._outward
    hook = await added(api, company)
    rotated = (await api.post(f"{PATH}/{hook['id']}/rotate-secret", company.key)).json()
    assert rotated["secret"] != hook["secret"]
    await api.post(f"{PATH}/{hook['id']}/test", company.key)
    _, headers, body = outward.asked[-1]
    now = int(headers["webhook-timestamp"])
    for secret in (hook["secret"], rotated["secret"], rotated["public_key"]):
        verify(headers, body, secret, now=now)


@with_api()
async def test_events_of_a_time_are_queued_again(api):
    company = await api.company()
    hook = await added(api, company)
    path = f"{PATH}/{hook['id']}/redeliver"
    for body, param in (({}, "since"), ({"since": "yesterday"}, "since")):
        assert problem(await api.post(path, company.key, json=body))[::2] == (422, param)
    naive = await api.post(path, company.key, json={"since": "2026-11-22T10:00:00"})
    assert problem(naive)[::2] == (422, "since")
    backwards = {"since": "2026-11-22T10:00:00Z", "until": "2026-11-22T09:00:00Z"}
    assert problem(await api.post(path, company.key, json=backwards))[::2] == (422, "until")
    answer = await api.post(path, company.key, json={"since": "2026-11-22T10:00:00Z"})
    assert (answer.status_code, answer.json()) == (202, {"queued": 0})
    await api.ask("PATCH", f"{PATH}/{hook['id']}", company.key, json={"enabled": False})
    off = await api.post(path, company.key, json={"since": "2026-11-22T10:00:00Z"})
    assert problem(off)[:2] == (409, "webhook_disabled")


@with_api()
async def test_webhooks_need_the_scope_settings(api):
    company = await api.company()
    key = await api.key(company, "inbox:read", "send")
    assert problem(await api.get(PATH, key))[:2] == (403, "scope_missing")


@with_api()
async def test_every_event_that_a_company_hears_of_can_be_asked_for(api):
    company = await api.company()
    await asyncio.gather(*[added(api, company, types=[one]) for one in EVERY_TYPE])
    await api.post("/v1/invoices", company.key, json=INVOICE)
    told = (await api.get("/v1/events", company.key)).json()["data"]
    assert {one["type"] for one in told} <= set(EVERY_TYPE)


@with_api()
async def test_the_formats_of_other_services_are_taken_and_their_requests_not_kept(api):
    company = await api.company()
    for kind in ("postmark", "mailgun"):
        hook = await added(api, company, format=kind)
        assert hook["format"] == kind
        tried = (await api.post(f"{PATH}/{hook['id']}/test", company.key)).json()
        listed = (await api.get(f"{PATH}/{hook['id']}/attempts", company.key)).json()["data"]
        assert (tried["ok"], tried["request"], listed) == (True, None, [tried])
    wrong = {"url": URL, "format": "postmark", "types": ["message.*", "invoice.sent"]}
    answer = await api.post(PATH, company.key, json=wrong)
    assert problem(answer) == (422, "invalid_type", "types.1")
