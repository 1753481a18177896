"""What archives and replays ask of the store: documents that are called anew, names of others."""

from dataclasses import replace

import pytest

from gateway.rules.model import IMPORTED, Direction
from tests.store.make import ACME, attachment, conversation, kept, message


def add(store, one):
    def job(work):
        work.contents.add(kept(b"%PDF-"))
        work.conversations.add(conversation())
        work.messages.add(one)

    store.write(job)


@pytest.mark.parametrize("known", [("att_1", "att_2"), ()], ids=["with documents", "without"])
def test_documents_are_called_anew_and_new_ones_are_added_behind_them(store, known):
    first = message(attachments=tuple(attachment(name) for name in known))
    add(store, first)
    renamed = [
        replace(attachment(name), filename="offer.pdf", inline=True, content_id="x@y")
        for name in known[1:]
    ]
    mended = replace(first, attachments=(*renamed, attachment("att_3")))
    store.write(lambda work: work.messages.change_attachments(mended))
    found = store.read(lambda work: work.messages.get(ACME, first.id)).attachments
    assert found == (*first.attachments[:1], *renamed, attachment("att_3"))


def test_what_the_company_wrote_in_an_archive_is_no_message_of_ours(store):
    sent = message(direction=Direction.OUT, message_id="sent@acme.example", kind=IMPORTED)
    add(store, sent)
    (known,) = store.read(lambda work: work.messages.known(ACME, ["sent@acme.example"]))
    assert (known.id, known.is_ours) == (sent.id, False)
