from datetime import UTC, datetime, timedelta

import dkim
import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.mail.dkim.signature import OVERSIGNED, sign
from gateway.mail.dkim.verify import DkimResult, verify
from gateway.mail.errors import MailError
from tests.mail.dkim_keys import DOMAIN, both_keys, ed25519_key, rsa_key, zone

NOW = datetime.now(UTC)
MAIL = (
    b'From: "Acme s.r.o." <acme@mail.example.com>\r\n'
    b"To: Jana <jana@example.org>\r\n"
    b"Subject: Invoice 7\r\n"
    b"Date: Sun, 22 Nov 2026 09:00:00 +0000\r\n"
    b"Message-ID: <m.token@mail.example.com>\r\n"
    b"List-Unsubscribe: <https://mail.example.com/u>\r\n"
    b"\r\n"
    b"Dear Jana,\r\n\r\n  please find   the invoice.\t\r\n\r\n"
)


def oracle(signed, index=0):
    """Ask dkimpy about the signature at that index."""

    def txt(name, timeout=5):
        return zone()[name.decode().rstrip(".")][0].encode()

    return dkim.DKIM(signed).verify(idx=index, dnsfunc=txt)


def signed_mail(raw=MAIL, keys=None, **changes):
    return sign(raw, keys or both_keys(), **{"domain": DOMAIN, "now": NOW} | changes) + raw


def results(raw, now=NOW):
    return [checked.result for checked in verify(raw, lambda name: zone().get(name, []), now=now)]


def tags_of(field):
    return dict(
        part.strip().split("=", 1) for part in field.decode().split(":", 1)[1].split(";") if part
    )


def test_a62_dkimpy_accepts_both_signatures():
    signed = signed_mail()
    assert oracle(signed, 0)
    assert oracle(signed, 1)


def test_our_own_check_accepts_both_signatures():
    assert results(signed_mail()) == [DkimResult.PASS, DkimResult.PASS]


def test_a_signature_is_folded_within_78_columns():
    fields = sign(MAIL, both_keys(), domain=DOMAIN, now=NOW)
    assert fields.endswith(b"\r\n")
    assert max(len(line) for line in fields.split(b"\r\n")) <= 78


def test_a62_a_signature_says_what_it_covers_and_never_a_length():
    tags = tags_of(sign(MAIL, [rsa_key()], domain=DOMAIN, now=NOW))
    assert set(tags) == {"v", "a", "c", "d", "s", "t", "x", "h", "bh", "b"}
    assert (tags["a"], tags["c"], tags["d"], tags["s"]) == (
        "rsa-sha256",
        "relaxed/relaxed",
        DOMAIN,
        "r1",
    )
    assert int(tags["x"]) - int(tags["t"]) == timedelta(days=14).total_seconds()


def test_a62_each_name_is_listed_once_more_than_it_stands_in_the_mail():
    names = tags_of(sign(MAIL, [rsa_key()], domain=DOMAIN, now=NOW))["h"].replace("\r\n ", "")
    listed = [name.lower() for name in names.split(":")]
    present = {"from", "to", "subject", "date", "message-id", "list-unsubscribe"}
    expected = {name.lower() for name in OVERSIGNED} | {"list-unsubscribe"}
    assert {name: listed.count(name) for name in expected} == {
        name: 2 if name in present else 1 for name in expected
    }


@pytest.mark.parametrize(
    "added",
    [
        b"From: boss@bank.example\r\n",
        b"Subject: Pay here\r\n",
        b"Reply-To: evil@bank.example\r\n",
        b"Content-Type: text/html\r\n",
        b"Cc: evil@bank.example\r\n",
        b"List-Unsubscribe: <https://evil.example>\r\n",
    ],
    ids=["from", "subject", "reply-to", "content-type", "cc", "list-unsubscribe"],
)
def test_a62_a_field_added_on_the_way_breaks_both_signatures(added):
    assert results(added + signed_mail()) == [DkimResult.FAIL, DkimResult.FAIL]


def test_a_list_may_add_its_own_fields():
    added = b"List-Id: <invoices.example.org>\r\nSender: list@example.org\r\n"
    assert results(added + signed_mail()) == [DkimResult.PASS, DkimResult.PASS]


def test_a62_text_added_to_the_body_breaks_both_signatures():
    assert results(signed_mail() + b"more\r\n") == [DkimResult.FAIL, DkimResult.FAIL]


def test_the_same_bytes_give_the_same_signature():
    assert signed_mail() == signed_mail()


def test_a_signature_without_lifetime_does_not_expire():
    signed = signed_mail(lifetime=None)
    assert results(signed, NOW + timedelta(days=9999)) == [DkimResult.PASS, DkimResult.PASS]


def test_a63_a_signature_expires():
    assert results(signed_mail(), NOW + timedelta(days=15)) == [DkimResult.FAIL, DkimResult.FAIL]


def test_an_odd_list_field_cannot_break_the_signature():
    raw = b"List-a;b: x\r\n" + MAIL
    assert results(signed_mail(raw)) == [DkimResult.PASS, DkimResult.PASS]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(MAIL.replace(b"\r\n\r\n", b"\n\r\n", 1), id="lone LF"),
        pytest.param(MAIL + b"no line end", id="no line end"),
        pytest.param(MAIL.replace(b"From", b"Form"), id="no From"),
        pytest.param(b"From: a@example.org\r\n" + MAIL, id="two From"),
    ],
)
def test_mail_that_cannot_be_signed_for_good_is_refused(raw):
    with pytest.raises(MailError):
        signed_mail(raw)


TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=30
)
VALUES = st.lists(TEXT.map(lambda text: text.strip() or "x"), min_size=1, max_size=3).map(
    lambda lines: "\r\n\t ".join(lines)
)
NAMES = st.sampled_from(["Subject", "To", "subject", "References", "X-Other", "List-Id", "CC"])
FIELDS = st.lists(st.tuples(NAMES, VALUES), max_size=6)
BODIES = st.lists(
    st.sampled_from([b" ", b"\t", b"\r\n", b"word", b".", b"\x00", b"\xc3\xa9", b"\xff", b"=20"]),
    max_size=60,
).map(lambda pieces: b"".join(pieces) + b"\r\n")


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150)
@given(fields=FIELDS, body=BODIES)
def test_any_mail_that_we_sign_is_accepted_by_us_and_by_dkimpy(fields, body):
    head = "".join(f"{name}: {value}\r\n" for name, value in fields).encode()
    raw = b"From: a@mail.example.com\r\n" + head + b"\r\n" + body
    signed = signed_mail(raw)
    assert results(signed) == [DkimResult.PASS, DkimResult.PASS]
    assert oracle(signed, 0)
    assert oracle(signed, 1)


FORMS = st.sampled_from([b"simple", b"relaxed"])


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150)
@given(fields=FIELDS, body=BODIES, header_form=FORMS, body_form=FORMS, ed25519=st.booleans())
def test_any_mail_that_dkimpy_signs_is_accepted_by_us(
    fields, body, header_form, body_form, ed25519
):
    head = "".join(f"{name}: {value}\r\n" for name, value in fields).encode()
    raw = b"From: a@mail.example.com\r\n" + head + b"\r\n" + body
    key = ed25519_key() if ed25519 else rsa_key()
    made = dkim.sign(
        raw,
        key.selector.encode(),
        DOMAIN.encode(),
        oracle_key(key),
        canonicalize=(header_form, body_form),
        signature_algorithm=key.algorithm.encode(),
    )
    assert results(made + raw) == [DkimResult.PASS]


def oracle_key(key):
    """Return the private key as dkimpy wants it."""
    if key.algorithm == "rsa-sha256":
        return key.private.private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )
    import base64

    return base64.b64encode(
        key.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    )
