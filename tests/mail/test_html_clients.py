"""HTML as the clients of the world write answers: tests/cases/clients/html, one file a client.

Each says the same words above the same quotation; most announce it in no language at all.
"""

from pathlib import Path

import pytest

from gateway.mail.message import read

CASES = sorted((Path(__file__).parent.parent / "cases" / "clients" / "html").glob("*.html"))


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in CASES])
def test_an_answer_is_told_from_its_quotation(path: Path) -> None:
    reading = read(b"Content-Type: text/html; charset=utf-8\r\n\r\n" + path.read_bytes())
    assert reading.text == "Sure, tomorrow."
    assert "Please pay" in reading.quoted_text
