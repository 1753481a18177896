"""Messages in, as everybody may see them: without tokens that only their writer was given."""

from dataclasses import replace

from gateway.flow.context import Context
from gateway.mail.mailbox import Mailbox
from gateway.rules.model import Message
from gateway.rules.redaction import without_tokens


def redacted(context: Context, message: Message) -> Message:
    """Return the message without our tokens in its texts and addresses."""
    keys = context.keys

    def plain(text: str) -> str:
        return without_tokens(keys, text)

    def boxes(mailboxes: tuple[Mailbox, ...]) -> tuple[Mailbox, ...]:
        return tuple(Mailbox(plain(one.name), plain(one.address)) for one in mailboxes)

    forwarded = message.forwarded
    if forwarded is not None:
        forwarded = {**forwarded, "text": plain(str(forwarded.get("text") or ""))}
    return replace(
        message,
        to=boxes(message.to),
        cc=boxes(message.cc),
        subject=plain(message.subject),
        text=plain(message.text),
        quoted_text=plain(message.quoted_text),
        signature=plain(message.signature),
        full_text=plain(message.full_text),
        html=plain(message.html) if message.html else message.html,
        forwarded=forwarded,
    )
