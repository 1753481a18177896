"""File names are safe wherever they go."""

import pytest

from gateway.mail.filenames import safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        pytest.param("invoice.pdf", "invoice.pdf", id="plain"),
        pytest.param("Faktúra č. 1.pdf", "Faktúra č. 1.pdf", id="letters of any alphabet"),
        pytest.param("../../etc/cron.d/x", "x", id="path"),
        pytest.param("C:\\temp\\x.pdf", "x.pdf", id="path of Windows"),
        pytest.param("a\r\nb/c.svg", "c.svg", id="line ends"),
        pytest.param('a<b>:"c"|d?*.txt', "a_b___c__d__.txt", id="characters that Windows refuses"),
        pytest.param("x\u202efdp.exe", "xfdp.exe", id="text turned around"),
        pytest.param(".htaccess", "htaccess", id="hidden"),
        pytest.param("nul.txt", "_nul.txt", id="device"),
        pytest.param("..", "attachment.pdf", id="nothing left"),
        pytest.param("", "attachment.pdf", id="no name"),
        pytest.param("é" * 200 + ".pdf", "é" * 98 + ".pdf", id="too long"),
    ],
)
def test_a96_a_name_becomes_safe(name: str, safe: str) -> None:
    assert safe_name(name, "application/pdf") == safe


def test_a_file_without_a_name_gets_one_that_says_what_it_is() -> None:
    assert safe_name("", "message/rfc822", otherwise="Re: a/b") == "Re_ a_b.eml"


@pytest.mark.parametrize(
    ("kind", "name"),
    [("image/webp", "attachment.webp"), ("image/x-icon", "attachment.icon"), ("x/y", "attachment")],
)
def test_the_extension_follows_the_kind(kind: str, name: str) -> None:
    assert safe_name("", kind) == name
