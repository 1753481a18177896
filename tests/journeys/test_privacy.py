"""An erasure, as an outsider checks it: nothing of the person is in the data directory or log."""

import base64

import pytest

from tests.journeys.company import ADMIN, Company, answer_mail, receive
from tests.journeys.hop import next_hop
from tests.journeys.process import gateway

pytestmark = pytest.mark.journey

PLANTED = {
    "name": "Jolana Hrušková",
    "address": "jolana.hruskova@planted.example",
    "text": "planted-text-4711",
    "file": "planted-file-4712.txt",
    "content": "planted-content-4713",
    "message_id": "planted-id-4714@planted.example",
}


def held(directory, log):
    """Return which planted words stand anywhere in the files, and in which."""
    forms = {}
    for name, word in PLANTED.items():
        octets = word.encode()
        forms[name] = {octets, base64.b64encode(octets).rstrip(b"=")[:-1], octets.lower()}
    found = set()
    for file in [*directory.rglob("*"), log]:
        if file.is_file():
            content = file.read_bytes()
            found |= {(name, file.name) for name in forms for one in forms[name] if one in content}
    return found


@pytest.mark.parametrize("way", ["api", "command"])
def test_a151_an_erased_person_is_nowhere(tmp_path, way):
    with next_hop() as hop, gateway(tmp_path, settings=ADMIN + hop.settings) as running:
        company = Company.added(running, "Acme")
        large = PLANTED["content"].encode() + b"x" * 400_000
        body = {
            "to": {"name": PLANTED["name"], "email": PLANTED["address"]},
            "subject": "Hello",
            "text": f"Hello {PLANTED['name']}",
        }
        sent = company.post("/v1/messages", body, status=202, headers={"Idempotency-Key": "a"})
        mail = hop.next_for(PLANTED["address"])
        company.delivery(sent["id"], "sent")
        answer = answer_mail(
            mail.reply_to, PLANTED["text"], sender=PLANTED["address"], message_id="<x@y>"
        )
        answer.replace_header("Message-ID", f"<{PLANTED['message_id']}>")
        answer.add_attachment(large, maintype="text", subtype="plain", filename=PLANTED["file"])
        got = receive(running, answer, mail.reply_to, sender=PLANTED["address"])
        company.message(got)
        data = running.data_dir
        assert {name for name, _ in held(data, running.log)} >= {"address", "text", "file"}

        if way == "api":
            erased = company.api.delete(f"/v1/people/{PLANTED['address']}")
            assert erased.status_code == 200
            assert erased.json()["messages"] == 2
        else:
            (told,) = running.json("erase", company.slug, PLANTED["address"], "--yes")
            assert told["messages"] == 2
        assert held(data, running.log) == set()

        again = company.api.post("/v1/messages", json=body, headers={"Idempotency-Key": "a"})
        assert (again.status_code, again.json()["code"]) == (410, "erased")
        assert held(data, running.log) == set()
        running.cli("verify")
        company.close()
