import time
import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.settings.positions import Position, positions, syntax_error

TEXT = """\
# a comment with = and [brackets]
title = "a # b"
[server]
  drain = "30s"  # so long
"quoted key" = 1
'it"s' = 2
"esc\\u0061ped" = 3
dotted . "in ner".x = 4

[relay]
retry = [ "5m", # five
  "10m",
  ["x"],
]
text = \"\"\"
[not.a.table]
a = \\"\"\" still \"\"\"\"\"
raw = '''
b = 'c'
'''''
inline = { a = 1, b = { c = [ { d = 2 } ] } }
when = 1979-05-27 07:32:00Z
[[relay.routes]]
domain = "a"
[relay.routes.sub]
x = 1
[[relay.routes]]
domain = "b"
[[relay.routes.deep]]
y = 1
[ spaced . out ]
z = 1
"""


def addresses(value, at=()):
    """Yield the address of everything in a tree that `tomllib` read."""
    if at:
        yield at
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from addresses(inner, (*at, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from addresses(inner, (*at, index))


@pytest.mark.parametrize(
    ("address", "line", "column"),
    [
        (("title",), 2, 1),
        (("server",), 3, 1),
        (("server", "drain"), 4, 3),
        (("server", "quoted key"), 5, 1),
        (("server", 'it"s'), 6, 1),
        (("server", "escaped"), 7, 1),
        (("server", "dotted", "in ner", "x"), 8, 19),
        (("relay", "retry"), 11, 1),
        (("relay", "retry", 0), 11, 11),
        (("relay", "retry", 1), 12, 3),
        (("relay", "retry", 2, 0), 13, 4),
        (("relay", "text"), 15, 1),
        (("relay", "raw"), 18, 1),
        (("relay", "inline", "b", "c", 0, "d"), 21, 33),
        (("relay", "when"), 22, 1),
        (("relay", "routes", 0), 23, 1),
        (("relay", "routes", 0, "domain"), 24, 1),
        (("relay", "routes", 0, "sub", "x"), 26, 1),
        (("relay", "routes", 1), 27, 1),
        (("relay", "routes", 1, "deep", 0, "y"), 30, 1),
        (("spaced", "out", "z"), 32, 1),
    ],
)
def test_every_key_has_its_line_and_column(address, line, column):
    assert positions(TEXT)[address] == Position(line, column)


def test_all_that_a_text_holds_has_a_place():
    assert set(addresses(tomllib.loads(TEXT))) <= positions(TEXT).keys()


_KEYS = st.sampled_from(["a", "b-c", '"d e"', "'f.g'", '"\\u0068"', "1", '""'])
_DOTTED = st.lists(_KEYS, min_size=1, max_size=3).map(" . ".join)
_SCALARS = st.sampled_from(
    [
        "1",
        "-1.5e3",
        "true",
        "inf",
        '"a = [1, {b} # no"',
        "'it''",
        "''",
        '"\\""',
        '"""\n[x]\n"" """""',
        "'''\n'' = 1''''",
        "1979-05-27 07:32:00Z",
        "07:32:00",
    ]
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda values: "[ " + " ,\n # ]\n".join(values) + "\n]"),
        st.lists(st.tuples(_KEYS, inner), max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{key}={value}" for key, value in pairs) + "}"
        ),
    ),
    max_leaves=8,
)
_LINES = st.one_of(
    st.tuples(_DOTTED, _VALUES).map(lambda pair: f"{pair[0]} = {pair[1]}  # }} ]"),
    _DOTTED.map(lambda name: f"[{name}]"),
    _DOTTED.map(lambda name: f" [[ {name} ]]"),
    st.just(""),
)


@given(st.lists(_LINES, max_size=12).map("\n".join))
@example("a = '''''''")
@example('a = """"""""')
@example("a = []\n[[b]]\nc.d = 1\n[[b]]\nc.d = 2")
def test_whatever_tomllib_reads_has_a_place_for_every_key(text):
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(addresses(tree)) <= positions(text).keys()


@pytest.mark.parametrize(
    "text",
    ["a = '" + "\\" * 200_000 + "'", "[a]\n" * 1 + "#" * 200_000, "a=[" + "1," * 100_000 + "]"],
)
def test_the_time_is_linear(text):
    started = time.process_time()
    positions(text)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("text", "what", "line", "column"),
    [
        ("a = \n", "Invalid value", 1, 5),
        ("a = 1\na = 2\n", "Cannot overwrite a value", 2, 6),
        ("[a\n", "Expected ']' at the end of a table declaration", 1, 3),
        ('x = "abc', "Unterminated string at the end", 1, 9),
        ("x = 2020-02-30", "Invalid date or datetime", 1, 5),
    ],
)
def test_a_syntax_error_has_its_place(text, what, line, column):
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    assert syntax_error(caught.value, text) == (what, Position(line, column))
