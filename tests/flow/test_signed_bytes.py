"""Signed bytes are sent bytes, and the same at every attempt, whatever happens between two."""

import asyncio
import shutil
from datetime import UTC, datetime

import dkim
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gateway.flow.deliver import WayOut, deliver
from gateway.mail.dkim.keys import key_record
from gateway.mail.dkim.signature import ED25519
from gateway.mail.envelope import Envelope, Recipient
from gateway.ports.reception import Content, Peer
from gateway.ports.tally import NoTally
from gateway.runtime.dkim_keys import DkimKeys
from gateway.runtime.signing import DkimSigner
from gateway.smtp.connection import Timeouts
from tests.fakes import FakeRoutes
from tests.flow.desk import LEASE, NAMES, POLICY, open_desk
from tests.smtp.attempts import relay_of
from tests.smtp.fakehop import DROP, FakeHop

ROTATIONS = 3

# How a next hop puts a mail off: at which stage, by which words, and what it offers then.
offers = st.sets(st.sampled_from(["PIPELINING", "SIZE 100000", "8BITMIME", "SMTPUTF8", "DSN"])).map(
    lambda chosen: ("ENHANCEDSTATUSCODES", *sorted(chosen))
)
deferrals = st.sampled_from(
    [
        ("connect", "421 4.3.2 Not now"),
        ("mail", "451 4.7.1 Later"),
        ("rcpt", "450 4.2.0 Greylisted"),
        ("data", "451 4.3.0 Later"),
        ("dot", "452 4.3.1 Full"),
        ("dot", DROP),
    ]
)
attempts = st.lists(st.tuples(deferrals, offers, st.booleans()), min_size=1, max_size=ROTATIONS)

line_ends = st.sampled_from(["\r\n", "\n"])
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=60
)
names = st.sampled_from(["", "Acme", '"Novák, s.r.o."', "Žofie Nová"])
bodies = st.lists(
    st.one_of(texts, st.sampled_from(["", ".", "..", ". ", "From me", "x" * 1500, "é" * 600])),
    max_size=6,
)


@st.composite
def mails(draw):
    """A mail as services hand it over: 8 bits, raw characters in fields, any length of lines."""
    end = draw(line_ends)
    kind = draw(
        st.sampled_from(
            [
                [],
                ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"],
                ['Content-Type: multipart/mixed; boundary="b"'],
            ]
        )
    )
    body = draw(bodies)
    if kind and "multipart" in kind[0]:
        body = ["--b", "Content-Type: text/html; charset=utf-8", "", *body, "--b--"]
    head = [
        f"From: {draw(names)} <AUTHOR>",
        "To: jana@client.example",
        f"Subject: {draw(texts)}",
        *kind,
    ]
    return (end.join(head) + end + end + end.join(body) + end).encode()


@pytest.fixture(scope="module")
def key_folder(tmp_path_factory):
    """DKIM keys, with standby ones enough for every rotation.

    Of Ed25519 alone, since RSA keys take long to make and to prove; journeys sign by both.
    """
    folder = tmp_path_factory.mktemp("dkim")
    keys = DkimKeys(folder, (ED25519,))
    keys.make_missing(datetime.now(UTC))
    for _ in range(ROTATIONS):
        keys.new(ED25519, datetime.now(UTC))
    return folder


def verified(content, keys):
    """Return what dkimpy says of each signature, the topmost first."""
    zone = {
        f"{key.selector}._domainkey.{NAMES.sender}.": key_record(key.signing.private).encode()
        for key in keys.all()
    }
    return [
        dkim.DKIM(content).verify(at, dnsfunc=lambda name, **_: zone[name.decode()])
        for at in range(content.lower().count(b"dkim-signature: "))
    ]


async def submit(desk, raw):
    raw = raw.replace(b"AUTHOR", desk.context.names.author_address(desk.tenant).encode(), 1)
    envelope = Envelope("", (Recipient("jana@client.example"),))
    peer = Peer("127.0.0.1", 0, "service.example", tenant_id=desk.tenant.id)
    return await desk.submission.accept(envelope, Content(len(raw), raw, raw), peer)


async def tried(desk, fake, signer):
    """Try the one delivery that is due, over a new connection; return its state."""
    relay = relay_of(timeouts=Timeouts())
    way = WayOut(FakeRoutes([fake.hop()]), relay, signer, POLICY, NoTally(), desk.accounts)
    (claimed,) = await desk.context.store.write(lambda work: work.deliveries.claim(LEASE, 10))
    ended = await deliver(desk.context, way, claimed)
    relay.close()
    return ended.state


# An example takes a store, a server and several attempts: making one smaller would take minutes.
@settings(max_examples=12, phases=(Phase.reuse, Phase.generate))
@given(raw=mails(), course=attempts, last=offers)
def test_every_attempt_sends_the_bytes_of_the_first_and_their_signatures_hold(
    tmp_path_factory, key_folder, raw, course, last
):
    directory = tmp_path_factory.mktemp("desk")
    keys = DkimKeys(shutil.copytree(key_folder, directory / "dkim"), (ED25519,))

    async def journey():
        fake = FakeHop()
        async with open_desk(directory, days_ago=3) as desk, fake.running():
            reply = await submit(desk, raw)
            assert reply.code == 250, reply
            signer = DkimSigner(keys, NAMES.sender, desk.clock)
            for (stage, answer), offered, rotates in course:
                fake.script, fake.offers = {stage: answer}, offered
                assert await tried(desk, fake, signer) in {"deferred", "unconfirmed"}
                if rotates:
                    keys.rotate(desk.clock.now())
                desk.clock.pass_by(hours=2)
            fake.script, fake.offers = {}, last
            assert await tried(desk, fake, signer) == "delivered"
            signer.close()
        return fake

    fake = asyncio.run(journey())
    (taken,) = fake.taken
    assert set(fake.heard) == {taken.content}
    assert taken.content.isascii()
    assert verified(taken.content, keys) == [True]
