import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.errors import ConfigError
from gateway.settings.mistakes import BadSettings, Mistake, Place, label, shown, toml
from gateway.settings.positions import Position


def mistake(source: str, line: int, text: str) -> Mistake:
    return Mistake(Place(source, Position(line, 1)), text)


def test_mistakes_are_told_by_file_and_line():
    bad = BadSettings(
        [mistake("a", 10, "x"), mistake("b", 1, "y"), mistake("a", 9, "z"), mistake("a", 10, "x")]
    )
    assert bad.format() == "a: 2 mistakes\n  a:9:1: z\n  a:10:1: x\nb: 1 mistake\n  b:1:1: y"


def test_mistakes_are_the_fault_of_the_admin():
    assert issubclass(BadSettings, ConfigError)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (("relay", "retry"), "[relay] retry"),
        (("relay", "routes", 0, "domain"), "[relay.routes] domain"),
        (("tenant", 3, "brand", "color"), "[tenant.brand] color"),
        (("hostname",), "hostname"),
        (("a b", "c.d"), '["a b"] "c.d"'),
    ],
)
def test_a_setting_is_named_with_its_table(address, name):
    assert label(address) == name


def test_long_values_are_cut():
    assert len(shown("x" * 1000)) == 60


_VALUES = st.recursive(
    st.one_of(st.text(), st.integers(-(2**63), 2**63 - 1), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner), st.dictionaries(st.text("abc-_1", min_size=1, max_size=5), inner)
    ),
)


@given(_VALUES)
def test_a_value_is_shown_as_toml_that_reads_the_same(value):
    text = toml(value)
    assert text.isprintable()
    assert tomllib.loads(f"value = {text}") == {"value": value}


def test_a_place_without_a_position_is_its_source():
    assert str(Place(str(Path("/etc/x")))) == "/etc/x"
