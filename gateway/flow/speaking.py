"""The customer chooses the language of their pages."""

from dataclasses import replace

from gateway.flow.context import Context
from gateway.flow.links import enter, link_of
from gateway.ports.store import Work


async def speak(context: Context, token: str, locale: str) -> None:
    """Show the link's conversation in a language from now on, and write its mails in it.

    Raises Refused: NOT_FOUND or GONE for the link.
    """
    link, now = link_of(context, token), context.clock.now()

    def store(work: Work) -> None:
        _, _, conversation = enter(work, link, now)
        if conversation.locale != locale:
            work.conversations.change(replace(conversation, locale=locale))

    await context.store.write(store)
