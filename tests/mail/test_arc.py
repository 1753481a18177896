"""Chains made by dkimpy, checked by us."""

from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.arc import chain_of, check_chain
from gateway.mail.dkim.keys import key_record
from gateway.mail.dkim.verify import SignedMail
from gateway.mail.errors import MailError
from tests.mail.dkim_keys import rsa_key

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
KEY = "r1._domainkey.list.example"
MAIL = (
    b"Authentication-Results: list.example; arc=none; dkim=pass header.d=client.example\r\n"
    b"From: a@client.example\r\nTo: b@list.example\r\nSubject: x\r\n\r\nHello\r\n"
)


def sealed(raw=MAIL, sets=1):
    """Return the mail with a chain of so many sets."""
    pem = rsa_key().private.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    for _ in range(sets):
        if b"ARC-Seal" in raw:
            chain, _, mail = raw.rpartition(b"arc=none")  # not what the sets say
            raw = (chain + b"arc=pass" + mail) if b"\r\nAuth" in chain else raw
        fields = dkim.arc_sign(
            raw,
            b"r1",
            b"list.example",
            pem,
            b"list.example",
            include_headers=[b"from", b"to", b"subject"],
        )
        raw = b"".join(fields) + raw
    return raw


def broken(raw, record=None):
    """Return what breaks the chain of a mail, "" if nothing does."""
    mail = SignedMail(raw)
    try:
        chain = chain_of(mail)
    except MailError as error:
        return str(error)
    keys = {name: [record or key_record(rsa_key().private)] for name in chain.key_names}
    return check_chain(mail, chain, keys, now=NOW)


@pytest.mark.parametrize("sets", [1, 2, 3])
def test_a_chain_of_another_implementation_passes(sets):
    raw = sealed(sets=sets)
    chain = chain_of(SignedMail(raw))
    assert (len(chain.sets), chain.key_names, broken(raw)) == (sets, (KEY,), "")


def test_a_mail_without_a_chain_has_none():
    assert chain_of(SignedMail(MAIL)) is None
    assert chain_of(SignedMail(b"")) is None


def test_a_changed_body_breaks_the_newest_message_signature():
    assert broken(sealed(sets=2).replace(b"Hello", b"Hullo")) == (
        "message signature 2: the body was changed"
    )


def test_changed_results_break_the_seals_above_them():
    raw = sealed(sets=1)
    at = raw.index(b"ARC-Authentication-Results")
    changed = raw[:at] + raw[at:].replace(b"dkim=pass", b"dkim=fail", 1)
    assert broken(changed).startswith("seal 1: ")


def test_a_chain_that_its_last_receiver_found_broken_stays_so():
    raw = sealed().replace(b"cv=none", b"cv=fail")
    assert broken(raw) == "seal 1 says cv=fail"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"ARC-Message-Signature:", b"X-Gone:"),
        (b"ARC-Authentication-Results: i=1;", b"ARC-Authentication-Results: i=2;"),
        (b"ARC-Authentication-Results: i=1;", b"ARC-Authentication-Results: "),
        (b"ARC-Seal: i=1;", b"ARC-Seal: i=0;"),
        (b"ARC-Seal: i=1;", b"ARC-Seal: i=51;"),
        (b"ARC-Seal: i=1;", b"ARC-Seal: i=1; h=from;"),
        (b"ARC-Seal: i=1;", b"ARC-Seal: i=1; i=1;"),
        (b"ARC-Seal: i=1; cv=none; a=rsa-sha256", b"ARC-Seal: i=1; cv=none; a=rsa-sha1"),
        (b"h=from", b"h=arc-seal : from"),
    ],
)
def test_a_broken_structure_breaks_the_chain(old, new):
    raw = sealed()
    assert old in raw
    assert broken(raw.replace(old, new)) != ""


def test_a_set_that_stands_twice_breaks_the_chain():
    raw = sealed()
    fields = raw[: raw.index(b"Authentication-Results: list.example; arc")]
    seal = fields[: fields.index(b"ARC-Message-Signature")]
    assert broken(seal + raw) == "set 1 has two fields of one kind"


def test_a_revoked_key_breaks_the_chain():
    assert broken(sealed(), "v=DKIM1; p=") == "message signature 1: the key was revoked"


@given(st.binary(max_size=80), st.sampled_from([b"ARC-Seal", b"ARC-Message-Signature"]))
def test_any_bytes_are_a_chain_or_refused(octets, name):
    try:
        chain_of(SignedMail(name + b": i=1; " + octets + b"\r\n" + MAIL))
    except MailError:
        return
