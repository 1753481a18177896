"""What a next hop replied, made fit to be kept and shown: its words are hostile input."""

import re

from gateway.mail.replies import Reply

MOST_CHARS = 4000
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:[ \t]+|$)")
_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def read_reply(code: int, message: str) -> Reply:
    """Return the reply without enhanced statuses in its text, which is cut if it is long.

    message: the lines without codes, joined by LF; bytes beyond UTF-8 as surrogates.
    RFC 2034, section 4: the status stands at the beginning of each line.
    """
    lines = message[: 2 * MOST_CHARS].split("\n")
    enhanced = ""
    for number, line in enumerate(lines):
        found = _STATUS.match(line)
        # A status of another class than the code's is a part of the text.
        if found is None or found[1][0] != str(code)[0]:
            continue
        enhanced = enhanced or found[1]
        if found[1] == enhanced:
            lines[number] = line[found.end() :]
    text = "\n".join(lines).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return Reply(code, enhanced, _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)[:MOST_CHARS])
