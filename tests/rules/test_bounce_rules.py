"""An admin's rules over the built-in knowledge of refusals."""

import pytest

from gateway.mail.replies import Reply
from gateway.rules.bounce_rules import BounceRule, pieces_of
from gateway.rules.bounces import Verdict, classify
from gateway.rules.outcome import NextHopKind, Stage, judge


def rule(pattern, key="mailbox_off", kind=None):
    return BounceRule(pieces_of(pattern), key, kind)


@pytest.mark.parametrize(
    ("pattern", "text", "is_about"),
    [
        pytest.param("code 771", "Sorry, CODE 771.", True, id="any case"),
        pytest.param("gone  away", "it has gone\r\n away", True, id="white space folded"),
        pytest.param("user * retired", "The user jana@x.example retired", True, id="asterisk"),
        pytest.param("user * retired", "retired is the user", False, id="order counts"),
        pytest.param("aab", "aaab", True, id="found late"),
        pytest.param("a*ab", "ab", False, id="pieces don't overlap"),
        pytest.param("(x+)+y.", "(x+)+y.", True, id="no regular expression"),
        pytest.param("retired", "user unknown", False, id="other words"),
    ],
)
def test_a_pattern_is_words_with_anything_between_them(pattern, text, is_about):
    verdict = classify(enhanced=None, code=550, text=text, rules=[rule(pattern, "loop")])
    assert (verdict.key == "loop") is is_about


def test_the_first_rule_that_matches_holds_over_codes_and_words():
    rules = [rule("nothing here"), rule("no such user", "spam"), rule("user", "loop")]
    verdict = classify(enhanced="5.1.1", code=550, text="No such user", rules=rules)
    assert verdict == Verdict("policy", "spam", "5.1.1", permanent=True, suppress="never")


@pytest.mark.parametrize(
    ("key", "kind", "code", "told", "suppress"),
    [
        pytest.param("mailbox_off", None, 550, "hard", "now", id="hard by its reason"),
        pytest.param("mailbox_off", "soft", 550, "soft", "never", id="said to be soft"),
        pytest.param("mailbox_off", None, 450, "soft", "never", id="may be tried again"),
        pytest.param("mailbox_full", None, 552, "soft", "count", id="full"),
        pytest.param(
            "policy", "hard", 550, "hard", "never", id="never for what is not the address"
        ),
    ],
)
def test_a_rule_gives_reason_and_kind(key, kind, code, told, suppress):
    verdict = classify(enhanced=None, code=code, text="Error Z99", rules=[rule("z99", key, kind)])
    assert (verdict.key, verdict.kind, verdict.suppress) == (key, told, suppress)


def test_a_status_of_policy_never_suppresses_whatever_a_rule_says():
    verdict = classify(
        enhanced="5.7.1", code=550, text="z999", rules=[rule("z999", "no_such_address", "hard")]
    )
    assert verdict.suppress == "never"


def test_what_a_server_still_tries_stays_delayed():
    verdict = classify(
        enhanced="4.4.1",
        code=None,
        text="z999",
        action="delayed",
        rules=[rule("z999", kind="hard")],
    )
    assert (verdict.kind, verdict.suppress) == ("delayed", "never")


def test_an_attempt_is_judged_by_the_rules_too():
    outcome = judge(
        Reply(550, "5.0.0", "Error Z99"), Stage.RCPT, NextHopKind.MX, [rule("z99", "address_moved")]
    )
    assert outcome.reason.key == "address_moved"
    assert outcome.reason.plain == "the person has left or moved"
