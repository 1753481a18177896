"""The chat window's stream, and what it means for mails to who looks at it."""

import asyncio
from contextlib import asynccontextmanager

from starlette.requests import Request

from gateway.flow.drafts import AnswerDraft
from gateway.web.assets import Assets
from gateway.web.live import Live
from gateway.web.pages import Pages
from gateway.web.rendering import environment
from tests.web.kit import HOST, with_web


class Reader:
    """A browser at the stream of a page."""

    def __init__(self, web, view):
        self.gone = False
        pages = Pages(environment(), Assets(), HOST, web.services.unknown_links)
        self._live = Live(web.services, pages, None)
        token = view.removeprefix("/c/")
        scope = {"type": "http", "method": "GET", "path": f"{view}/events", "query_string": b""}
        scope |= {"headers": [], "path_params": {"token": token}}
        self._request = Request(scope, self._receive)

    async def _receive(self):
        if not self.gone:
            await asyncio.sleep(3600)
        return {"type": "http.disconnect"}

    async def open(self):
        answer = await self._live.follow_chat(self._request)
        self.lines = answer.body_iterator
        return await anext(self.lines)

    async def rest(self):
        return [line async for line in self.lines]


@asynccontextmanager
async def reading(web, view):
    reader = Reader(web, view)
    async with asyncio.timeout(20):
        await reader.open()
        yield reader


async def state_of(web, message):
    found = await web.context.store.read(lambda work: work.deliveries.of_messages([message.id]))
    return found[message.id][0].state


async def answer(web, sent):
    draft = AnswerDraft("Yes, it is.")
    return await web.services.conversing.answer(web.tenant, sent.invoice.conversation_id, draft)


@with_web()
async def test_who_reads_along_is_told_and_then_needs_no_mail(web):
    sent, view, _ = await web.send()
    async with reading(web, view) as reader:
        told = asyncio.ensure_future(anext(reader.lines))
        message = await answer(web, sent)
        assert (await told).startswith("event: changed\n")
        going_on = asyncio.ensure_future(anext(reader.lines))
        while await state_of(web, message) != "shown_in_chat":
            await web.context.store.wait("events", 0, 0.1)
        reader.gone = True
        going_on.cancel()


@with_web()
async def test_who_leaves_before_it_was_shown_gets_the_mail_at_once(web):
    sent, view, _ = await web.send()
    async with reading(web, view) as reader:
        message = await answer(web, sent)
        reader.gone = True
        await reader.rest()
        while True:
            found = await web.context.store.read(
                lambda work: work.deliveries.of_messages([message.id])
            )
            (delivery,) = found[message.id]
            if delivery.next_attempt_at <= web.context.clock.now():
                break
            await web.context.store.wait("deliveries", 0, 0.1)
        assert delivery.state == "queued"
