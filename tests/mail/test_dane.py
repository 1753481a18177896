import hashlib
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.mail.dane import Tlsa, mismatch, usable

NOW = datetime.now(UTC)
PAST, FUTURE = NOW - timedelta(days=100_000), NOW + timedelta(days=400_000)
ROOT = trustme.CA()
BELOW = ROOT.create_child_ca()
SERVER = BELOW.issue_cert("mx.example.org", "*.wild.test")
CHAIN = [x509.load_pem_x509_certificate(blob.bytes()) for blob in SERVER.cert_chain_pems]
STRANGER = trustme.CA()
NAMES = ("mx.example.org", "example.org")


def der(certificate):
    return certificate.public_bytes(Encoding.DER)


def key(certificate):
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def cert_of(authority):
    return x509.load_pem_x509_certificate(authority.cert_pem.bytes())


OWN, MIDDLE = CHAIN[0], cert_of(BELOW)
SENT = [der(OWN), der(MIDDLE)]


def record(usage, certificate, selector=1, matching=1):
    octets = key(certificate) if selector else der(certificate)
    digest = {0: lambda raw: raw, 1: lambda raw: hashlib.sha256(raw).digest()}
    digest[2] = lambda raw: hashlib.sha512(raw).digest()
    return Tlsa(usage, selector, matching, digest[matching](octets))


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1, 2])
@pytest.mark.parametrize(("usage", "certificate"), [(3, OWN), (2, MIDDLE)])
def test_a_certificate_that_the_record_names_will_do(usage, certificate, selector, matching):
    named = record(usage, certificate, selector, matching)
    assert mismatch([named], SENT, NAMES, NOW) is None


def test_an_anchor_that_is_not_sent_may_stand_in_the_record():
    assert mismatch([record(2, cert_of(ROOT), 0, 0)], SENT, NAMES, NOW) is None
    assert mismatch([record(2, MIDDLE, 0, 0)], SENT[:1], NAMES, NOW) is None


def test_one_of_several_records_is_enough():
    records = [record(3, MIDDLE), record(2, cert_of(STRANGER)), record(3, OWN)]
    assert mismatch(records, SENT, NAMES, NOW) is None


@pytest.mark.parametrize(
    ("records", "sent", "names", "now", "words"),
    [
        ([record(3, MIDDLE)], SENT, NAMES, NOW, "not the one"),
        ([record(3, OWN)], [], NAMES, NOW, "no certificate"),
        ([record(3, OWN)], [b"junk"], NAMES, NOW, "can't be read"),
        ([record(2, cert_of(STRANGER))], SENT, NAMES, NOW, "vouches"),
        ([record(2, cert_of(STRANGER))], [*SENT, der(cert_of(STRANGER))], NAMES, NOW, "vouches"),
        ([record(2, MIDDLE)], SENT, ("other.test",), NOW, "not for other.test"),
        ([record(2, MIDDLE)], SENT, ("a.b.wild.test",), NOW, "not for"),
        ([record(2, MIDDLE)], SENT, NAMES, PAST, "expired or is not valid yet"),
        ([record(2, MIDDLE)], SENT, NAMES, FUTURE, "expired or is not valid yet"),
    ],
)
def test_what_does_not_match_is_told(records, sent, names, now, words):
    assert words in mismatch(records, sent, names, now)


def test_a_server_s_own_certificate_that_is_named_may_be_past_and_for_anybody():
    assert mismatch([record(3, OWN)], SENT, ("other.test",), FUTURE) is None


def test_a_wildcard_stands_for_one_label():
    assert mismatch([record(2, MIDDLE)], SENT, ("a.wild.test",), NOW) is None


def test_a_certificate_that_may_not_sign_is_no_anchor():
    leaf = STRANGER.issue_cert("mx.example.org")
    below = x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())
    assert "vouches" in mismatch([record(2, below)], SENT, NAMES, NOW)


GOOD = Tlsa(3, 1, 1, bytes(32))


@pytest.mark.parametrize(
    "bad",
    [
        Tlsa(0, 1, 1, bytes(32)),
        Tlsa(1, 1, 1, bytes(32)),
        Tlsa(3, 2, 1, bytes(32)),
        Tlsa(3, 1, 3, bytes(32)),
        Tlsa(3, 1, 1, bytes(31)),
        Tlsa(3, 1, 2, bytes(32)),
        Tlsa(3, 0, 0, b""),
    ],
)
def test_records_that_mean_nothing_to_smtp_are_passed_over(bad):
    assert usable([bad, GOOD]) == (GOOD,)


def test_the_strongest_digest_of_a_kind_counts():
    strong, exact, anchor = Tlsa(3, 1, 2, bytes(64)), Tlsa(3, 1, 0, b"x"), Tlsa(2, 1, 1, bytes(32))
    assert usable([GOOD, strong, exact, anchor]) == (strong, exact, anchor)


def test_a_record_reads_like_its_line_in_a_zone():
    assert str(Tlsa(3, 1, 1, b"\xab\xcd")) == "3 1 1 ABCD"
