"""Mail that came in, as everybody may see it: without tokens that only its writer was given."""

from dataclasses import replace

from gateway.mail.mailbox import Mailbox
from gateway.mail.reading import Reading
from gateway.rules.redaction import without_tokens
from gateway.rules.tokens import Keyring


def redacted(keys: Keyring, reading: Reading) -> Reading:
    """Return the reading without our tokens in its texts and in the addresses it went to."""

    def plain(text: str) -> str:
        return without_tokens(keys, text)

    def boxes(mailboxes: tuple[Mailbox, ...]) -> tuple[Mailbox, ...]:
        return tuple(Mailbox(plain(one.name), plain(one.address)) for one in mailboxes)

    forwarded = reading.forwarded
    if forwarded is not None:
        forwarded = replace(forwarded, text=plain(forwarded.text))
    return replace(
        reading,
        to=boxes(reading.to),
        cc=boxes(reading.cc),
        subject=plain(reading.subject),
        text=plain(reading.text),
        quoted_text=plain(reading.quoted_text),
        signature=plain(reading.signature),
        full_text=plain(reading.full_text),
        html=plain(reading.html) if reading.html else reading.html,
        forwarded=forwarded,
    )
