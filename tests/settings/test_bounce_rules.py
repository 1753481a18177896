"""bounce-rules.toml: read beside the configuration, its mistakes told with their places."""

from pathlib import Path

import pytest

from gateway.rules.bounce_rules import BounceRule
from gateway.rules.reasons import REASONS
from gateway.settings import BadSettings, examine, load

SAMPLE = Path(__file__).parents[2] / "config" / "bounce-rules.toml"


def installation(directory, rules):
    (directory / "postroom.toml").write_text("")
    (directory / "bounce-rules.toml").write_bytes(rules.encode())
    return directory / "postroom.toml"


def test_rules_are_read_in_their_order(tmp_path):
    config = installation(
        tmp_path,
        '[[rule]]\npattern = "User * has  LEFT"\nreason = "address_moved"\n'
        '[[rule]]\npattern = "mailbox asleep"\nreason = "mailbox_off"\nkind = "soft"\n',
    )
    assert load(config, environ={}).bounce_rules == (
        BounceRule(("user", "has left"), "address_moved"),
        BounceRule(("mailbox asleep",), "mailbox_off", "soft"),
    )


def test_no_file_is_no_rule(tmp_path):
    (tmp_path / "postroom.toml").write_text("")
    assert load(tmp_path / "postroom.toml", environ={}).bounce_rules == ()


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        pytest.param(
            '[[rule]]\npattern = "a*b"\nreason = "spam"\n',
            ':2:1: [rule] pattern = "a*b" would match too much: write at least 4 letters or digits '
            'of the reply, such as "mailbox * is disabled"',
            id="too short",
        ),
        pytest.param(
            '[[rule]]\npattern = "gone away"\nreason = "gone"\n',
            ':3:1: [rule] reason = "gone" is not a reason: write one of "no_such_address", ',
            id="unknown reason",
        ),
        pytest.param(
            '[[rule]]\npattern = "gone away"\nreason = "spam"\nkind = "delayed"\n',
            ':4:1: [rule] kind = "delayed" is not among its values',
            id="unknown kind",
        ),
        pytest.param(
            '[[rule]]\nreason = "spam"\n', ":1:1: [rule] pattern is missing", id="no pattern"
        ),
        pytest.param(
            '[[rule]]\npattern = "a*b*c*d*e*f*g*h*i*j"\nreason = "spam"\n',
            "has too many asterisks",
            id="asterisks",
        ),
        pytest.param(
            '[[rule]]\npatern = "gone away"\nreason = "spam"\n',
            ":2:1: [rule] patern is not a setting; did you mean pattern?",
            id="misspelt",
        ),
        pytest.param("[[rule]\n", ":1:7: is not TOML", id="syntax"),
    ],
)
def test_mistakes_are_told_with_file_and_line(tmp_path, rules, told):
    config = installation(tmp_path, rules)
    loaded = examine(config, environ={})
    assert f"{tmp_path}/bounce-rules.toml" in BadSettings(loaded.mistakes).format()
    assert told in BadSettings(loaded.mistakes).format()


def test_more_than_five_hundred_rules_are_a_mistake(tmp_path):
    config = installation(tmp_path, '[[rule]]\npattern = "abcd"\nreason = "spam"\n' * 501)
    with pytest.raises(BadSettings, match="more than 500 rules"):
        load(config, environ={})


def test_the_sample_names_every_reason_and_its_examples_are_right(tmp_path):
    text = SAMPLE.read_text(encoding="utf-8")
    comment, _, examples = text.partition("# [[rule]]")
    rules = "\n".join(line.removeprefix("# ") for line in f"# [[rule]]{examples}".splitlines())
    loaded = load(installation(tmp_path, rules.replace("#", "")), environ={})
    assert len(loaded.bounce_rules) == 2
    assert all(key in comment for key in REASONS)
