"""Test keys on a running gateway: nothing leaves, whatever the address and the way."""

import pytest

from tests.journeys.company import ADMIN, Company
from tests.journeys.hop import next_hop
from tests.journeys.process import gateway

pytestmark = pytest.mark.journey


def test_mail_of_a_test_key_reaches_no_server_and_plays_the_sandbox(tmp_path):
    with next_hop() as hop, gateway(tmp_path, settings=hop.settings + ADMIN) as running:
        acme = Company.added(running, "Acme s.r.o.")
        (made,) = running.json("key", "add", "--tenant", acme.slug, "--test")
        assert made["api_key"].startswith("pr_test_")
        assert made["kind"] == "test"
        kinds = [one["kind"] for one in running.json("key", "list", "--tenant", acme.slug)]
        assert kinds == ["live", "test"]
        testing = acme.with_key(made["api_key"])
        mail = {"subject": "Hello", "text": "Hello."}
        real, gone, answered = [
            testing.post("/v1/messages", {**mail, "to": to}, status=202)["id"]
            for to in ("jana@client.example", "bounce+5.1.1@sandbox.test", "reply+hi@sandbox.test")
        ]
        kept = testing.delivery(real, "delivered")
        assert "test mode" in kept["attempts"][0]["reply"]
        assert testing.delivery(gone, "bounced")
        assert testing.delivery(answered, "delivered")
        testing.until(lambda: testing.get("/v1/messages?direction=in")["data"], "the answer")
        assert acme.get("/v1/messages")["data"] == []
        assert acme.get("/v1/suppressions")["data"] == []
        assert [one["slug"] for one in running.json("tenant", "list")] == [acme.slug]

        live = acme.post("/v1/messages", {**mail, "to": "jana@client.example"}, status=202)["id"]
        assert acme.delivery(live, "sent")
        (only,) = hop.all("jana@client.example")
        assert live_id(acme, live) in only.header("Message-ID")
        assert running.cli("verify").returncode == 0
        testing.close()
        acme.close()


def live_id(company, message_id):
    return company.get(f"/v1/messages/{message_id}")["message_id"]
