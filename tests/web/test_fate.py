"""What became of a mail, in words."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.mail.mailbox import Mailbox
from gateway.rules.model import Attempt, Delivery, Reason
from gateway.rules.own_server import own_route
from gateway.rules.states import State
from gateway.web.fate import for_company, for_customer
from gateway.web.remedies import Remedy
from gateway.web.wording import wording

NINE = datetime(2026, 11, 22, 9, 40, tzinfo=UTC)
SAY = wording("en")
REASON = Reason(
    "greylisted", "their server asks us to try again later", 451, "4.7.1", "451 x", False
)
DELIVERY = Delivery(
    id="dlv_1",
    tenant_id="ten_1",
    message_id="msg_1",
    conversation_id="cnv_1",
    recipient=Mailbox("Jana", "jana@Firma.example"),
    state="queued",
    sender="b-x@bounce.example",
    route="firma.example",
    raw_sha256="",
    raw_size=0,
    queued_at=NINE,
    next_attempt_at=NINE,
    reason=REASON,
)


@pytest.mark.parametrize(
    ("state", "company", "customer"),
    [
        ("queued", "Waiting to be sent", "Waiting to be sent"),
        ("sending", "Being sent", "Waiting to be sent"),
        ("sent", "Sent", "Sent"),
        ("delivered", "Delivered to firma.example", "Delivered"),
        (
            "deferred",
            "Still trying: their server asks us to try again later. Next try 10:40.",
            "Waiting to be sent",
        ),
        (
            "bounced",
            "Not delivered: their server asks us to try again later",
            "Not delivered by email",
        ),
        (
            "expired",
            "Not delivered: their server asks us to try again later",
            "Not delivered by email",
        ),
        (
            "suppressed",
            "Not sent: their server asks us to try again later",
            "Not delivered by email",
        ),
        ("cancelled", "Taken back", "Taken back"),
        ("held", "On hold", "Waiting to be sent"),
        (
            "unconfirmed",
            "Probably sent: the connection broke off at the end. We try again to be sure.",
            "Sent",
        ),
        ("shown_in_chat", "Shown in the chat", "Shown in the chat"),
    ],
)
def test_each_state_has_its_words(state, company, customer):
    delivery = replace(DELIVERY, state=state)
    assert (
        for_company(delivery, SAY, "Europe/Bratislava").words,
        for_customer(delivery, SAY).words,
    ) == (company, customer)


def test_no_state_is_without_words():
    for state in State:
        bare = replace(DELIVERY, state=state.value, reason=None, next_attempt_at=None)
        assert for_company(bare, SAY, "UTC").words
        assert for_customer(bare, SAY).words


def test_only_mail_that_left_by_the_companys_own_server_was_sent_to_your_mail_server():
    delivery = replace(DELIVERY, state="sent", route=own_route("ten_1"))
    assert for_company(delivery, SAY, "UTC").words == "Sent to your mail server"
    assert for_customer(delivery, SAY).words == "Sent"


def test_a_complaint_outweighs_delivery():
    delivery = replace(DELIVERY, state="delivered", complained=True)
    assert for_company(delivery, SAY, "UTC").words == "Recipient marked this as spam"


def test_the_servers_own_answers_are_kept():
    attempts = tuple(
        Attempt(NINE, "mx.firma.example", "192.0.2.1", "none", "rcpt", f"451 try {n}", 5)
        for n in range(7)
    )
    fate = for_company(replace(DELIVERY, state="deferred", attempts=attempts), SAY, "UTC")
    assert fate.verbatim == ("451 try 2", "451 try 3", "451 try 4", "451 try 5", "451 try 6")
    assert fate.remedies == (Remedy("retry", "Try now", "dlv_1"),)
