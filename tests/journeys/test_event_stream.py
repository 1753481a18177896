"""The event stream of a running gateway goes on after a restart where its reader was."""

import json

import pytest

from tests.journeys.company import ADMIN, Company
from tests.journeys.process import gateway

pytestmark = pytest.mark.journey
SETTINGS = ADMIN + '[relay]\nnext_hop = "smtp://127.0.0.1:9"\nretry = ["1h"]\n'


def invoice(company, number):
    body = {
        "number": number,
        "amount": "10.00",
        "currency": "EUR",
        "customer": {"name": "Jana", "email": "jana@client.example"},
    }
    company.post("/v1/invoices", body, status=202)


def followed(company, count, **headers):
    """Return so many events of a stream."""
    found, fields = [], {}
    with company.api.stream("GET", "/v1/events/stream?after=0", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if line:
                fields[name] = value
            elif "data" in fields:
                found.append(json.loads(fields["data"]))
                assert (fields["id"], fields["event"]) == (
                    str(found[-1]["sequence"]),
                    found[-1]["type"],
                )
                if len(found) == count:
                    return found
                fields = {}
            else:
                fields = {}
    raise AssertionError(f"the stream ended after {len(found)} of {count} events")


def test_a_stream_goes_on_after_a_kill_without_a_gap(tmp_path):
    with gateway(tmp_path, settings=SETTINGS) as running:
        company = Company.added(running, "Acme s.r.o.")
        invoice(company, "1")
        first = followed(company, 3)
        running.kill()
        running.process.stdout.close()
        running.start()
        company.reconnect()
        invoice(company, "2")
        rest = followed(company, 3, **{"Last-Event-ID": str(first[-1]["sequence"])})
        company.close()
    assert [one["sequence"] for one in first + rest] == [1, 2, 3, 4, 5, 6]
