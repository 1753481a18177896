"""Our tokens in what people write: taken out before it is shown to somebody else.

Who answers quotes the mail that they got, with their own link and reply address in it.
"""

from gateway.rules.token_search import Shape
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
_SHAPE = Shape(*_READERS)


def without_tokens(keys: Keyring, text: str) -> str:
    """Return a text, plain or HTML, in which no token of ours permits anything any more.

    What only looks like one stays. Linear.
    """

    def hidden(token: str) -> str:
        ours = any(
            len(token) == label.chars and read(keys, token) is not None
            for label, read in _READERS.items()
        )
        return HIDDEN if ours else token

    return _SHAPE.replaced(text, hidden)
