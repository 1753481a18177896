"""Where trace fields end."""

import pytest

from gateway.mail.trace import below_trace


@pytest.mark.parametrize(
    ("trace", "rest"),
    [
        pytest.param(b"", b"From: a@b\r\nReceived: late\r\n\r\nhi", id="none on top"),
        pytest.param(b"Received: by x\r\n", b"Subject: s\r\n\r\nhi", id="one"),
        pytest.param(
            b"Return-Path: <a@b>\r\nReceived: from x\r\n\tby y;\r\n Mon\r\n",
            b"DKIM-Signature: v=1\r\n\r\n",
            id="folded",
        ),
        pytest.param(b"RECEIVED: a\r\nDelivered-To: b\r\n", b"\r\nbody", id="letter case"),
        pytest.param(b"", b"Received: cut off", id="never ends"),
        pytest.param(b"", b"", id="empty"),
    ],
)
def test_the_same_mail_by_two_ways_differs_in_trace_fields_alone(trace, rest):
    assert below_trace(trace + rest) == len(trace)
