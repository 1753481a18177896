import h11
import pytest

from gateway.runtime.http.strict import StrictConnection

GOOD = b"POST /v1/x?a=b HTTP/1.1\r\nHost: a.example:80\r\nContent-Length: 2\r\n\r\nhi"


def events(octets, *, step=None):
    connection = StrictConnection()
    found = []
    step = step or len(octets)
    for start in range(0, len(octets), step):
        connection.receive_data(octets[start : start + step])
        while True:
            event = connection.next_event()
            if event in (h11.NEED_DATA, h11.PAUSED):
                break
            found.append(event)
            if isinstance(event, h11.EndOfMessage):
                return found
    return found


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_plain_request_is_read_however_it_is_cut(step):
    first, *_, last = events(GOOD, step=step)
    assert (first.target, type(last)) == (b"/v1/x?a=b", h11.EndOfMessage)


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"0\r\n\r\n",
            id="length beside chunks",
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n",
            id="two lengths",
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
            id="unknown transfer encoding",
        ),
        pytest.param(b"GET / HTTP/1.1\nHost: a\n\n", id="LF alone"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", id="one LF alone"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", id="folded line"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nX: b\x00c\r\n\r\n", id="NUL"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nX: b\x01c\r\n\r\n", id="control character"),
        pytest.param(b"GET http://evil.test/ HTTP/1.1\r\nHost: a\r\n\r\n", id="absolute URI"),
        pytest.param(b"GET @evil.test HTTP/1.1\r\nHost: a\r\n\r\n", id="no path"),
        pytest.param(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", id="asterisk"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", id="space in Host"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a/../b\r\n\r\n", id="path in Host"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x@a\r\n\r\n", id="user in Host"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="no Host"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2 preface"),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
            id="100 KB of header",
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 10_000 + b"\r\n", id="10,000 fields"
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"1\r\nx\r\n" * 5000,
            id="tiny chunks",
        ),
    ],
)
def test_a115_a116_a120_a_doubtful_request_is_refused(octets):
    with pytest.raises(h11.RemoteProtocolError):
        events(octets)


def test_chunks_of_honest_size_are_read():
    body = b"".join(b"10\r\n" + b"x" * 16 + b"\r\n" for _ in range(5000)) + b"0\r\n\r\n"
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    found = events(head + body)
    assert sum(len(event.data) for event in found if isinstance(event, h11.Data)) == 80_000
