"""Which events a webhook may ask for."""

import pytest

from gateway.rules import events
from gateway.rules.hooks import EVERY_TYPE, chosen_types, is_known_type


def test_every_event_that_is_told_can_be_asked_for():
    told = {
        value
        for name, value in vars(events).items()
        if name.isupper()
        and isinstance(value, str)
        and "." in value
        and not value.startswith("dns.")  # of the installation, which no company hears of
    }
    assert set(EVERY_TYPE) == told


def test_a_family_is_all_of_its_types():
    assert chosen_types(["payment.*", "invoice.sent"]) == (
        "invoice.sent",
        "payment.claimed",
        "payment.confirmed",
        "payment.withdrawn",
    )


@pytest.mark.parametrize(
    ("word", "is_known"),
    [("message.received", True), ("message.*", True), ("*", False), ("mess.*", False), ("", False)],
)
def test_a_type_is_known(word, is_known):
    assert is_known_type(word) is is_known
