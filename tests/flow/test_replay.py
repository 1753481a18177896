"""Kept mail read again: what differs is told, then mended; what people built upon stays."""

import asyncio
from dataclasses import replace

from gateway.flow.replay import Replay
from gateway.mail.errors import MailError
from gateway.mail.message import read
from gateway.mail.reading import Attachment
from gateway.ports.lists import Page
from gateway.store.verify import findings
from tests.fakes import HereParser
from tests.flow.desk import open_desk

MAIL = (
    b"From: jana@client.example\nTo: acme-sro@mail.example.com\nSubject: Cables\n"
    b"Message-ID: <a@client>\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nThe text.\n\n> old words\n'
    b"--b\nContent-Type: application/pdf; name=x.pdf\n\n%PDF-1.4\n--b--\n"
)
ADDRESS = "acme-sro@mail.example.com"


class LaterParser(HereParser):
    """A parser as it will be: it reads more."""

    def __init__(self, change):
        super().__init__()
        self._change = change

    async def read(self, content, *, null_sender=False):
        return self._change(read(content, null_sender=null_sender))


def run(tmp_path, work):
    async def scene():
        async with open_desk(tmp_path) as desk:
            return await work(desk)

    return asyncio.run(scene())


async def replay(desk, change=lambda reading: reading, *, dry_run=False, since=None):
    replaying = Replay(desk.context, LaterParser(change), dry_run=dry_run)
    return await replaying.page(Page(100), since)


def mended(reading):
    return replace(reading, text="The text, mended.", quoted_text="> old")


def test_what_is_read_as_before_does_not_differ(tmp_path):
    async def work(desk):
        await desk.receive(MAIL, ADDRESS)
        return await replay(desk)

    replayed = run(tmp_path, work)
    assert (replayed.differences, replayed.looked_at, replayed.next_cursor) == ((), 1, None)


def test_a_dry_run_tells_and_changes_nothing(tmp_path):
    async def work(desk):
        before = await desk.message(await desk.receive(MAIL, ADDRESS))
        events = await desk.events()
        (difference,) = (await replay(desk, mended, dry_run=True)).differences
        same = await desk.message(before.id) == before and await desk.events() == events
        return difference.changes["text"], set(difference.changes), same

    text, names, same = run(tmp_path, work)
    assert text["is"] == "The text, mended."
    assert (names, same) == ({"text", "quoted_text"}, True)


def test_a_replay_mends_the_text_and_tells_of_the_conversation_once(tmp_path):
    async def work(desk):
        before = await desk.message(await desk.receive(MAIL, ADDRESS))
        told = len(await desk.events())
        await replay(desk, mended)
        after = await desk.message(before.id)
        conversation = await desk.conversation(before.conversation_id)
        again = await replay(desk, mended)
        return before, after, conversation, [e.type for e in (await desk.events())[told:]], again

    before, after, conversation, events, again = run(tmp_path, work)
    assert after == replace(before, text="The text, mended.", quoted_text="> old")
    assert conversation.last_message == "The text, mended."
    assert (events, again.differences) == (["conversation.updated"], ())


def test_documents_keep_their_ids_and_none_is_lost(tmp_path):
    def renamed(reading):
        (old,) = reading.attachments
        new = Attachment("new.txt", "text/plain", 3, read_hash(b"new"), content=b"new")
        return replace(reading, attachments=(new, replace(old, filename="offer.pdf")))

    def emptied(reading):
        return replace(reading, attachments=())

    async def work(desk):
        before = await desk.message(await desk.receive(MAIL, ADDRESS))
        await replay(desk, renamed)
        after = await desk.message(before.id)
        await replay(desk, emptied)
        kept = await desk.message(before.id)
        return before, after, kept, await findings(desk.context.store, desk.context.blobs)

    before, after, kept, found = run(tmp_path, work)
    assert [one.filename for one in after.attachments] == ["offer.pdf", "new.txt"]
    assert after.attachments[0].id == before.attachments[0].id
    assert (kept.attachments, found) == (after.attachments, [])


def read_hash(octets):
    import hashlib

    return hashlib.sha256(octets).hexdigest()


def test_a_message_is_never_moved(tmp_path):
    async def work(desk):
        first = await desk.message(await desk.receive(MAIL, ADDRESS))
        lost = MAIL.replace(b"<a@client>", b"<b@client>").replace(b"Cables", b"Other")
        second = await desk.message(await desk.receive(lost, ADDRESS))

        def found(reading):
            is_second = reading.message_id == "b@client"
            return replace(reading, references=("a@client",)) if is_second else reading

        (difference,) = (await replay(desk, found)).differences
        return first, second, difference.elsewhere, await desk.message(second.id)

    first, second, elsewhere, after = run(tmp_path, work)
    assert (elsewhere["conversation_id"], elsewhere["rule"]) == (
        first.conversation_id,
        "references",
    )
    assert (after.conversation_id, after.threading) == (second.conversation_id, second.threading)
    assert after.references == ("a@client",)


def test_what_can_be_read_no_more_is_told_and_kept(tmp_path):
    def fails(reading):
        raise MailError("no more")

    async def work(desk):
        before = await desk.message(await desk.receive(MAIL, ADDRESS))
        (difference,) = (await replay(desk, fails)).differences
        return difference.trouble, await desk.message(before.id) == before

    assert run(tmp_path, work) == ("no more", True)


def test_older_mail_is_left_alone(tmp_path):
    async def work(desk):
        await desk.receive(MAIL, ADDRESS)
        desk.clock.pass_by(days=1)
        return await replay(desk, mended, since=desk.clock.now())

    assert run(tmp_path, work).looked_at == 0
