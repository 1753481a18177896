from dataclasses import replace
from datetime import timedelta

from gateway.ports.queues import Lease
from gateway.rules.model import Attempt, Reason
from tests.api.kit import problem, with_api
from tests.api.scene import scene

PATH = "/v1/deliveries"


async def finish(api, delivery_id, state):
    """Let a delivery end as if it had been tried."""
    now = api.services.context.clock.now()
    attempt = Attempt(now, "mx.test:25", "192.0.2.1", "TLSv1.3", "rcpt", "550 5.1.1 No", 12)
    reason = Reason(
        "no_such_address", "the address does not exist", 550, "5.1.1", "550 5.1.1", True
    )

    def store(work):
        (claimed,) = work.deliveries.claim(Lease("o", timedelta(minutes=1)), 1)
        assert claimed.id == delivery_id
        ended = replace(claimed, state=state, reason=reason, next_attempt_at=None)
        work.deliveries.finish(ended, (attempt,), fence=claimed.fence)

    await api.store.write(store)


@with_api()
async def test_deliveries_are_held_released_tried_and_cancelled(api):
    found = await scene(api)
    key, one = found.company.key, f"{PATH}/{found.delivery_id}"
    states = []
    for step in ("hold", "release", "retry", "cancel"):
        answer = await api.post(f"{one}/{step}", key)
        assert answer.status_code == 200, answer.text
        states.append(answer.json()["state"])
    assert states == ["held", "queued", "queued", "cancelled"]
    for step in ("retry", "cancel", "hold", "release"):
        assert problem(await api.post(f"{one}/{step}", key))[:2] == (409, "wrong_state")


@with_api()
async def test_a_bounced_delivery_tells_why(api):
    found = await scene(api)
    await finish(api, found.delivery_id, "bounced")
    delivery = (await api.get(f"{PATH}/{found.delivery_id}", found.company.key)).json()
    assert delivery["state"] == "bounced"
    assert delivery["reason"] == {
        "key": "no_such_address",
        "plain": "the address does not exist",
        "code": 550,
        "enhanced": "5.1.1",
        "verbatim": "550 5.1.1",
        "permanent": True,
    }
    (attempt,) = delivery["attempts"]
    assert {**attempt, "at": ""} == {
        "at": "",
        "next_hop": "mx.test:25",
        "tls": "TLSv1.3",
        "stage": "rcpt",
        "reply": "550 5.1.1 No",
        "ms": 12,
    }
    listed = await api.get(PATH, found.company.key, params={"state": "bounced,expired"})
    assert [one["id"] for one in listed.json()["data"]] == [found.delivery_id]
    none = await api.get(PATH, found.company.key, params={"state": "queued"})
    assert none.json()["data"] == []
    answer = await api.post(f"{PATH}/{found.delivery_id}/retry", found.company.key)
    assert problem(answer)[:2] == (409, "wrong_state")


@with_api()
async def test_an_unknown_state_is_422(api):
    company = await api.company()
    answer = await api.get(PATH, company.key, params={"state": "lost"})
    assert problem(answer) == (422, "invalid_state", "state")


@with_api()
async def test_suppressed_addresses_are_kept_by_hand(api):
    company = await api.company()
    path = "/v1/suppressions"
    body = {"address": "Jana@Customer.test", "reason": "asked by phone"}
    answer = await api.post(path, company.key, json=body)
    assert answer.status_code == 201
    assert answer.json()["address"] == "jana@customer.test"
    again = await api.post(path, company.key, json={"address": "jana@customer.test"})
    assert again.json() == answer.json()
    assert [one["kind"] for one in (await api.get(path, company.key)).json()["data"]] == ["manual"]
    mail = {"to": "jana@customer.test", "subject": "x", "text": "y"}
    sent = (await api.post("/v1/messages", company.key, json=mail)).json()
    assert [one["state"] for one in sent["deliveries"]] == ["suppressed"]
    anyway = await api.post(f"{PATH}/{sent['deliveries'][0]['id']}/retry", company.key)
    assert anyway.json()["state"] == "queued"
    lifted = await api.ask("DELETE", f"{path}/JANA@customer.test", company.key)
    assert lifted.status_code == 204
    assert problem(await api.ask("DELETE", f"{path}/jana@customer.test", company.key))[0] == 404


@with_api()
async def test_a_suppressed_address_may_hold_a_slash(api):
    company = await api.company()
    await api.post("/v1/suppressions", company.key, json={"address": "a/b@c.test"})
    lifted = await api.ask("DELETE", "/v1/suppressions/a%2Fb@c.test", company.key)
    assert lifted.status_code == 204
