"""A submitted mail that is no invoice: what it brought stays what it was."""

from email.message import EmailMessage

import pytest

from gateway.mail.envelope import Envelope, Recipient
from gateway.ports.lists import Page
from gateway.ports.reception import Content, Peer
from tests.flow.desk import open_desk

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def test_pictures_of_a_submitted_mail_stay_pictures_and_files_stay_files(tmp_path):
    mail = EmailMessage()
    mail["To"], mail["Subject"] = "jana@client.example", "News"
    mail.set_content("Hello")
    mail.add_alternative('<p>Hello <img src="cid:logo@service"></p>', subtype="html")
    html = mail.get_payload()[1]
    html.add_related(b"\x89PNG\r\n\x1a\n0", "image", "png", cid="<logo@service>", filename="l.png")
    mail.add_attachment(b"a;b\r\n", "text", "csv", filename="list.csv")
    async with open_desk(tmp_path) as desk:
        mail["From"] = f"{desk.enrolled.tenant.slug}@{desk.context.names.sender}"
        raw = mail.as_bytes()
        envelope = Envelope("", (Recipient("jana@client.example"),))
        peer = Peer("127.0.0.1", 0, "service.example", tenant_id=desk.tenant.id)
        reply = await desk.submission.accept(envelope, Content(len(raw), raw, raw), peer)
        assert reply.code == 250, reply
        listed = await desk.read(lambda work: work.messages.page(desk.tenant.id, Page(10)))
        found = {one.filename: one for one in listed.items[0].attachments}
        assert (found["l.png"].inline, found["l.png"].content_id) == (True, "logo@service")
        assert (found["list.csv"].inline, found["list.csv"].content_id) == (False, None)
