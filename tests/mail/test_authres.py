"""Authentication-Results: ours is well formed, what bears our name in others' mail is not kept."""

import authres
import pytest

from gateway.mail.authres import without_forged, written

SEEN = {
    "spf": {"result": "pass", "domain": "customer.test"},
    "dkim": [
        {"result": "pass", "domain": "customer.test", "selector": "s1"},
        {"result": "fail", "domain": "list.test", "selector": None},
    ],
    "dmarc": {"result": "pass", "policy": "reject", "domain": "customer.test"},
    "arc": {"result": "none"},
    "verdict": "pass",
}


def read(field):
    """Return what an independent reader of RFC 8601 finds in a field."""
    header = authres.AuthenticationResultsHeader.parse(field.decode().replace("\r\n", "").strip())
    return header.authserv_id, [
        (one.method, one.result, {each.name: each.value for each in one.properties})
        for one in header.results
    ]


def test_what_was_found_is_told_in_the_words_of_rfc_8601():
    assert read(written("mail.test", SEEN, sender="jana@customer.test", helo="mx")) == (
        "mail.test",
        [
            ("spf", "pass", {"mailfrom": "jana@customer.test"}),
            ("dkim", "pass", {"d": "customer.test", "s": "s1"}),
            ("dkim", "fail", {"d": "list.test"}),
            ("dmarc", "pass", {"from": "customer.test"}),
            ("arc", "none", {}),
        ],
    )


@pytest.mark.parametrize("seen", [{"verdict": "pending"}, {}])
def test_a_mail_without_a_verdict_has_a_field_that_says_none(seen):
    assert written("mail.test", seen) == b"Authentication-Results: mail.test;\r\n\tnone\r\n"


@pytest.mark.parametrize(
    "sender",
    ['"a b"@x.test', "a;dkim=pass@x.test", "a\r\nX: y@x.test", "ján@x.test", "\udcff@x", "a" * 900],
)
def test_a20_a_hostile_sender_adds_no_result_and_no_line(sender):
    field = written("mail.test", SEEN, sender=sender, helo="mx")
    assert len(read(field)[1]) == 5
    assert all(line.startswith((b"\t", b"Authentication-")) for line in field.splitlines())
    assert max(map(len, field.splitlines())) < 998


OURS = [
    b"Authentication-Results: mail.test; dkim=pass\r\n",
    b"authentication-RESULTS : MAIL.test 1; dkim=pass\r\n",
    b"Authentication-Results:\r\n mail.test;\r\n\tdkim=pass\r\n",
    b"Authentication-Results: (he (llo)) mail.test (x); dkim=pass\r\n",
    b'Authentication-Results: "mail.test"; dkim=pass\r\n',
    b"Authentication-Results: mail.test.; dkim=pass\r\n",
    b"Authentication-Results: mail.test\r\n",
    b"Authentication-Results: mail.test; dkim=pass\n",
]
OTHERS = [
    b"Authentication-Results: mail.test.evil; dkim=pass\r\n",
    b"Authentication-Results: other; (mail.test) dkim=pass\r\n",
    b"X-Authentication-Results: mail.test; dkim=pass\r\n",
    b"Subject: Authentication-Results: mail.test\r\n",
    b"ARC-Authentication-Results: i=1; mail.test; dkim=pass\r\n",
]


@pytest.mark.parametrize("forged", OURS)
def test_a46_a_field_that_bears_our_name_is_taken_out(forged):
    rest = b"From: a@b.test\r\n\r\nAuthentication-Results: mail.test; dkim=pass\r\n"
    assert without_forged(b"Received: x\r\n" + forged + rest, "mail.test") == (
        b"Received: x\r\n" + rest
    )


@pytest.mark.parametrize("other", OTHERS)
def test_a46_what_others_say_in_their_own_name_stays(other):
    head = b"Received: x\r\n" + other + b"From: a@b.test\r\n\r\nbody"
    assert without_forged(head, "mail.test") == head


def test_a46_a_lone_carriage_return_hides_no_field():
    head = b"X: a\rAuthentication-Results: mail.test; dkim=pass\r\nSubject: s\r\n\r\n"
    assert b"dkim=pass" not in without_forged(head, "mail.test")
