"""The recipes of the documentation do what they say, run as they stand there."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx2
import pytest
import standardwebhooks

from tests.journeys.company import ADMIN, PDF, Company
from tests.journeys.process import ROOT, gateway
from tests.node import started
from tests.skips import missing

pytestmark = pytest.mark.journey
PAGE = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
BLOCKS = {
    (language, name): text
    for language, name, text in re.findall(r"(?ms)^```(\w+) ([\w-]+)\n(.*?)^```$", PAGE)
}
SETTINGS = ADMIN + '[egress]\nallow = ["127.0.0.0/8"]\n[webhooks]\nretry = ["1s"]\n'


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with gateway(tmp_path_factory.mktemp("recipes"), settings=SETTINGS) as up:
        yield up


@pytest.fixture
def company(running):
    one = Company.added(running, "Acme s.r.o.")
    yield one
    one.close()


@pytest.fixture
def place(running, company, tmp_path):
    """A directory with what recipes expect, and their environment."""
    (tmp_path / "invoice.pdf").write_bytes(PDF)
    host, port = running.address("submission")
    given = {
        "POSTROOM": running.url,
        "KEY": company.key,
        "SUBMISSION": f"{host}:{port}",
        "LOGIN": company.login["username"],
        "PASSWORD": company.login["password"],
        "SENDER": company.address,
    }
    return tmp_path, {**os.environ, **given}


def run(place, *block):
    """Run a block; return what it prints."""
    directory, environment = place
    language, _ = block
    program = ["bash", "-euo", "pipefail", "-c"] if language == "sh" else [sys.executable, "-c"]
    for one in ("curl", "swaks"):
        if BLOCKS[block].startswith(one) and shutil.which(one) is None:
            missing(one)
    done = subprocess.run(
        [*program, BLOCKS[block]],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_block_of_the_page_is_run():
    assert BLOCKS.keys() == {
        ("sh", "send-invoice"),
        ("sh", "read-events"),
        ("python", "mark-paid"),
        ("python", "webhook"),
        ("js", "webhook"),
        ("sh", "submit"),
    }
    assert PAGE.count("```") == 2 * len(BLOCKS)


def test_an_invoice_is_sent_read_of_and_paid(place, company):
    sent = json.loads(run(place, "sh", "send-invoice"))
    assert json.loads(run(place, "sh", "send-invoice")) == sent
    company.delivery(sent["message_id"], "delivered")
    (document,) = company.get(f"/v1/messages/{sent['message_id']}")["attachments"]
    assert company.api.get(f"/v1/attachments/{document['id']}").content == PDF
    (event,) = json.loads(run(place, "sh", "read-events"))["data"]
    assert (event["type"], event["data"]["message_id"]) == ("message.queued", sent["message_id"])
    assert run(place, "python", "mark-paid") == "2026-0142 paid 0.00\n"
    assert company.get(f"/v1/invoices/{sent['id']}")["status"] == "paid"


def test_a_mail_is_submitted_and_becomes_an_invoice(place, company):
    run(place, "sh", "submit")
    (invoice,) = company.get("/v1/invoices")["data"]
    assert (invoice["number"], invoice["amount"]) == ("2026-0143", "99.00")
    company.delivery(invoice["message_id"], "delivered")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def by_python(place, environment):
    directory, _ = place
    (directory / "receiver.py").write_text(BLOCKS["python", "webhook"])
    command = [sys.executable, directory / "receiver.py"]
    given = {**os.environ, **environment}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=given, text=True) as receiver:
        try:
            yield receiver
        finally:
            receiver.terminate()


@contextmanager
def by_node(_place, environment):
    with started("recipe.mjs", BLOCKS["js", "webhook"], **environment) as receiver:
        yield receiver


def listening(port):
    """Wait until somebody listens."""
    until = time.monotonic() + 60
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < until, f"nobody listens on port {port}"
        time.sleep(0.05)


@pytest.mark.parametrize("way", [by_python, by_node])
def test_webhooks_are_taken_if_we_signed_them_and_refused_if_not(place, company, way):
    port = free_port()
    url = f"http://127.0.0.1:{port}/hooks"
    hook = company.post("/v1/webhooks", {"url": url}, status=201)
    with way(place, {"PORT": str(port), "WEBHOOK_SECRET": hook["secret"]}) as receiver:
        listening(port)
        told = company.post(f"/v1/webhooks/{hook['id']}/test")
        assert (told["ok"], told["status"]) == (True, 204), told
        assert receiver.stdout.readline() == "webhook.test\n"
        # After a rotation both secrets sign: the receiver's old one does still.
        company.post(f"/v1/webhooks/{hook['id']}/rotate-secret")
        assert company.post(f"/v1/webhooks/{hook['id']}/test")["status"] == 204
        for headers, body in forgeries(hook["secret"]):
            assert httpx2.post(url, headers=headers, content=body).status_code == 400


def forgeries(secret):
    """Give requests of a stranger: signed by another secret, altered after signing, unsigned."""
    body, now = b'{"type": "webhook.test"}', int(time.time())
    names = {"webhook-id": "evt_1", "webhook-timestamp": str(now)}
    moment = standardwebhooks.webhooks.datetime.fromtimestamp(now)
    for key, sent in (("whsec_" + "A" * 32, body), (secret, body + b" ")):
        signature = standardwebhooks.Webhook(key).sign("evt_1", moment, body.decode())
        yield {**names, "webhook-signature": signature}, sent
    yield names, body
