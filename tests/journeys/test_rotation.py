"""Secrets rotated under a gateway: what was sent before still answers, passwords still open."""

import pytest

from tests.journeys.company import ADMIN, Company, answer_mail, receive
from tests.journeys.hop import next_hop
from tests.journeys.process import gateway

pytestmark = pytest.mark.journey

JANA = "jana@client.example"


def test_after_a_rotation_old_reply_addresses_work_and_new_mail_has_new_ones(tmp_path):
    with next_hop() as hop, gateway(tmp_path, settings=ADMIN + hop.settings) as running:
        company = Company.added(running, "Acme")
        hello = {"to": JANA, "subject": "Hello", "text": "Hello"}
        company.post("/v1/messages", hello, status=202)
        old = hop.next_for(JANA).reply_to
        given = {
            "method": "gateway",
            "smtp": {"host": "smtp.example.com", "login": "a@x.test", "password": "s3cret"},
        }
        company.api.patch("/v1/settings/email", json=given)
        before = (running.data_dir / "secret").read_text().split()

        (told,) = running.json("rotate-keys")
        after = (running.data_dir / "secret").read_text().split()
        assert (told["secrets"], told["retired"], after[1:]) == (2, 0, before)
        running.stop()
        running.process.stdout.close()
        running.start()
        company.reconnect()

        answer = answer_mail(old, "Still me", sender=JANA, message_id="<1@client.example>")
        shown = company.message(receive(running, answer, old, sender=JANA))
        assert (shown["threading"]["rule"], shown["sender_expected"]) == ("token", True)
        company.post("/v1/messages", hello, status=202)
        new = hop.next_for(JANA, after=1).reply_to
        assert new.partition("@")[0][-34:-32] != old.partition("@")[0][-34:-32]
        assert "secrets.sealed_anew" in running.log.read_text()

        (told,) = running.json("rotate-keys", "--retire", "400d")
        assert (told["secrets"], told["retired"]) == (3, 0)
        (told,) = running.json("rotate-keys", "--retire", "1ms")
        assert (told["secrets"], told["retired"]) == (2, 2)
        running.stop()
        running.process.stdout.close()
        running.start()
        assert running.cli("rotate-keys", "--retire", "soon", check=False).returncode == 2
        noted = [one["action"] for one in running.json("audit")]
        assert noted.count("secret.rotated") == 3
        assert noted.count("dkim_key.added") == 4
        company.close()


def test_a_key_of_the_api_can_expire(tmp_path):
    with gateway(tmp_path, settings=ADMIN) as running:
        company = Company.added(running, "Acme")
        (lasting,) = running.json("key", "add", "--tenant", "acme", "--expires", "90d")
        (short,) = running.json("key", "add", "--tenant", "acme", "--expires", "1ms")
        with running.client(lasting["api_key"]) as good, running.client(short["api_key"]) as bad:
            statuses = good.get("/v1/tenant").status_code, bad.get("/v1/tenant").status_code
        assert statuses == (200, 401)
        assert lasting["revoked_at"] is not None
        running.cli("key", "revoke", lasting["id"])
        with running.client(lasting["api_key"]) as good:
            assert good.get("/v1/tenant").status_code == 401
        company.close()
