"""What a session answers, command by command."""

import pytest

from gateway.mail.envelope import Envelope, Recipient
from gateway.mail.replies import Reply
from gateway.ports.reception import Peer
from gateway.smtp.station import Role
from tests.smtp.kit import HOST, MAIL, FakeReception, Run, serving


def test_banner_and_greeting_name_the_host_and_no_library(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            said = [await client.reply(), await client.say(b"HELO me"), await client.say(b"EHLO me")]
        assert said == [
            f"220 {HOST} ESMTP",
            f"250 {HOST}",
            f"250-{HOST}\n250-PIPELINING\n250-SIZE 26214400\n250-ENHANCEDSTATUSCODES\n"
            "250-8BITMIME\n250-SMTPUTF8\n250 CHUNKING",
        ]

    run(talk())


def test_mail_is_handed_over_as_it_came(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            reply = await client.mail()
            port = client.writer.get_extra_info("sockname")[1]
        taken = server.reception.taken[0]
        assert reply == "250 2.0.0 Queued as msg_1"
        assert taken.data == taken.content.head == MAIL
        assert taken.envelope == Envelope("carol@customer.test", (Recipient("acme@reply.test"),))
        assert taken.peer == Peer("127.0.0.1", port, "client.test")
        assert server.meter.sizes == [len(MAIL)]

    run(talk())
