"""Mail to the sandbox never leaves the machine, whatever the next hop is."""

import pytest

from tests.journeys.company import ADMIN, Company
from tests.journeys.process import gateway

pytestmark = pytest.mark.journey
NOWHERE = '[relay]\nnext_hop = "smtp://127.0.0.1:9"\n[inbound]\nverify = false\n'


def test_sandbox_recipients_give_their_states_without_a_connection(tmp_path):
    with gateway(tmp_path, settings=NOWHERE) as running:
        company = running.json("tenant", "add", "Acme")[0]
        with running.client(company["api_key"]) as client:
            for number, local in enumerate(["ok", "bounce+5.1.1", "delay+4.2.2"]):
                given = {
                    "number": str(number),
                    "amount": "1.00",
                    "currency": "EUR",
                    "customer": {"name": "Test", "email": f"{local}@sandbox.test"},
                }
                assert client.post("/v1/invoices", json=given).status_code == 202
            after, states = 0, {}
            while len(states) < 3:
                events = client.get(f"/v1/events?after={after}&wait=10").json()["data"]
                assert events, states
                after = events[-1]["sequence"]
                for event in events:
                    if event["type"] != "message.queued" and "state" in event["data"]:
                        states[event["data"]["recipient"]] = event["data"]["state"]
    assert states == {
        "ok@sandbox.test": "delivered",
        "bounce+5.1.1@sandbox.test": "bounced",
        "delay+4.2.2@sandbox.test": "deferred",
    }


def test_an_integrator_plays_the_whole_loop_with_the_sandbox_alone(tmp_path):
    """Sent, answered, answered back, absent, complained of, slow, refused, put off, paid."""
    with gateway(tmp_path, settings=NOWHERE + ADMIN) as running:
        acme = Company.added(running, "Acme s.r.o.")
        sent = {
            local: acme.post("/v1/invoices", invoice(local), status=202)
            for local in (
                "reply+hello",
                "ooo",
                "complain",
                "slow+1s",
                "bounce+5.1.1",
                "delay+4.2.2",
            )
        }

        def received(conversation_id, count=1):
            def look():
                messages = acme.get(f"/v1/conversations/{conversation_id}/messages")["data"]
                found = [one for one in messages if one["direction"] == "in"]
                return found if len(found) >= count else None

            return acme.until(look, f"{count} answers in {conversation_id}")

        conversation_id = sent["reply+hello"]["conversation_id"]
        (hello,) = received(conversation_id)
        assert hello["text"].strip() == "hello"
        assert hello["from"]["address"] == "reply+hello@sandbox.test"
        assert hello["threading"]["rule"] == "token"
        assert hello["sender_expected"] is True
        assert hello["automatic"] is None

        # What the company says next is mail in the thread, and the person answers that, too.
        path = f"/v1/conversations/{conversation_id}/messages"
        answered = acme.post(path, {"text": "Hello to you."}, status=202)
        assert acme.delivery(answered["id"], "delivered")
        assert len(received(conversation_id, 2)) == 2

        (absent,) = received(sent["ooo"]["conversation_id"])
        assert absent["automatic"] == "auto_reply"

        told = acme.until(lambda: acme.events("message.complained"), "the complaint")
        assert [event["data"]["recipient"] for event in told] == ["complain@sandbox.test"]
        stopped = acme.get("/v1/suppressions")["data"]
        assert {one["address"] for one in stopped} == {
            "complain@sandbox.test",
            "bounce+5.1.1@sandbox.test",
        }
        assert acme.delivery(sent["complain"]["message_id"], "delivered")["complained"] is True

        states = {"slow+1s": "delivered", "bounce+5.1.1": "bounced", "delay+4.2.2": "deferred"}
        for local, state in states.items():
            assert acme.delivery(sent[local]["message_id"], state)

        paid = acme.post(f"/v1/invoices/{sent['reply+hello']['id']}/mark-paid", {})
        assert paid["status"] == "paid"
        acme.close()


def invoice(local):
    return {
        "number": local,
        "amount": "120.00",
        "currency": "EUR",
        "customer": {"name": "Test", "email": f"{local}@sandbox.test"},
    }
