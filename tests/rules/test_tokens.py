"""Tokens: what they name, and that nothing else passes for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.tokens import (
    ItemRef,
    Keyring,
    Label,
    LinkRef,
    PdfRef,
    PersonRef,
    answer_token,
    chat_token,
    find_answer_token,
    item_token,
    mark_of,
    pdf_token,
    read_answer_token,
    read_chat_token,
    read_item_token,
    read_pdf_token,
)

KEYS = Keyring((b"a" * 32,))
OLDER = Keyring((b"b" * 32, b"a" * 32))
OTHER = Keyring((b"z" * 32,))
PERSON = PersonRef(7, 123456789)
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"

people = st.builds(PersonRef, st.integers(0, 2**24 - 1), st.integers(0, 2**40 - 1))


@given(people)
def test_an_answer_token_names_its_person_in_any_letter_case(person):
    token = answer_token(KEYS, person)
    assert {read_answer_token(KEYS, token), read_answer_token(KEYS, token.upper())} == {person}


def test_an_answer_token_is_34_letters_and_digits():
    token = answer_token(KEYS, PERSON)
    assert (len(token), token.isalnum(), token.isascii()) == (34, True, True)


def test_a33_every_altered_character_of_a_token_is_refused():
    token = answer_token(KEYS, PERSON)
    passed = [
        altered
        for at in range(len(token))
        for char in ALPHABET + "0189-_=."
        if char != token[at]
        for altered in [token[:at] + char + token[at + 1 :]]
        if read_answer_token(KEYS, altered) is not None
    ]
    assert passed == []


@pytest.mark.parametrize("cut", [1, 2, 33])
def test_a33_a_shortened_or_lengthened_token_is_refused(cut):
    token = answer_token(KEYS, PERSON)
    found = [read_answer_token(KEYS, token[:-cut]), read_answer_token(KEYS, token + "a" * cut)]
    assert found == [None, None]


@given(st.text(max_size=80))
def test_z2_any_text_is_a_token_or_none(text):
    assert read_answer_token(KEYS, text) is None


def test_a_token_of_another_secret_is_refused():
    assert read_answer_token(OTHER, answer_token(KEYS, PERSON)) is None


def test_a_token_of_an_older_secret_still_holds_after_rotation():
    assert read_answer_token(OLDER, answer_token(KEYS, PERSON)) == PERSON


def test_an_older_secret_holds_though_the_new_one_has_the_same_mark():
    old = b"a" * 32
    new = next(
        secret
        for secret in (number.to_bytes(32, "big") for number in range(1000))
        if mark_of(secret) == mark_of(old)
    )
    token = answer_token(Keyring((old,)), PersonRef(1, 2))
    assert read_answer_token(Keyring((new, old)), token) == PersonRef(1, 2)


def test_a126_kinds_of_token_do_not_stand_in_for_one_another():
    item = ItemRef(7, b"x" * 15)
    marker = item_token(KEYS, Label.BODY_MARKER, item)
    renamed = "m" + marker[1:]
    assert [
        read_item_token(KEYS, Label.MESSAGE_ID, marker),
        read_item_token(KEYS, Label.MESSAGE_ID, renamed),
        read_item_token(KEYS, Label.RETURN_PATH, "b" + marker[1:]),
        read_item_token(KEYS, Label.BODY_MARKER, marker),
    ] == [None, None, None, item]


def test_what_stands_before_the_token_in_an_address_is_decoration():
    token = answer_token(KEYS, PERSON)
    local_parts = [token, f"acme-{token}", f"anything+{token}", f"x{token}"]
    assert [find_answer_token(KEYS, local) for local in local_parts] == [PERSON] * 4


@given(people, st.integers(0, 255), st.binary(min_size=15, max_size=15))
def test_links_name_person_issue_and_document(person, issue, body):
    link = LinkRef(person, issue)
    assert (
        read_chat_token(KEYS, chat_token(KEYS, link)),
        read_pdf_token(KEYS, pdf_token(KEYS, PdfRef(link, body))),
    ) == (link, PdfRef(link, body))


def test_a_return_path_fits_a_local_part():
    token = item_token(KEYS, Label.RETURN_PATH, ItemRef(2**24 - 1, b"\xff" * 15))
    assert len("b-" + token) <= 64


def test_a_keyring_without_a_secret_is_refused():
    with pytest.raises(ValueError, match="1 to 32"):
        Keyring(())
