"""Values with parameters, however they are broken."""

import pytest

from gateway.mail.field_values import parse_valued


@pytest.mark.parametrize(
    ("raw", "value", "parameters"),
    [
        pytest.param(b"Text/Plain; Charset=UTF-8", "text/plain", {"charset": "UTF-8"}, id="plain"),
        pytest.param(b'a/b; name="x;y"', "a/b", {"name": "x;y"}, id="semicolon in quotes"),
        pytest.param(b"a; filename=x y;2.pdf; size=3", "a", {"filename": "x y;2.pdf", "size": "3"},
                     id="quotes forgotten"),
        pytest.param(b"a; filename*=UTF-8''%C3%A4; filename=x", "a", {"filename": "ä"},
                     id="RFC 2231 wins"),
        pytest.param(b"a; f*0*=utf-8''a%C3; f*1*=%A4b; f*2=c", "a", {"f": "aäbc"}, id="sections"),
        pytest.param(b"a; f*0=x; f*2=z", "a", {"f": "x"}, id="section missing"),
        pytest.param(b'a; name="=?utf-8?b?w6Q=?="', "a", {"name": "ä"}, id="encoded word"),
        pytest.param("a; name=ä.doc".encode(), "a", {"name": "ä.doc"}, id="raw UTF-8"),
        pytest.param(b'a; name="C:\\x\\y.pdf"', "a", {"name": "C:\\x\\y.pdf"}, id="Windows path"),
        pytest.param(b'a; name="x\\"y"', "a", {"name": 'x"y'}, id="escape"),
        pytest.param(b'a; name="one"; name="two"', "a", {"name": "one"}, id="twice"),
        pytest.param(b'a; name="open; x=y', "a", {"name": "open; x=y"}, id="never closed"),
        pytest.param(b"a/b (comment); x=y", "a/b", {"x": "y"}, id="comment"),
        pytest.param(b"a/b;;;;", "a/b", {}, id="semicolons"),
        pytest.param(b"a/b; utf-8", "a/b", {}, id="no name"),
        pytest.param(b"; name=x", "", {"name": "x"}, id="no value"),
        pytest.param(b"m/x; boundary==_a=", "m/x", {"boundary": "=_a="}, id="equal signs"),
    ],
)  # fmt: skip
def test_parameters_are_what_was_meant(raw: bytes, value: str, parameters: dict[str, str]) -> None:
    found = parse_valued(raw)
    assert (found.value, dict(found.parameters)) == (value, parameters)


@pytest.mark.parametrize("piece", [b";", b"a=;", b'"', b'a="', b"f*0*=x;", b"a=(;", b"a=b=;"])
def test_hostile_values_are_read_in_time(piece: bytes) -> None:
    parse_valued(b"text/plain;" + piece * (65_000 // len(piece)))
