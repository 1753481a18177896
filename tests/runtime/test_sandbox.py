"""The sandbox before the relay: what it waits for, and answers that can't be taken."""

import pytest

from gateway.mail.envelope import Recipient
from gateway.mail.errors import Fault
from gateway.mail.replies import Reply
from gateway.ports.relay import NextHop, Outgoing, Tls
from gateway.rules.outcome import NextHopKind, Stage
from gateway.rules.sandbox import SANDBOX_ADDRESS
from gateway.runtime.sandbox import SandboxRelay
from tests.fakes import ScriptedRelay

HOP = NextHop("sandbox.test", 0, SANDBOX_ADDRESS, NextHopKind.MX, Tls.NONE)
pytestmark = pytest.mark.anyio

TAKEN = Reply(250, "2.0.0", "Queued as msg_1")
COPY = b"From: acme@mail.example.com\r\nMessage-ID: <one@mail.example.com>\r\n\r\nHi.\r\n"


class Reception:
    """Takes mail, or refuses it, or fails."""

    def __init__(self, accepts=TAKEN, refuses=None):
        self.accepts = accepts
        self.refuses = refuses
        self.taken = []

    async def judge(self, sender, accepted, recipient, peer):
        return self.refuses

    async def accept(self, envelope, content, peer):
        if isinstance(self.accepts, Exception):
            raise self.accepts
        self.taken.append((envelope, content, peer))
        return self.accepts


async def attempt(local, reception):
    slept, dots = [], []

    async def sleep(seconds):
        slept.append(seconds)

    async def before_dot():
        dots.append(len(reception.taken))

    relay = SandboxRelay(ScriptedRelay(), reception, sleep=sleep)
    recipient = Recipient(f"{local}@sandbox.test")
    copy = Outgoing("b-token@bounce.example.com", recipient, (COPY,))
    return await relay.relay(HOP, copy, before_dot=before_dot), slept, dots


async def test_a_slow_recipient_is_waited_for_before_the_final_dot():
    attempted, slept, dots = await attempt("slow+90s", Reception())
    assert (attempted.stage, attempted.answer.code, attempted.ms) == (Stage.DOT, 250, 90_000)
    assert (slept, dots) == ([90.0], [0])


async def test_an_answer_is_stored_before_the_mail_counts_as_taken():
    reception = Reception()
    attempted, _, dots = await attempt("reply+hello", reception)
    assert attempted.stage is Stage.DOT
    assert dots == [1]
    ((envelope, content, peer),) = reception.taken
    assert envelope.recipients[0].address == "acme@mail.example.com"
    assert content.data.startswith(b"Date: ")
    assert not peer.is_remote


@pytest.mark.parametrize(
    "reception",
    [Reception(accepts=Fault("no room")), Reception(accepts=Reply(452, "4.3.1", "No room"))],
    ids=["fault", "4yz"],
)
async def test_an_answer_that_cannot_be_stored_now_defers_the_mail(reception):
    attempted, _, dots = await attempt("ooo", reception)
    assert (attempted.stage, attempted.answer.code) == (Stage.RCPT, 451)
    assert dots == []


async def test_an_answer_to_nobody_of_ours_is_dropped_and_the_mail_taken():
    reception = Reception(refuses=Reply(550, "5.7.1", "Not ours"))
    attempted, _, dots = await attempt("reply+hello", reception)
    assert attempted.stage is Stage.DOT
    assert (reception.taken, dots) == ([], [0])
