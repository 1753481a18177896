"""Transfer encodings are undone, damaged ones as far as possible."""

import pytest

from gateway.mail.content import undo


@pytest.mark.parametrize(
    ("octets", "encoding", "content"),
    [
        pytest.param(b"SGVsbG8=", "base64", b"Hello", id="base64"),
        pytest.param(b"SGVs\r\nbG8=\r\n", "base64", b"Hello", id="base64 in lines"),
        pytest.param(b"SGVsbG8", "base64", b"Hello", id="base64 without padding"),
        pytest.param(b"SGVsbG8=\r\nSGVsbG8=\r\n", "base64", b"HelloHello", id="encoders joined"),
        pytest.param(b"SGVsbG8=\r\n-- \r\nfooter", "base64", b"Hello", id="footer behind it"),
        pytest.param(b"This is not, well, base64!", "base64", b"This is not, well, base64!",
                     id="base64 that is none"),
        pytest.param(b"a=C3=A9=\r\nb", "quoted-printable", b"a\xc3\xa9b", id="quoted-printable"),
        pytest.param(b"50% = half =ZZ", "quoted-printable", b"50% = half =ZZ", id="stray ="),
        pytest.param(b"as it is", "7vit", b"as it is", id="unknown"),
    ],
)  # fmt: skip
def test_content_is_decoded(octets: bytes, encoding: str, content: bytes) -> None:
    assert undo(octets, encoding) == content
