"""docs/security.md says what is the case."""

from tests.security.catalogue import AREAS, ATTACKS, DOES_NOT_APPLY
from tests.security.page import PAGE, by_number, row


def test_the_page_names_the_tests_that_there_are():
    text = PAGE.read_text(encoding="utf-8")
    stale = [
        f"A{number}" for number, tests in by_number().items() if row(number, tests) not in text
    ]
    assert stale == [], "run `python -m tests.security`"


def test_no_attack_is_open():
    text = PAGE.read_text(encoding="utf-8")
    assert [line.partition(" | ")[0] for line in text.splitlines() if "**open" in line] == []
    found = by_number()
    assert [
        number for number in ATTACKS if not found[number] and number not in DOES_NOT_APPLY
    ] == []


def test_what_does_not_apply_has_no_tests_and_a_reason():
    found = by_number()
    assert [number for number in DOES_NOT_APPLY if found[number]] == []


def test_the_catalogue_is_whole():
    assert list(ATTACKS) == list(range(1, 153))
    assert set(AREAS) <= set(ATTACKS)
