"""Mail to the sandbox never leaves the machine, whatever the next hop is."""

import pytest

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
