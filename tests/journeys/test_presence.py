"""A customer who looks at the chat window, over a real connection."""

import pytest

from tests.journeys.company import ADMIN, Company
from tests.journeys.process import RunningGateway

pytestmark = pytest.mark.journey

INVOICE = {
    "number": "2026-0142",
    "amount": "1254.00",
    "currency": "EUR",
    "customer": {"name": "Jana", "email": "ok@sandbox.test"},
}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    running = RunningGateway(tmp_path_factory.mktemp("presence"), settings=ADMIN).start()
    yield running
    running.stop()
    running.process.stdout.close()


def events_of(company, sent):
    """The path of the stream of the customer's window."""
    return "/c/" + sent["view_url"].rpartition("/c/")[2] + "/events"


def answered(company, sent):
    path = f"/v1/conversations/{sent['conversation_id']}/messages"
    return company.post(path, {"text": "Yes, it is."}, status=202)


def test_an_answer_is_shown_to_who_reads_along_and_not_mailed(gateway):
    company = Company.added(gateway, "Reading")
    sent = company.post("/v1/invoices", INVOICE, status=202)
    company.delivery(sent["message_id"], "delivered")
    with gateway.client("nobody").stream("GET", events_of(company, sent)) as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        message = answered(company, sent)
        assert any(line == "event: changed" for line in lines)
        delivery = company.delivery(message["id"], "shown_in_chat", seconds=15)
    assert delivery["attempts"] == []
    company.close()


def test_who_leaves_before_it_was_shown_gets_the_mail(gateway):
    company = Company.added(gateway, "Leaving")
    sent = company.post("/v1/invoices", INVOICE, status=202)
    company.delivery(sent["message_id"], "delivered")
    with gateway.client("nobody").stream("GET", events_of(company, sent)) as stream:
        next(stream.iter_lines())
        message = answered(company, sent)
    delivery = company.delivery(message["id"], "delivered", "shown_in_chat", seconds=30)
    assert delivery["state"] == "delivered"
    company.close()


def test_who_is_not_there_gets_the_mail_at_once(gateway):
    company = Company.added(gateway, "Away")
    sent = company.post("/v1/invoices", INVOICE, status=202)
    company.delivery(answered(company, sent)["id"], "delivered", seconds=15)
    company.close()
