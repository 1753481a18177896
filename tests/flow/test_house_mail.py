"""Mail to postmaster@ and abuse@, on its way to whoever runs the gateway."""

from email import message_from_bytes, policy

import pytest

from gateway.flow.house_mail import MOST_AN_HOUR, HouseMail
from gateway.ports.lists import Page
from gateway.rules.model import HOUSE_TENANT_ID
from tests.fakes import NO_SUCH_USER
from tests.flow.desk import open_desk

ADMIN = "admin@isp.example"
COMPLAINT = b"""From: Jana <jana@client.example>
To: abuse@mail.example.com
Subject: Stop this
Message-ID: <complaint-%d@client.example>

I never ordered that.
"""
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def complain(desk, number=1, *, text=None):
    return await desk.receive(text or COMPLAINT % number, "abuse@mail.example.com")


async def passed_on(desk):
    """Return what was passed on as (delivery, mail)."""
    listed = await desk.read(lambda work: work.messages.page(HOUSE_TENANT_ID, Page(100)))
    found = []
    for message in listed.items:
        if message.kind == "passed_on":
            (delivery,) = await desk.deliveries(message.id)
            raw = await desk.raw(delivery)
            found.append((delivery, message_from_bytes(raw, policy=policy.default)))
    return found


async def test_it_comes_as_an_attachment_once(tmp_path):
    async with open_desk(tmp_path) as desk:
        house = HouseMail(desk.context, ADMIN)
        assert await house.pass_on() == 0
        message_id = await complain(desk)
        assert await house.pass_on() == 1
        assert await house.pass_on() == 0
        ((delivery, mail),) = await passed_on(desk)
        assert (delivery.recipient.address, delivery.sender) == (ADMIN, "")
        assert mail["From"] == "Mail gateway <postmaster@mail.example.com>"
        assert mail["Reply-To"] == "Jana <jana@client.example>"
        assert mail["Auto-Submitted"] == "auto-generated"
        words, original = mail.iter_parts()
        assert message_id in words.get_content()
        assert original.get_content_type() == "message/rfc822"
        assert original.get_content()["Subject"] == "Stop this"
        assert original.get_content().get_content().strip() == "I never ordered that."


async def test_what_came_before_an_address_was_set_stays(tmp_path):
    async with open_desk(tmp_path) as desk:
        await complain(desk)
        house = HouseMail(desk.context, ADMIN)
        assert await house.pass_on() == 0
        house.address = "other@isp.example"
        await complain(desk, 2)
        assert await house.pass_on() == 0
        await complain(desk, 3)
        assert await house.pass_on() == 1


@pytest.mark.parametrize("address", ["", "postmaster@mail.example.com", "a@reply.example.com"])
async def test_it_goes_nowhere_without_an_address_and_never_back_to_us(tmp_path, address):
    async with open_desk(tmp_path) as desk:
        house = HouseMail(desk.context, address)
        await house.pass_on()
        await complain(desk)
        assert await house.pass_on() == 0


async def test_a_mail_in_eight_bits_comes_as_a_file(tmp_path):
    async with open_desk(tmp_path) as desk:
        house = HouseMail(desk.context, ADMIN)
        await house.pass_on()
        raw = COMPLAINT % 1 + "Žiadne faktúry!\n".encode()
        await complain(desk, text=raw)
        assert await house.pass_on() == 1
        ((_, mail),) = await passed_on(desk)
        _, original = mail.iter_parts()
        assert original.get_content_type() == "application/octet-stream"
        assert "Žiadne faktúry!" in original.get_content().decode()


async def test_nobody_is_flooded(tmp_path):
    async with open_desk(tmp_path) as desk:
        house = HouseMail(desk.context, ADMIN)
        await house.pass_on()
        for number in range(MOST_AN_HOUR + 3):
            await complain(desk, number)
        assert await house.pass_on() == MOST_AN_HOUR
        desk.clock.pass_by(hours=1)
        await complain(desk, 999)
        assert await house.pass_on() == 1


async def test_a_refusal_of_it_begins_no_loop(tmp_path):
    async with open_desk(tmp_path) as desk:
        house = HouseMail(desk.context, ADMIN)
        await house.pass_on()
        await complain(desk)
        await house.pass_on()
        (ended,), _ = await desk.deliver(NO_SUCH_USER)
        assert ended.state == "bounced"
        assert await house.pass_on() == 0
