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
_TOKEN = re.compile(
    "|".join(
        rf"(?<![A-Za-z0-9]){label.mark}[a-z2-7]{{{label.chars - 1}}}(?![A-Za-z0-9])"
        for label in _READERS
    ),
    re.IGNORECASE,
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
