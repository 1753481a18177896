"""Address fields are read as a person would read them."""

import pytest

from gateway.mail.address_list import LIMIT, parse_addresses


@pytest.mark.parametrize(
    ("field", "people"),
    [
        pytest.param("a@b", [("", "a@b")], id="bare"),
        pytest.param("Jana <a@b>", [("Jana", "a@b")], id="named"),
        pytest.param('"Nováková, Jana" <a@b>', [("Nováková, Jana", "a@b")], id="quoted"),
        pytest.param("Nováková, Jana <a@b>, c@d", [("Nováková, Jana", "a@b"), ("", "c@d")],
                     id="comma in a name without quotes"),
        pytest.param('"Joe \\"Q\\" P" <a@b>', [('Joe "Q" P', "a@b")], id="escapes"),
        pytest.param("=?utf-8?q?Nov=C3=A1k=2C_J?= <a@b>", [("Novák, J", "a@b")], id="encoded"),
        pytest.param('"=?utf-8?q?J=C3=A1n?=" <a@b>', [("Ján", "a@b")], id="encoded in quotes"),
        pytest.param("=?utf-8?q?x:_y?= <a@b>", [("x: y", "a@b")], id="colon in an encoded word"),
        pytest.param("a@b (Jana)", [("Jana", "a@b")], id="name in a comment"),
        pytest.param("Pete(A \\) chap) <pete(his)@host>", [("Pete", "pete@host")], id="comments"),
        pytest.param("G: A <a@b>, c@d;, e@f", [("A", "a@b"), ("", "c@d"), ("", "e@f")], id="group"),
        pytest.param("undisclosed-recipients:;", [], id="empty group"),
        pytest.param("a@b; c@d", [("", "a@b"), ("", "c@d")], id="semicolon"),
        pytest.param("a@b c@d", [("", "a@b"), ("", "c@d")], id="no comma"),
        pytest.param("A <a@b> C <c@d>", [("A", "a@b"), ("C", "c@d")], id="no comma between names"),
        pytest.param("<@r,@s:a@b>", [("", "a@b")], id="route"),
        pytest.param("<a@b", [("", "a@b")], id="never closed"),
        pytest.param('"x <a@b>, c@d', [("x", "a@b"), ("", "c@d")], id="quote never closed"),
        pytest.param("a@b . example", [("", "a@b.example")], id="spaces around dots"),
        pytest.param("'a@b' <a@b>", [("a@b", "a@b")], id="Outlook's quotes"),
        pytest.param("Jana a@b", [("Jana", "a@b")], id="brackets forgotten"),
        pytest.param("root, a@b", [("", "root"), ("", "a@b")], id="local user"),
        pytest.param("Jana Nováková", [("Jana Nováková", "")], id="name alone"),
        pytest.param('"a@b, <c@d>"', [("a@b, <c@d>", "")], id="addresses in quotes are a name"),
        pytest.param(", , a@b,", [("", "a@b")], id="stray commas"),
        pytest.param('<"a b"@c>', [("", '"a b"@c')], id="quoted local part"),
        pytest.param("", [], id="empty"),
    ],
)  # fmt: skip
def test_mailboxes_are_found(field: str, people: list[tuple[str, str]]) -> None:
    found = parse_addresses([field.encode()])
    assert [(one.name, one.address) for one in found] == people


def test_all_values_of_a_field_count() -> None:
    assert len(parse_addresses([b"a@b", b"c@d"])) == 2


def test_there_is_a_limit() -> None:
    assert len(parse_addresses([b"a@b," * (2 * LIMIT)])) == LIMIT


@pytest.mark.parametrize("piece", ["(", "<", '"', "a,", ":", '"a\\', '<"', "(\\", "=?a?q?x,"])
def test_hostile_fields_are_read_in_time(piece: str) -> None:
    parse_addresses([piece.encode() * 60_000])
