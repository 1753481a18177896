import os
from pathlib import Path

import pytest

from gateway.runtime.http.multipart import BadForm, read_form
from tests.smtp.loops import in_loop

TYPE = "multipart/form-data; boundary=edge"


async def chunks(octets, step=1000):
    for start in range(0, len(octets), step):
        yield octets[start : start + step]


def part(name, data, more="", kind=""):
    head = f'--edge\r\nContent-Disposition: form-data; name="{name}"{more}\r\n{kind}\r\n'
    return head.encode() + data + b"\r\n"


def same(content, data):
    return Path(content.path).read_bytes() == data


END = b"--edge--\r\n"


@in_loop
async def test_fields_and_files_come_in_their_order(tmp_path):
    large = os.urandom(600_000)
    body = (
        part("invoice", b"{}")
        + part("pdf", large, '; filename="ž.pdf"', "Content-Type: application/pdf\r\n")
        + END
    )
    form = await read_form(TYPE, chunks(body), tmp_path)
    field, file = form.parts
    content = await file.intake.finish()
    assert (field.name, field.filename, (await field.intake.finish()).data) == (
        "invoice",
        None,
        b"{}",
    )
    assert (file.filename, file.content_type, content.size) == ("ž.pdf", "application/pdf", 600_000)
    assert same(content, large)
    assert content.head == large[:4096]
    form.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param("multipart/form-data", END, id="no boundary"),
        pytest.param(TYPE, part("a", b"b"), id="breaks off"),
        pytest.param(TYPE, b"nonsense", id="no form"),
        pytest.param(TYPE, part("a", b"") * 200 + END, id="too many parts"),
        pytest.param(TYPE, part("a", b"x" * 2_200_000) + END, id="a field beyond measure"),
        pytest.param(TYPE, part("a", b"", kind="X: " + "y" * 1_000_000) + END, id="a huge header"),
        pytest.param(TYPE, b"--edge\r\nX: y\r\n\r\nz\r\n" + END, id="a part without a name"),
        pytest.param(
            TYPE, part("f", b"x" * 600_000, '; filename="a"'), id="a file that breaks off"
        ),
    ],
)
@in_loop
async def test_a117_a_bad_form_leaves_nothing_behind(content_type, body, tmp_path):
    with pytest.raises(BadForm):
        await read_form(content_type, chunks(body, 70_000), tmp_path)
    assert list(tmp_path.iterdir()) == []
