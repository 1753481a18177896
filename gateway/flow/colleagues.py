"""Who of a company is at the same conversation: kept as facts, so that all processes know it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from gateway.flow.context import Context
from gateway.flow.refusal import not_found
from gateway.ports.store import Work
from gateway.rules.colleagues import (
    Colleague,
    Doing,
    is_there,
    kept,
    others,
    read,
    says_nothing_new,
)

_PREFIX = "here:"
_MOST = 50


class Colleagues:
    """Knows who looks at, and who writes in, a conversation of the Inbox."""

    def __init__(self, context: Context) -> None:
        """Work on these ports."""
        self._context = context

    async def tell(
        self, tenant_id: str, conversation_id: str, who: str, told: tuple[str, Doing]
    ) -> Sequence[Colleague]:
        """Note what somebody does at a conversation; return who else is there.

        who: tells sessions apart; told: the name, and what they do.

        Raises Refused: NOT_FOUND for the conversation.
        """
        context, now = self._context, self._context.clock.now()
        place = f"{_PREFIX}{tenant_id}:{conversation_id}:"
        name, doing = told
        mine = Colleague(name, doing, now.isoformat())

        def look(work: Work) -> Mapping[str, Colleague]:
            if work.conversations.get(tenant_id, conversation_id) is None:
                raise not_found("conversation")
            found = work.facts.under(place, _MOST)
            return {fact.removeprefix(place): read(text) for fact, text in found.items()}

        here = await context.store.read(look)
        if doing is Doing.GONE:
            await context.store.write(lambda work: work.facts.remove(place + who))
        elif not says_nothing_new(here.get(who), mine):
            await context.store.write(lambda work: _put(work, place + who, mine, now))
        return others(here, who, now)


def _put(work: Work, fact: str, mine: Colleague, now: datetime) -> None:
    """Keep it, and forget some of those who went without a word."""
    for name, text in work.facts.under(_PREFIX, _MOST).items():
        if name != fact and not is_there(read(text), now):
            work.facts.remove(name)
    work.facts.put(fact, kept(mine))
