"""Names of files that strangers choose."""

import pytest

from gateway.web.downloads import disposition, media_type
from gateway.web.uploads import clean_name


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("Účet č. 1.pdf", "Účet č. 1.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\a.pdf", "a.pdf"),
        ("a\r\nb\0.pdf", "a b .pdf"),
        ("gpj.\u202eexe", "gpj. exe"),
        ("invoice.exe.", "invoice.exe"),
        ("...", "file"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("y" * 300, "y" * 150),
    ],
)
def test_file_names_lose_what_could_do_harm(given, clean):
    assert clean_name(given) == clean


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a.pdf", "attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf"),
        ('a"b\\.pdf', "attachment; filename=\"a_b_.pdf\"; filename*=UTF-8''a%22b%5C.pdf"),
        ("", "attachment; filename=\"file\"; filename*=UTF-8''file"),
        ("€.pdf", "attachment; filename=\"_.pdf\"; filename*=UTF-8''%E2%82%AC.pdf"),
        ("a\r\nX: y", "attachment; filename=\"a__X: y\"; filename*=UTF-8''a%0D%0AX%3A%20y"),
    ],
)
def test_a93_the_name_of_a_download_cannot_leave_its_header(name, header):
    assert disposition(name) == header


@pytest.mark.parametrize(
    ("claimed", "sent"),
    [
        ("application/pdf", "application/pdf"),
        ("image/png; x=y", "image/png"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/javascript", "application/octet-stream"),
        ("nonsense\r\nX: y", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_a91_types_that_run_are_not_sent(claimed, sent):
    assert media_type(claimed) == sent
