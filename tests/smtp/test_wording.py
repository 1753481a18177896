"""Replies as they go over the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.replies import Reply
from gateway.smtp.wording import written


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (Reply(250, "2.0.0", "OK"), b"250 2.0.0 OK\r\n"),
        (Reply(250, "", "mail.test"), b"250 mail.test\r\n"),
        (Reply(250, "", "mail.test\nSIZE 1\nDSN"), b"250-mail.test\r\n250-SIZE 1\r\n250 DSN\r\n"),
        (Reply(550, "5.7.1", "a\nb"), b"550-5.7.1 a\r\n550 5.7.1 b\r\n"),
    ],
)
def test_a_reply_as_lines(reply, line):
    assert written(reply) == line


@given(st.text())
def test_any_text_makes_lines_of_one_reply(text):
    lines = written(Reply(550, "5.7.1", text)).split(b"\r\n")
    assert lines.pop() == b""
    assert [line[:10] for line in lines[:-1]] == [b"550-5.7.1 "] * (len(lines) - 1)
    assert lines[-1].startswith(b"550 5.7.1 ") or lines[-1] == b"550 5.7.1"
    assert all(len(line) <= 510 and line.isascii() for line in lines)
    assert not any(octet < 32 for line in lines for octet in line)
