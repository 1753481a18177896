"""What a message of ours refers to, and what it is called."""

from collections.abc import Sequence

from gateway.mail.fields import presentable
from gateway.rules.model import Conversation, Direction, Message

_MOST_REFERENCES = 20
_SNIPPET_CHARS = 140


def references_of(messages: Sequence[Message]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return In-Reply-To and References of the next message of a conversation.

    messages: those before, oldest first; notes and chat messages have no Message-ID that a
    mail program knows, and answers that were taken back never left, so they aren't referred
    to. The first id always stays, since it is the root that mail programs thread by
    (RFC 5322, section 3.6.4).
    """
    known = [
        message
        for message in messages
        if message.message_id
        and message.raw_sha256
        and (message.visible or message.direction is Direction.IN)
    ]
    if not known:
        return (), ()
    chain: list[str] = []
    for message in known:
        for message_id in (*message.references, message.message_id or ""):
            if message_id and message_id not in chain:
                chain.append(message_id)
    if len(chain) > _MOST_REFERENCES:
        chain = [chain[0], *chain[-_MOST_REFERENCES + 1 :]]
    last = known[-1].message_id or ""
    chain = [*(entry for entry in chain if entry != last), last]
    return (last,), tuple(chain)


def answer_subject(conversation: Conversation) -> str:
    """Return the subject of a message in a conversation: "Re: " before it, once."""
    subject = presentable(conversation.subject).strip() or "(no subject)"
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def snippet_of(text: str) -> str:
    """Return the beginning of a text, on one line, for lists."""
    line = " ".join(text[: _SNIPPET_CHARS * 4].split())
    return line if len(line) <= _SNIPPET_CHARS else line[: _SNIPPET_CHARS - 1].rstrip() + "…"
