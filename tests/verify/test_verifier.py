import asyncio
from datetime import UTC, datetime

import pytest

from gateway.mail.dkim.keys import key_record
from gateway.mail.dkim.signature import sign
from gateway.mail.errors import Fault
from gateway.ports.reception import Peer
from gateway.ports.verifier import Authentication, DkimSeen, DmarcSeen, Received, SpfSeen
from gateway.verify.verifier import DnsVerifier, VerifyLimits
from tests.fakes import FakeClock
from tests.mail.dkim_keys import ed25519_key
from tests.verify.zone import TIMEOUT, Zone

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
PEER = Peer("192.0.2.1", 4711, "mail.client.example")
MAIL = b"From: Jana <jana@client.example>\r\nSubject: x\r\n\r\nHello\r\n"
ZONE = {
    "client.example": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]},
    "_dmarc.client.example": {"TXT": ["v=DMARC1; p=reject"]},
    "e1._domainkey.client.example": {"TXT": [key_record(ed25519_key().private)]},
}
DKIM = DkimSeen("pass", "client.example", "e1")


def signed(raw=MAIL):
    return sign(raw, [ed25519_key()], domain="client.example", now=NOW) + raw


def verify(source, zone=ZONE, *, sender="jana@client.example", peer=PEER, limits=None):
    async def run():
        lookups = zone if not isinstance(zone, dict) else Zone(zone)
        clock = FakeClock(NOW)
        verifier = DnsVerifier(lookups, clock, hostname="mx.example.com", limits=limits)
        return await verifier.verify(Received(source, sender, peer))

    return asyncio.run(run())


def test_a_mail_of_its_author_passes():
    assert verify(signed()) == Authentication(
        SpfSeen("pass", "client.example"),
        (DKIM,),
        DmarcSeen("pass", "reject", "client.example"),
        "none",
        "pass",
        "jana@client.example",
    )


def test_a45_a_forged_mail_fails():
    found = verify(MAIL, sender="x@evil.example", peer=Peer("198.51.100.1", 25, "evil.example"))
    assert found == Authentication(
        SpfSeen("none", "evil.example"),
        (),
        DmarcSeen("fail", "reject", "client.example"),
        "none",
        "fail",
        "jana@client.example",
    )


def test_what_was_forwarded_passes_by_its_signature():
    found = verify(signed(), peer=Peer("198.51.100.1", 25, "forwarder.example"))
    assert (found.spf.result, found.dmarc.result, found.verdict) == ("fail", "pass", "pass")


def test_a_domain_without_a_policy_vouches_for_what_it_signs():
    zone = {name: kinds for name, kinds in ZONE.items() if name.startswith("e1.")}
    found = verify(signed(), zone)
    assert (found.dmarc, found.verdict) == (DmarcSeen("none", None, "client.example"), "pass")


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@client.example, b@client.example\r\n\r\n",
        b"From: a@client.example\r\nFrom: b@client.example\r\n\r\n",
        b"Subject: x\r\n\r\n",
        b"From: not an address\r\n\r\n",
        # One reader takes the lone line feed for a line's end, signatures don't.
        b"X: y\nFrom: a@client.example\r\n\r\n",
        b"From: b@client.example\r\nX: y\nFrom: a@client.example\r\n\r\n",
        b"From: a@[192.0.2.1]\r\n\r\n",
    ],
)
def test_without_one_certain_author_nobody_vouches(raw):
    found = verify(raw)
    assert (found.dmarc, found.verdict) == (DmarcSeen("none", None, None), "none")


def test_a_mail_in_a_file_is_read_from_it(tmp_path):
    path = tmp_path / "mail"
    path.write_bytes(signed())
    assert verify(path).verdict == "pass"
    path.unlink()
    with pytest.raises(Fault):
        verify(path)


def test_where_dns_does_not_answer_nothing_is_known_and_may_be_asked_again():
    found = verify(signed(), dict.fromkeys(ZONE, TIMEOUT))
    assert found == Authentication(
        SpfSeen("temperror", "client.example"),
        (DkimSeen("temperror", "client.example", "e1"),),
        DmarcSeen("temperror", None, "client.example"),
        "none",
        "none",
        "jana@client.example",
    )
    assert found.may_change


class Silent(Zone):
    """A DNS that never answers."""

    async def txt(self, name):
        await asyncio.Event().wait()


def test_a47_what_is_not_known_in_time_is_a_temporary_error():
    found = verify(signed(), Silent({}), limits=VerifyLimits(seconds=0.05))
    assert (found.spf.result, found.dkim, found.dmarc.result, found.arc, found.verdict) == (
        "temperror",
        (DkimSeen("temperror", None, None),),
        "temperror",
        "none",
        "none",
    )


def test_a_peer_without_an_address_has_no_spf():
    found = verify(signed(), peer=Peer("", 1, ""))
    assert (found.spf, found.verdict) == (SpfSeen("none", None), "pass")


def test_five_signatures_are_looked_at():
    raw = signed(MAIL)
    forged = b"".join(
        sign(MAIL, [ed25519_key()], domain=f"d{n}.example", now=NOW) for n in range(5)
    )
    found = verify(forged + raw, sender="")
    assert [one.result for one in found.dkim] == ["permerror"] * 5 + ["neutral"]
    assert found.verdict == "fail"


def test_it_is_shown_as_the_contract_says():
    assert verify(signed()).shown() == {
        "spf": {"result": "pass", "domain": "client.example"},
        "dkim": [{"result": "pass", "domain": "client.example", "selector": "e1"}],
        "dmarc": {"result": "pass", "policy": "reject", "domain": "client.example"},
        "arc": {"result": "none"},
        "verdict": "pass",
    }
