"""Our tokens in what people write: taken out before it is shown to somebody else.

Who answers quotes the mail that they got, with their own link and reply address in it.
"""

import re

from gateway.rules.tokens import (
    Keyring,
    Label,
    read_answer_token,
    read_chat_token,
    read_pdf_token,
    read_reminders_token,
)

HIDDEN = "…"
_READERS = {
    Label.ANSWER: read_answer_token,
    Label.CHAT: read_chat_token,
    Label.PDF: read_pdf_token,
    Label.REMINDERS: read_reminders_token,
}
_MARKS = "".join(label.mark for label in _READERS)
_TAILS = sorted(label.chars - 1 for label in _READERS)
# Begins with the rarest of its conditions: looking back at every letter costs ten times as much.
_TOKEN = re.compile(
    rf"[{_MARKS}{_MARKS.upper()}](?<![A-Za-z0-9].)"
    rf"[a-zA-Z2-7]{{{_TAILS[0]},{_TAILS[-1]}}}(?![A-Za-z0-9])"
)


def without_tokens(keys: Keyring, text: str) -> str:
    """Return a text, plain or HTML, in which no token of ours permits anything any more.

    What only looks like one stays. Linear.
    """

    def hidden(found: re.Match[str]) -> str:
        token = found[0]
        ours = any(
            len(token) == label.chars and read(keys, token) is not None
            for label, read in _READERS.items()
        )
        return HIDDEN if ours else token

    return _TOKEN.sub(hidden, text)
