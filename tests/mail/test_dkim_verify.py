import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.dkim.keys import key_record, parse_key_record
from gateway.mail.dkim.signature import SigningKey, sign
from gateway.mail.dkim.tags import parse_tags
from gateway.mail.dkim.verify import Checked, DkimResult, SignedMail, verify
from gateway.mail.errors import Fault, MailError
from tests.mail.dkim_keys import DOMAIN, both_keys, ed25519_key, rsa_key, zone

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MAIL = b"From: a@mail.example.com\r\nSubject: x\r\n\r\nHello\r\n"
RSA_NAME = f"r1._domainkey.{DOMAIN}"


def signed(keys=None):
    return sign(MAIL, keys or [rsa_key()], domain=DOMAIN, now=NOW) + MAIL


def look_up(name):
    return zone().get(name, [])


def check_one(raw, records=None):
    answers = look_up if records is None else lambda _name: records
    (checked,) = verify(raw, answers, now=NOW)
    return checked


def test_the_examples_of_rfc_8463_pass():
    raw = (
        b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
        b" d=football.example.com; i=@football.example.com;\r\n"
        b" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
        b" subject : date : message-id : from : subject : date;\r\n"
        b" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
        b" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
        b" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
        b"From: Joe SixPack <joe@football.example.com>\r\n"
        b"To: Suzie Q <suzie@shopping.example.net>\r\n"
        b"Subject: Is dinner ready?\r\n"
        b"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
        b"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
        b"\r\n"
        b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
    )
    records = ["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]
    assert check_one(raw, records) == Checked(
        DkimResult.PASS, "football.example.com", "brisbane", "ed25519-sha256", ""
    )


def test_a_mail_without_signatures_has_no_results():
    assert verify(MAIL, look_up, now=NOW) == ()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        pytest.param(b"v=1;", b"", "tag v= is missing", id="no version"),
        pytest.param(b"v=1;", b"v=2;", "unknown version", id="other version"),
        pytest.param(b"rsa-sha256", b"rsa-sha1", "rsa-sha1 is no longer accepted", id="sha1"),
        pytest.param(b"rsa-sha256", b"dsa-sha256", "unknown algorithm", id="algorithm"),
        pytest.param(b"relaxed/relaxed", b"nice", "unknown canonicalization", id="form"),
        pytest.param(b"h=From:From:", b"h=", "h= does not cover From", id="From is not covered"),
        pytest.param(b"v=1;", b"v=1; i=@evil.example;", "i= is not within d=", id="identity"),
        pytest.param(b"v=1;", b"v=1; i=mail.example.com;", "i= is not within", id="no at sign"),
        pytest.param(b"v=1;", b"v=1; i=@xmail.example.com;", "i= is not within", id="only ends so"),
        pytest.param(b"v=1;", b"v=1; q=http;", "unknown way", id="query"),
        pytest.param(b"v=1;", b"v=1; v=1;", "tag v= stands twice", id="twice"),
        pytest.param(b"v=1;", b"v=1; l=-1;", "is not a number", id="negative number"),
        pytest.param(b"v=1;", b"v=1; l=\xd9\xa1;", "is not a number", id="other digits"),
        pytest.param(b"v=1;", b"v=1; l=1111111111111;", "is not a number", id="endless number"),
        pytest.param(b"v=1;", b"v=1; 1=2;", "broken tag", id="broken tag"),
        pytest.param(b"t=", b"t=9", "x= is not after t=", id="expires before it begins"),
        pytest.param(b"bh=", b"bh=*", "broken base64", id="base64"),
    ],
)
def test_a_broken_signature_is_a_permanent_error(old, new, reason):
    checked = check_one(signed().replace(old, new, 1))
    assert checked.result is DkimResult.PERMERROR
    assert reason in checked.reason


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        pytest.param([], "there is no such key", id="no record"),
        pytest.param(["v=DKIM2; p="], "not of version DKIM1", id="version"),
        pytest.param(["k=rsa; v=DKIM1; p="], "not of version DKIM1", id="version not first"),
        pytest.param(["v=DKIM1; p="], "revoked", id="revoked"),
        pytest.param(["v=DKIM1"], "holds no key", id="no key"),
        pytest.param(["v=DKIM1; h=sha1; p=AAAA"], "not meant for SHA-256", id="hash"),
        pytest.param(["v=DKIM1; s=web; p=AAAA"], "not meant for mail", id="service"),
        pytest.param(["v=DKIM1; k=dsa; p=AAAA"], "unknown kind of key", id="kind"),
        pytest.param(["v=DKIM1; p=AAAA"], "can't be read", id="no DER"),
        pytest.param(["v=DKIM1; k=ed25519; p=AAAA"], "32 octets", id="short Ed25519"),
        pytest.param(["v=spf1 -all"], "not of version", id="another record"),
        pytest.param(["nonsense"], "broken tag", id="nonsense"),
    ],
)
def test_an_unusable_key_is_a_permanent_error(records, reason):
    checked = check_one(signed(), records)
    assert checked.result is DkimResult.PERMERROR
    assert reason in checked.reason


def test_a_key_for_another_algorithm_does_not_do():
    checked = check_one(signed(), zone()[f"e1._domainkey.{DOMAIN}"])
    assert checked.reason == "the key is one for ed25519-sha256"


def test_one_good_record_among_others_does():
    records = ["v=spf1 -all", "v=DKIM1; p=", *zone()[RSA_NAME]]
    assert check_one(signed(), records).result is DkimResult.PASS


def test_another_key_does_not_fit():
    other = SigningKey("r1", generate_private_key(65537, 2048))
    checked = check_one(signed([other]))
    assert (checked.result, checked.reason) == (
        DkimResult.FAIL,
        "the signature does not fit the header fields",
    )


def test_a_short_rsa_key_is_not_accepted():
    weak = SigningKey("r1", generate_private_key(65537, 1024))
    assert check_one(signed([weak]), [key_record(weak.private)]).result is DkimResult.PASS
    short = RSAPublicNumbers(65537, (1 << 511) + 1).public_key()
    octets = short.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = f"p={base64.b64encode(octets).decode()}"
    assert check_one(signed(), [record]).reason == "an RSA key of 512 bits is not accepted"


def test_a_key_in_the_bare_form_of_pkcs_1_is_read():
    octets = rsa_key().private.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    record = f"p={base64.b64encode(octets).decode()}"
    assert check_one(signed(), [record]).result is DkimResult.PASS


def test_a_changed_body_fails():
    checked = check_one(signed() + b"more\r\n")
    assert (checked.result, checked.reason) == (DkimResult.FAIL, "the body was changed")


@pytest.mark.parametrize("length", [b"3", b"99"], ids=["less than the body", "more than the body"])
def test_a_length_that_is_not_the_bodys_fails(length):
    checked = check_one(signed().replace(b"v=1;", b"v=1; l=" + length + b";", 1))
    assert checked.result is DkimResult.FAIL
    assert "l=" in checked.reason


def test_no_answer_from_dns_is_temporary_and_leaves_the_others_alone():
    def answers(name):
        if name == RSA_NAME:
            raise Fault("timed out")
        return look_up(name)

    results = [checked.result for checked in verify(signed(both_keys()), answers, now=NOW)]
    assert results == [DkimResult.TEMPERROR, DkimResult.PASS]


def test_a_strict_key_wants_the_domain_itself():
    record = zone()[RSA_NAME][0].replace("k=rsa", "t=y:s; k=rsa")
    assert check_one(signed(), [record]).result is DkimResult.PASS
    below = signed().replace(b"v=1;", b"v=1; i=a@x.mail.example.com;", 1)
    assert check_one(below, [record]).reason == "the key forbids i= below d="


def test_flags_of_a_key_are_read():
    record = parse_key_record(zone()[RSA_NAME][0].replace("k=rsa", "t=y:s; k=rsa"))
    assert (record.strict, record.testing) == (True, True)


def test_a_broken_signature_is_named_as_far_as_it_can_be_read():
    checked = check_one(b"DKIM-Signature: a=x; d=d.example; s=sel\r\n" + MAIL)
    assert (checked.domain, checked.selector, checked.algorithm) == ("d.example", "sel", "x")
    assert check_one(b"DKIM-Signature: ;;=\r\n" + MAIL).domain == ""


def test_signatures_beyond_the_fifth_are_not_checked():
    fields = sign(MAIL, [rsa_key()], domain=DOMAIN, now=NOW)
    results = [checked.result for checked in verify(fields * 7 + MAIL, look_up, now=NOW)]
    assert results == [DkimResult.PASS] * 5 + [DkimResult.NEUTRAL] * 2


def test_keys_may_be_looked_up_between_reading_and_checking():
    mail = SignedMail(signed(both_keys()))
    asked = [signature.key_name for signature in mail.signatures()]
    assert asked == [RSA_NAME, f"e1._domainkey.{DOMAIN}"]
    results = [
        mail.check(signature, look_up(signature.key_name), now=NOW).result
        for signature in mail.signatures()
    ]
    assert results == [DkimResult.PASS] * 2


def test_a_simple_form_minds_white_space_in_the_header():
    raw = signed([ed25519_key()]).replace(b"c=relaxed/relaxed", b"c=simple/relaxed")
    assert check_one(raw).result is DkimResult.FAIL


def test_too_many_tags_are_refused():
    with pytest.raises(MailError):
        parse_tags("".join(f"a{number}=;" for number in range(101)))


def test_a_semicolon_may_end_the_list():
    assert parse_tags(" a = b c ;\r\n") == {"a": "b c"}


@given(st.binary(max_size=300))
def test_any_bytes_give_results_or_nothing(noise):
    for raw in (noise, b"DKIM-Signature: " + noise + b"\r\n" + MAIL, signed() + noise):
        for checked in verify(raw, look_up, now=NOW):
            assert isinstance(checked, Checked)


@given(st.text(max_size=200))
def test_any_text_is_a_key_record_or_a_mail_error(text):
    for record in (text, f"v=DKIM1; {text}", f"v=DKIM1; k=rsa; p={text}"):
        try:
            parse_key_record(record)
        except MailError:
            continue
