"""The line that tells of a promise to pay, in its reader's language."""

from gateway.rules.model import Message
from gateway.rules.promises import told_by
from gateway.web.wording import Wording


def promise_line(message: Message, say: Wording) -> str:
    """Return the line; that of an earlier version is the words that it was stored with."""
    told = told_by(message)
    if told is None:
        return message.text
    name = message.from_.name or message.from_.address
    facts = {"name": name, "number": told.number, "date": say.day(told.on)}
    if told.is_withdrawn:
        return say.text("{name} no longer says that {number} will be paid by {date}.", **facts)
    return say.text("{name} says: will pay {number} by {date}.", **facts)
