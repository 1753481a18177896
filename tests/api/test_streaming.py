import pytest
from starlette.datastructures import Headers

from gateway.api.streaming import Download, disposition, download
from tests.smtp.loops import in_loop

FILE = bytes(range(100))


async def pieces():
    for start in range(0, 100, 7):
        yield FILE[start : start + 7]


async def asked(**headers):
    named = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    answer = await download(named, Download("a.bin", "text/html", 100, pieces(), "tag"))
    if not hasattr(answer, "body_iterator"):
        return answer, b""
    return answer, b"".join([piece async for piece in answer.body_iterator])


@pytest.mark.parametrize(
    ("wanted", "status", "start", "end"),
    [
        ("bytes=0-9", 206, 0, 10),
        ("bytes=95-", 206, 95, 100),
        ("bytes=-5", 206, 95, 100),
        ("bytes=90-1000", 206, 90, 100),
        ("bytes=0-1,5-6", 200, 0, 100),
        ("bytes=" + "0-1," * 10_000 + "0-1", 200, 0, 100),
        ("bytes=" + "9" * 5000 + "-", 200, 0, 100),
        ("lines=1-2", 200, 0, 100),
        ("bytes=9-1", 416, 0, 0),
        ("bytes=100-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
    ],
)
@in_loop
async def test_a94_one_range_is_given(wanted, status, start, end):
    answer, data = await asked(range=wanted)
    assert (answer.status_code, data) == (status, FILE[start:end])
    if status == 206:
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/100"
        assert answer.headers["content-length"] == str(end - start)


@in_loop
async def test_a_range_of_other_bytes_is_not_given():
    answer, data = await asked(range="bytes=0-9", if_range='"another"')
    assert (answer.status_code, data) == (200, FILE)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a.pdf", "attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf"),
        ('a"b.pdf', "attachment; filename=\"a_b.pdf\"; filename*=UTF-8''a%22b.pdf"),
        ("a\r\nb", "attachment; filename=\"a__b\"; filename*=UTF-8''a%0D%0Ab"),
        ("ž", "attachment; filename=\"_\"; filename*=UTF-8''%C5%BE"),
    ],
)
def test_a_name_stands_in_ascii_and_as_it_is(name, shown):
    assert disposition(name) == shown
