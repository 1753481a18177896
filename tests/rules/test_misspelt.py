"""Addresses that look mistyped, and those that only look alike."""

import pytest

from gateway.rules.misspelt import KNOWN, suggested, suggested_for


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("jana@gmial.com", "jana@gmail.com"),
        ("jana@gnail.com", "jana@gmail.com"),
        ("jana@gmail.con", "jana@gmail.com"),
        ("jana@gmail.cm", "jana@gmail.com"),
        ("Jana.M@Hotmal.com", "Jana.M@hotmail.com"),
        ("jana@outlook.comm", "jana@outlook.com"),
        ("jana@seznma.cz", "jana@seznam.cz"),
        ("jana@gmx.dee", "jana@gmx.de"),
        ("jana@firma.con", "jana@firma.com"),
    ],
)
def test_a_slip_of_the_fingers_is_mended(typed, meant):
    assert suggested(typed) == meant


@pytest.mark.parametrize(
    "address",
    [
        "jana@email.com",
        "jana@ymail.com",
        "jana@wo.pl",
        "jana@hotmail.dk",
        "jana@firma.cm",
        "jana@firma.example",
        "jana",
        "@gmial.com",
        *(f"jana@{known}" for known in KNOWN),
    ],
)
def test_an_address_that_may_well_be_right_is_left_alone(address):
    assert suggested(address) is None


def test_only_failures_that_a_slip_may_cause_suggest_anything():
    assert suggested_for("jana@gmial.com", "no_such_domain") == "jana@gmail.com"
    assert suggested_for("jana@gmial.com", "mailbox_full") is None
    assert suggested_for("jana@gmial.com", None) is None
