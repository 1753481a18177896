"""The gate before the commit: what is refused is not kept, what can't be judged waits."""

import asyncio

import pytest

from gateway.flow.gate import Gate
from gateway.mail.envelope import Envelope, Recipient
from gateway.mail.errors import Fault
from gateway.mail.replies import Reply
from gateway.ports.reception import Content
from tests.flow.desk import PEER, open_desk

pytestmark = pytest.mark.anyio

FOR_GOOD = Reply(550, "5.7.1", "The message looks like spam")
FOR_NOW = Reply(451, "4.7.1", "Greylisted")
MAIL = b"From: jana@client.example\nMessage-ID: <1@client.example>\n\nHello\n"
ADDRESS = "acme-sro@mail.example.com"


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Scripted:
    """A scanner that says what it was told to; forgets to answer if told None."""

    name = "scripted"

    def __init__(self, said):
        self.said = said
        self.asked = 0

    async def judge(self, mail):
        self.asked += 1
        if isinstance(self.said, Exception):
            raise self.said
        if self.said == "silence":
            await asyncio.Event().wait()
        return self.said


def gate(*said, seconds=0.05, accepts=False):
    return Gate(tuple(map(Scripted, said)), seconds, accepts)


@pytest.mark.parametrize(
    ("said", "accepts", "code"),
    [
        pytest.param((), False, 250, id="nothing is switched on"),
        pytest.param((None, None), False, 250, id="nobody objects"),
        pytest.param((None, FOR_GOOD), False, 550, id="one objects"),
        pytest.param((FOR_NOW, FOR_GOOD), False, 550, id="for good goes before for now"),
        pytest.param((FOR_NOW, None), True, 451, id="for now"),
        pytest.param((Fault("away"),), False, 451, id="a failure defers"),
        pytest.param((Fault("away"),), True, 250, id="a failure accepts"),
        pytest.param(("silence",), False, 451, id="silence defers"),
        pytest.param(("silence",), True, 250, id="silence accepts"),
        pytest.param(("silence", FOR_GOOD), True, 550, id="a refusal holds beside silence"),
        pytest.param((ZeroDivisionError(),), False, 451, id="our own bug is no refusal for good"),
    ],
)
async def test_mail_comes_in_only_past_the_gate(tmp_path, said, accepts, code):
    async with open_desk(tmp_path) as desk:
        desk.reception.gate = gate(*said, accepts=accepts)
        answered = await desk.receive(MAIL, ADDRESS)
        kept = await desk.read(lambda work: work.spool.waiting())
        shown = isinstance(answered, str)
        assert (250 if shown else answered.code, kept) == (code, 0)
        if shown:
            assert (await desk.message(answered)).text.strip() == "Hello"


async def test_who_complains_to_postmaster_and_abuse_is_heard(tmp_path):
    async with open_desk(tmp_path) as desk:
        desk.reception.gate = gate(FOR_GOOD)
        for name in ("postmaster", "abuse"):
            assert isinstance(await desk.receive(MAIL, f"{name}@mail.example.com"), str)
        assert desk.reception.gate.scanners[0].asked == 0


async def test_a_refused_mail_leaves_no_file(tmp_path):
    async with open_desk(tmp_path) as desk:
        desk.reception.gate = gate(FOR_GOOD)
        file = tmp_path / "spooled"
        file.write_bytes(MAIL)
        envelope = Envelope("jana@client.example", (Recipient(ADDRESS),))
        content = Content(len(MAIL), MAIL, path=str(file))
        assert await desk.reception.accept(envelope, content, PEER) == FOR_GOOD
        assert not file.exists()
