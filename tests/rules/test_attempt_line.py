"""The log line of an attempt, beside what Postfix writes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.mail.mailbox import Mailbox
from gateway.mail.replies import Reply
from gateway.rules.attempt_line import attempt_line, attempt_note
from gateway.rules.model import Attempt, Delivery
from gateway.rules.outcome import NextHopKind, Obstacle, Stage, Trouble, judge

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DELIVERY = Delivery(
    id="dlv_1",
    tenant_id="ten_1",
    message_id="msg_1",
    conversation_id="cnv_1",
    recipient=Mailbox("Jana", "jana.mala@client.example"),
    state="delivered",
    sender="b-x@bounce.example",
    route="client.example",
    raw_sha256="0" * 64,
    raw_size=1,
    queued_at=AT,
    next_attempt_at=None,
)


def line(reply, stage="dot", state="delivered", **changes):
    text = str(reply) if isinstance(reply, Reply) else reply.text
    attempt = Attempt(AT, "mx.client.example:25", "192.0.2.1", "none", stage, text, 12)
    outcome = judge(reply, Stage(stage), NextHopKind.MX)
    then = AT + timedelta(seconds=1.5)
    reason = getattr(outcome, "reason", None)
    ended = replace(DELIVERY, state=state, reason=reason)
    return attempt_line(ended, outcome, replace(attempt, **changes), then)


def test_mail_that_was_taken_is_sent_in_postfixs_words():
    assert line(Reply(250, "2.0.0", "Ok: queued as 4bX")) == (
        "dlv_1: to=<…@client.example>, relay=mx.client.example[192.0.2.1]:25, delay=1.50, "
        "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4bX)"
    )


def test_a_refusal_names_the_host_and_the_command_but_nobody():
    refused = Reply(550, "5.1.1", "<Jana.Mala@client.example>: user jana.mala\nis unknown")
    assert line(refused, "rcpt", "bounced") == (
        "dlv_1: to=<…@client.example>, relay=mx.client.example[192.0.2.1]:25, delay=1.50, "
        "dsn=5.1.1, status=bounced (host mx.client.example[192.0.2.1] said: "
        "550 5.1.1 <…@client.example>: user … is unknown (in reply to RCPT TO command))"
    )


def test_a_deferral_without_a_status_of_its_own_has_the_class_of_one():
    said = line(Reply(450, "", "wait"), "mail", "deferred")
    assert "dsn=4" in said
    assert "status=deferred" in said
    assert said.endswith("450 wait (in reply to MAIL FROM command))")


def test_what_ran_out_of_time_is_expired():
    said = line(Reply(450, "4.2.0", "later"), "rcpt", "expired")
    assert "status=expired" in said


def test_where_there_was_no_server_the_relay_is_none():
    nowhere = Trouble(Obstacle.NO_SUCH_DOMAIN, "client.example does not exist")
    said = line(nowhere, "dns", "bounced", next_hop="client.example", address="")
    assert "relay=none" in said
    assert said.endswith("status=bounced (client.example does not exist)")


def test_a_reply_can_forge_no_line():
    forged = line(Reply(450, "4.0.0", "no\r\ndlv_2: to=<x>\x1b[31m\u2028y"), "rcpt", "deferred")
    assert len(forged.splitlines()) == 1
    assert "\x1b" not in forged


def test_an_ipv6_next_hop_has_its_brackets_once():
    attempt = Attempt(AT, "[2001:db8::1]:2525", "2001:db8::1", "none", "connect", "refused", 1)
    assert attempt_note(DELIVERY, attempt) == "dlv_1: host 2001:db8::1[2001:db8::1]:2525: refused"
