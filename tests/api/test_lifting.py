import base64
import binascii
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.base64text import BadBase64, decoded
from gateway.api.lifting import Lifted, TooMuch, lift
from gateway.ports.reception import Content

LARGE = os.urandom(1_000_000)


def lifted_of(text, directory, *, most=100_000):
    """Return the JSON that remains, and its files by the word in their place."""
    source = directory / "body"
    source.write_bytes(text)
    lifted = Lifted()
    rest = lift(Content(len(text), b"", path=str(source)), directory, lifted, most=most)
    return rest, lifted


def bytes_of(content):
    return content.data if content.path is None else Path(content.path).read_bytes()


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(json.dumps, id="compact"),
        pytest.param(lambda value: json.dumps(value, indent=8), id="with white space"),
        pytest.param(lambda value: json.dumps(value).replace("/", "\\/"), id="slashes escaped"),
    ],
)
def test_large_files_are_lifted_and_small_ones_stay(write, tmp_path):
    small = base64.b64encode(b"small").decode()
    value = {
        "pdf": {"filename": "a.pdf", "content": base64.b64encode(LARGE).decode()},
        "attachments": [{"filename": "b", "content": small}],
        "message": 'the key "content": "is only talked about"',
    }
    rest, lifted = lifted_of(write(value).encode(), tmp_path)
    found = json.loads(rest)
    content = lifted.take(found["pdf"].pop("content"))
    assert bytes_of(content) == LARGE
    assert found == {**value, "pdf": {"filename": "a.pdf"}}
    lifted.discard()
    assert [file.name for file in tmp_path.iterdir()] == ["body"]


def test_lines_of_mime_base64_are_one_text(tmp_path):
    text = json.dumps({"content": base64.encodebytes(LARGE).decode()})
    rest, lifted = lifted_of(text.encode(), tmp_path)
    assert bytes_of(lifted.take(json.loads(rest)["content"])) == LARGE


def test_a_file_is_taken_once(tmp_path):
    rest, lifted = lifted_of(
        json.dumps({"content": base64.b64encode(LARGE).decode()}).encode(), tmp_path
    )
    word = json.loads(rest)["content"]
    assert lifted.take(word) is not None
    assert lifted.take(word) is None


def test_what_remains_is_bounded(tmp_path):
    with pytest.raises(TooMuch):
        lifted_of(json.dumps({"text": "x" * 400_000}).encode(), tmp_path)


def test_many_files_are_too_many(tmp_path):
    file = {"content": "eA=="}
    with pytest.raises(TooMuch):
        lifted_of(json.dumps([file] * 200 + ["x" * 300_000]).encode(), tmp_path, most=1_000_000)


@pytest.mark.parametrize(
    "content",
    [
        "!" * 30_000,
        "A" * 30_001,
        "A" * 200_000 + "=" + "A" * 200_000,
        "ž" * 30_000,
    ],
)
def test_what_is_no_base64_leaves_no_file(content, tmp_path):
    with pytest.raises(BadBase64):
        lifted_of(
            f'{{"content": "{content}", "x": "{"y" * 300_000}"}}'.encode(), tmp_path, most=10**6
        )
    assert [file.name for file in tmp_path.iterdir()] == ["body"]


@given(st.binary(max_size=2000))
def test_base64_gives_the_bytes_back(data):
    assert decoded(base64.b64encode(data)) == data


@given(st.binary(max_size=200) | st.text("AZaz09+/=\\n\r\n", max_size=40).map(str.encode))
def test_any_text_is_base64_exactly_where_the_standard_library_says_so(text):
    plain = text
    for escape, character in ((b"\\/", b"/"), (b"\\n", b""), (b"\\r", b"")):
        plain = plain.replace(escape, character)
    plain = plain.replace(b"\n", b"").replace(b"\r", b"")
    try:
        wanted = binascii.a2b_base64(plain, strict_mode=True)
    except binascii.Error:
        with pytest.raises(BadBase64):
            decoded(text)
    else:
        assert decoded(text) == wanted
