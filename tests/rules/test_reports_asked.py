"""What submitters hear, and what next hops are asked for."""

import pytest

from gateway.rules.reports_asked import asked_of_next_hop, wants


@pytest.mark.parametrize(
    ("notify", "told"),
    [
        ((), set()),
        (("NEVER",), set()),
        (("FAILURE",), {"failed"}),
        (("DELAY",), {"delayed"}),
        (("SUCCESS",), {"relayed", "delivered"}),
        (("SUCCESS", "FAILURE", "DELAY"), {"relayed", "delivered", "failed", "delayed"}),
    ],
)
def test_only_what_was_asked_for_is_told(notify, told):
    actions = ("failed", "delayed", "relayed", "delivered", "expanded")
    assert {action for action in actions if wants(notify, action)} == told


@pytest.mark.parametrize(
    ("notify", "asked"),
    [
        ((), ()),
        (("NEVER",), ("FAILURE",)),
        (("SUCCESS",), ("SUCCESS", "FAILURE")),
        (("FAILURE", "DELAY"), ("FAILURE", "DELAY")),
    ],
)
def test_we_hear_of_failures_whatever_the_submitter_wants(notify, asked):
    assert asked_of_next_hop(notify, "b-token@bounce.example.com") == asked


def test_nobody_is_asked_to_report_about_a_report():
    assert asked_of_next_hop(("NEVER",), "") == ("NEVER",)
