"""Signatures, compared with the reference library of Standard Webhooks."""

from datetime import UTC, datetime

import pytest
import standardwebhooks

from webhooks import signing
from webhooks.signing import BadSignature, Signer

ONE = Signer(b"a" * 32, b"s" * 32)
TWO = Signer(b"b" * 32, b"t" * 32)
BODY = '{"type":"message.received","data":{"subject":"Účet"}}'.encode()


def now():
    return int(datetime.now(UTC).timestamp())


def test_the_reference_library_verifies_what_is_signed():
    sent = signing.headers("evt_1", now(), BODY, [ONE])
    found = standardwebhooks.Webhook(ONE.secret).verify(BODY, sent)
    assert found == {"type": "message.received", "data": {"subject": "Účet"}}


@pytest.mark.parametrize("receiver", [ONE, TWO], ids=["new secret", "old secret"])
def test_after_a_rotation_both_secrets_verify(receiver):
    sent = signing.headers("evt_1", now(), BODY, [ONE, TWO])
    standardwebhooks.Webhook(receiver.secret).verify(BODY, sent)
    signing.verify(sent, BODY, receiver.secret, now=now())
    signing.verify(sent, BODY, receiver.public_key, now=now())


def test_what_the_reference_library_signs_is_verified():
    moment = datetime.now(UTC)
    signature = standardwebhooks.Webhook(ONE.secret).sign("evt_1", moment, BODY.decode())
    given = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signature,
    }
    signing.verify(given, BODY, ONE.secret, now=now())


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"webhook-signature": ""}, id="no signature"),
        pytest.param({"webhook-signature": "v1,"}, id="an empty one"),
        pytest.param({"webhook-signature": "v1,ěšč"}, id="letters"),
        pytest.param({"webhook-signature": "v1"}, id="no comma"),
        pytest.param({"webhook-id": "evt_2"}, id="another id"),
        pytest.param({"webhook-timestamp": "1001"}, id="another time"),
        pytest.param({"webhook-timestamp": "-1"}, id="no time"),
        pytest.param({"webhook-timestamp": "699"}, id="long ago"),
        pytest.param({"webhook-timestamp": "1301"}, id="in the future"),
    ],
)
@pytest.mark.parametrize("key", [ONE.secret, ONE.public_key], ids=["v1", "v1a"])
def test_a144_what_was_changed_is_refused(key, changed):
    sent = signing.headers("evt_1", 1000, BODY, [ONE])
    signing.verify(sent, BODY, key, now=1000)
    with pytest.raises(BadSignature):
        signing.verify(sent | changed, BODY, key, now=1000)


@pytest.mark.parametrize("key", [TWO.secret, TWO.public_key], ids=["v1", "v1a"])
def test_a144_another_key_and_another_body_are_refused(key):
    sent = signing.headers("evt_1", 1000, BODY, [ONE])
    with pytest.raises(BadSignature):
        signing.verify(sent, BODY, key, now=1000)
    other = signing.headers("evt_1", 1000, BODY, [TWO])
    with pytest.raises(BadSignature):
        signing.verify(other, BODY + b" ", key, now=1000)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_told(name):
    sent = signing.headers("evt_1", 1000, BODY, [ONE])
    del sent[name]
    with pytest.raises(BadSignature, match=name):
        signing.verify(sent, BODY, ONE.secret, now=1000)


@pytest.mark.parametrize("key", ["whpk_AAAA", "whsec_", "whsec_*"])
def test_what_is_no_key_is_told(key):
    sent = signing.headers("evt_1", 1000, BODY, [ONE])
    with pytest.raises(ValueError, match="not a"):
        signing.verify(sent, BODY, key, now=1000)


def test_a_signer_does_not_show_its_keys():
    assert "aaaa" not in repr(ONE)
