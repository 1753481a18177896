"""What `/raw` gives of mail that came in, taken apart as an outsider would."""

import re

_OURS = re.compile(
    rb"Return-Path: <[^\r\n]*>\r\n"
    rb"(Authentication-Results: (?:[^\r\n]*\r\n[ \t])*[^\r\n]*\r\n)"
    rb"(Received: (?:[^\r\n]*\r\n[ \t])*[^\r\n]*\r\n)"
)


def as_received(raw):
    """Return the bytes below our own trace headers; fails if these are not on top."""
    found = _OURS.match(raw)
    assert found, raw[:300]
    return raw[found.end() :]


def results(raw):
    """Return our Authentication-Results, unfolded."""
    return re.sub(r"\r\n[ \t]", " ", _OURS.match(raw)[1].decode()).strip()


def received(raw):
    """Return our Received, unfolded."""
    return re.sub(r"\r\n[ \t]", " ", _OURS.match(raw)[2].decode()).strip()
