import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.replies import Reply
from gateway.smtp.hop_replies import MOST_CHARS, read_reply

UNSEEN = "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("code", "message", "reply"),
    [
        pytest.param(250, "2.0.0 Ok: queued", Reply(250, "2.0.0", "Ok: queued"), id="plain"),
        pytest.param(250, "Ok", Reply(250, "", "Ok"), id="no status"),
        pytest.param(550, "5.1.1", Reply(550, "5.1.1", ""), id="status alone"),
        pytest.param(250, "", Reply(250, "", ""), id="nothing"),
        pytest.param(
            550,
            "5.1.1 The address\n5.1.1 is unknown.\nBye",
            Reply(550, "5.1.1", "The address\nis unknown.\nBye"),
            id="lines",
        ),
        pytest.param(
            550, "Sorry\n5.7.1 blocked", Reply(550, "5.7.1", "Sorry\nblocked"), id="second line"
        ),
        pytest.param(550, "4.2.1 Odd", Reply(550, "", "4.2.1 Odd"), id="another class"),
        pytest.param(550, "5.1.1x Odd", Reply(550, "", "5.1.1x Odd"), id="no status at all"),
        pytest.param(550, "5.1.1111 Odd", Reply(550, "", "5.1.1111 Odd"), id="too many digits"),
        pytest.param(
            550,
            "5.1.1 One\n5.2.2 two",
            Reply(550, "5.1.1", "One\n5.2.2 two"),
            id="statuses that differ",
        ),
        pytest.param(550, "a\x00\x1b[2J\x7f\x9bb", Reply(550, "", f"a{UNSEEN * 2}[2J{UNSEEN * 2}b"),
                     id="controls"),
        pytest.param(550, "\udcff\udcc3", Reply(550, "", UNSEEN * 2), id="bytes beyond UTF-8"),
    ],
)  # fmt: skip
def test_replies_are_read(code, message, reply):
    assert read_reply(code, message) == reply


@given(st.integers(200, 599), st.text(max_size=100))
def test_a149_any_reply_can_be_kept_as_text(code, message):
    assert isinstance(read_reply(code, message).text.encode(), bytes)


def test_a_long_reply_is_cut():
    assert len(read_reply(550, "5.1.1 " + "x" * 100_000).text) == MOST_CHARS
