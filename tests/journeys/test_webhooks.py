"""Webhooks of a running gateway: signed, sent again, none lost by a kill."""

import time
from datetime import datetime, timedelta

import pytest

from tests.journeys.company import ADMIN, Company
from tests.journeys.process import gateway
from tests.journeys.receiver import Receiver

pytestmark = pytest.mark.journey
SETTINGS = (
    ADMIN
    + '[relay]\nnext_hop = "smtp://127.0.0.1:9"\nretry = ["1h"]\n'
    + '[egress]\nallow = ["127.0.0.0/8"]\n'
    + '[webhooks]\nretry = ["1s", "1s", "1s", "1s", "1s"]\n'
)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with gateway(tmp_path_factory.mktemp("webhooks"), settings=SETTINGS) as up:
        yield up


@pytest.fixture
def receiver():
    with Receiver() as taking:
        yield taking


@pytest.fixture
def company(running):
    one = Company.added(running, "Acme s.r.o.")
    yield one
    one.close()


def until(is_so, what, *, seconds=30):
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends, what
        time.sleep(0.02)


def invoices(company, *numbers):
    for number in numbers:
        body = {
            "number": str(number),
            "amount": "10.00",
            "currency": "EUR",
            "customer": {"name": "Jana", "email": "jana@client.example"},
            "pdf": {"filename": "invoice.pdf", "content": "JVBERi0xLjQK"},
        }
        company.post("/v1/invoices", body, status=202)


def last(company):
    events = company.all("/v1/events?after=0")
    return max((one["sequence"] for one in events), default=0)


def hooked(company, receiver, **more):
    hook = company.post("/v1/webhooks", {"url": receiver.url, **more}, status=201)
    receiver.secrets.append(hook["secret"])
    return hook


def test_what_happens_arrives_in_order_signed_and_is_shown(company, receiver):
    hook = hooked(company, receiver)
    test = company.post(f"/v1/webhooks/{hook['id']}/test")
    assert (test["ok"], test["status"]) == (True, 204)
    invoices(company, 1, 2, 3)
    until(lambda: len(receiver.sequences()) >= last(company), "all events")
    first = receiver.sequences()[: last(company)]
    assert first == list(range(1, len(first) + 1))
    attempts = company.all(f"/v1/webhooks/{hook['id']}/attempts?ok=true")
    assert {one["event_id"] for one in attempts} >= {one["id"] for one in receiver.taken}
    rotated = company.post(f"/v1/webhooks/{hook['id']}/rotate-secret")
    receiver.secrets.append(rotated["secret"])
    assert company.post(f"/v1/webhooks/{hook['id']}/test")["ok"] is True


def test_a_receiver_that_fails_gets_its_events_once_it_is_well(company, receiver):
    hook = hooked(company, receiver, types=["invoice.sent"])
    receiver.status = 500
    invoices(company, 1)
    until(lambda: receiver.refused, "a failed attempt")
    receiver.status = 200
    until(lambda: receiver.taken, "the event, sent again")
    assert receiver.taken[0] == receiver.refused[0]
    attempts = company.get(f"/v1/webhooks/{hook['id']}/attempts")["data"]
    company.post(f"/v1/webhooks/{hook['id']}/attempts/{attempts[0]['id']}/redeliver", status=202)
    until(lambda: len(receiver.taken) == 2, "the event, sent on demand")
    assert receiver.taken[1] == receiver.taken[0]


def test_a99_a_url_that_leads_where_nobody_may_is_refused(company):
    for url in ("http://10.66.0.1/", "https://169.254.169.254/", "https://[fd00::1]/"):
        answer = company.api.post("/v1/webhooks", json={"url": url})
        assert (answer.status_code, answer.json()["param"]) == (422, "url"), url


def test_i13_a_kill_and_a_restart_lose_no_event(running, company, receiver):
    hooked(company, receiver)
    for round_ in range(3):
        invoices(company, *(f"{round_}-{number}" for number in range(8)))
        running.kill()
        running.process.stdout.close()
        running.start()
        company.reconnect()
    wanted = set(range(1, last(company) + 1))
    until(lambda: wanted <= set(receiver.sequences()), "all events")
    ids = {one["sequence"]: one["id"] for one in receiver.taken if one["sequence"]}
    told = {one["sequence"]: one["id"] for one in company.all("/v1/events?after=0")}
    assert {number: ids[number] for number in told} == told


def test_a_reload_changes_the_waits(running, company, receiver):
    receiver.status = 503
    hook = hooked(company, receiver, types=["invoice.sent"])
    running.settings = SETTINGS.replace('"1s", "1s"', '"1h", "1h"')
    running.write_config()
    running.reload()
    until(lambda: '"settings.reloaded"' in running.log.read_text(), "the reload")
    invoices(company, 1)
    until(lambda: receiver.refused, "a failed attempt")

    path = f"/v1/webhooks/{hook['id']}/attempts"
    until(lambda: company.get(path)["data"], "the attempt")
    (attempt,) = company.get(path)["data"]
    due, at = (datetime.fromisoformat(attempt[name]) for name in ("next_attempt_at", "at"))
    assert due - at > timedelta(minutes=50)
