"""Senders who look like somebody else are told; those who don't, are not."""

import unicodedata
from string import ascii_letters, digits

import pytest
from confusable_homoglyphs import confusables

from gateway.mail.look_alikes import skeleton
from gateway.mail.mailbox import Mailbox
from gateway.rules.likeness import looks_like, sender_warnings

JANA = Mailbox("Jana Malá", "jana@client.example")


@pytest.mark.parametrize(
    ("sender", "told"),
    [
        (Mailbox("Jana Malá", "jana@client.example"), []),
        (Mailbox("", "JANA@Client.example"), []),
        (Mailbox("Peter Veľký", "peter@client.example"), []),
        (Mailbox("Petra", "petra@elsewhere.example"), []),
        (Mailbox("Jana Mala", "j.mala@elsewhere.example"), ["name_of_somebody_else"]),
        (Mailbox("J\u0430na M\u0430l\u00e1", "x@y.example"), ["name_of_somebody_else"]),
        (Mailbox("", "jana@cl1ent.example"), ["lookalike_domain"]),
        (Mailbox("", "jana@clinet.example"), ["lookalike_domain"]),
        (Mailbox("", "jana@client.example.evil.test"), ["lookalike_domain"]),
        (Mailbox("", "j\u0430na@client.example"), ["lookalike_address"]),
        (Mailbox("", "jana@cl\u0456ent.example"), ["lookalike_domain", "mixed_scripts"]),
        (Mailbox("", "jana@xn--clent-o2e.example"), ["lookalike_domain", "mixed_scripts"]),
        (Mailbox("jana@client.example", "e@x.test"), ["name_has_other_address"]),
        (Mailbox('"Jana" <jana@client.example>', "e@x.test"), ["name_has_other_address"]),
        (Mailbox("ACME s.r.o.", "e@x.test"), ["name_of_somebody_else"]),
        (Mailbox("\u0410cme s.r.o.", "e@x.test"), ["name_of_somebody_else"]),
    ],
)
def test_a44_what_is_odd_about_a_sender_is_told(sender, told):
    assert [one.code for one in sender_warnings(sender, [JANA], ["Acme s.r.o."])] == told


@pytest.mark.parametrize(
    ("domain", "other", "like"),
    [
        ("paypaI.com".lower(), "paypal.com", True),
        ("rnicrosoft.com", "microsoft.com", True),
        ("gmial.com", "gmail.com", True),
        ("gmaill.com", "gmail.com", True),
        ("my-bank.com", "mybank.com", True),
        ("abc.com", "abd.com", False),
        ("client.example", "client.test", False),
        ("mail.client.example", "client.example", False),
        ("totally.example", "different.example", False),
    ],
)
def test_domains_that_can_be_mistaken_for_each_other(domain, other, like):
    assert (looks_like(domain, other), looks_like(other, domain)) == (like, like)


OTHER_CASE = "\u017f\u03c3\u03bd\u03a5\u03d2\u01bc"
"""Letters whose other case looks like another one of ASCII: case is folded first."""


def test_the_table_is_unicodes_for_letters_that_pass_for_ascii():
    listed = {}
    for letter in ascii_letters + digits:
        for entry in confusables.confusables_data.get(letter, ()):
            listed.setdefault(entry["c"], set()).update(
                {skeleton(letter), skeleton(letter.lower())}
            )
    wrong = {
        char: skeleton(char)
        for char, alike in listed.items()
        if len(char) == 1 and ord(char) < 0x10000 and unicodedata.category(char)[0] in "LN"
        if skeleton(char) not in alike and char not in OTHER_CASE
    }
    assert (len(listed) > 1000, wrong) == (True, {})
