"""The two words of a customer."""

from collections import Counter
from dataclasses import replace

from gateway.rules.phrases import WORDS, phrase_of
from gateway.rules.tokens import Keyring
from tests.web.letter_facts import TENANT

KEYS = Keyring((b"a" * 32,))
JANA = "jana@firma.example"


def test_a_customer_has_the_same_two_words_each_time_and_with_a_newer_secret():
    first = phrase_of(KEYS, TENANT, JANA)
    newer = Keyring((b"b" * 32, *KEYS.secrets))
    again = [phrase_of(KEYS, TENANT, "Jana@Firma.Example"), phrase_of(newer, TENANT, JANA)]
    assert len(set(first)) == 2
    assert set(first) <= set(WORDS)
    assert again == [first, first]


def test_these_words_never_change():
    assert phrase_of(KEYS, TENANT, JANA) == ("oak", "stag")


def test_other_people_companies_and_gateways_have_other_words():
    others = [
        phrase_of(KEYS, TENANT, "eva@firma.example"),
        phrase_of(KEYS, replace(TENANT, number=2), JANA),
        phrase_of(Keyring((b"c" * 32,)), TENANT, JANA),
    ]
    assert phrase_of(KEYS, TENANT, JANA) not in others


def test_all_pairs_are_about_as_frequent():
    found = Counter(phrase_of(KEYS, TENANT, f"{number}@x.test") for number in range(8000))
    assert len(found) > 3000
    assert max(found.values()) < 12
    assert {word for pair in found for word in pair} == set(WORDS)


def test_a_company_may_do_without():
    assert phrase_of(KEYS, replace(TENANT, pages={"phrase": False}), JANA) == ()
