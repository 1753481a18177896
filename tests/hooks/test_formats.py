"""Endpoints that are told as Postmark or Mailgun tell: of mail, signed our way besides."""

import base64
import hashlib
import hmac
import json
from email.message import EmailMessage
from urllib.parse import parse_qs

import pytest

from gateway.flow.refusal import Refused
from gateway.hooks import contents
from tests.hooks.desk import open_hooks
from webhooks import signing

pytestmark = pytest.mark.anyio
SLUG = "acme-sro@mail.example.com"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture
def anyio_backend():
    return "asyncio"


def letter(*, file=None):
    mail = EmailMessage()
    mail["From"] = "Jana Mala <jana@client.example>"
    mail["To"] = SLUG
    mail["Subject"] = "Cables"
    mail["Message-ID"] = "<cables@client.example>"
    mail["X-Shop"] = "7"
    mail.set_content("Do you have cables?\n")
    if file is not None:
        mail.add_attachment(file, maintype="image", subtype="png", filename="cable.png")
    return mail.as_bytes()


async def added(hooks, kind, *types):
    """Add an endpoint; returns its secret."""
    _, secret = await hooks.add(types=types, kind=kind)
    return secret


def requests(hooks):
    return [(headers, body) for _, headers, body in hooks.outward.asked]


async def test_postmark_mail_that_came_is_told_with_text_headers_and_file(tmp_path):
    async with open_hooks(tmp_path, 200) as hooks:
        secret = await added(hooks, "postmark")
        message_id = await hooks.desk.receive(letter(file=PNG), SLUG)
        await hooks.settle()
        ((headers, body),) = requests(hooks)
        told = json.loads(body)
        assert (told["From"], told["FromFull"]["Name"], told["Subject"]) == (
            "jana@client.example",
            "Jana Mala",
            "Cables",
        )
        assert (told["OriginalRecipient"], told["MessageID"]) == (SLUG, message_id)
        assert told["TextBody"].strip() == "Do you have cables?"
        assert {"Name": "X-Shop", "Value": "7"} in told["Headers"]
        (file,) = told["Attachments"]
        assert (base64.b64decode(file["Content"]), file["Name"]) == (PNG, "cable.png")
        now = int(hooks.desk.clock.now().timestamp())
        signing.verify(headers, body, secret, now=now)
        assert headers["Content-Type"] == "application/json"


async def test_mailgun_mail_that_came_is_a_form_signed_by_the_webhooks_secret(tmp_path):
    async with open_hooks(tmp_path, 200) as hooks:
        secret = await added(hooks, "mailgun")
        await hooks.desk.receive(letter(), SLUG)
        await hooks.settle()
        ((headers, body),) = requests(hooks)
        told = {name: value[0] for name, value in parse_qs(body.decode()).items()}
        assert headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert (told["sender"], told["recipient"]) == ("jana@client.example", SLUG)
        assert told["body-plain"].strip() == "Do you have cables?"
        signed = hmac.new(
            secret.encode(), (told["timestamp"] + told["token"]).encode(), hashlib.sha256
        )
        assert told["signature"] == signed.hexdigest()
        now = int(hooks.desk.clock.now().timestamp())
        signing.verify(headers, body, secret, now=now)


async def test_a_file_beyond_the_limit_is_named_and_not_sent(tmp_path, monkeypatch):
    monkeypatch.setattr(contents, "MOST_OCTETS", len(PNG) - 1)
    async with open_hooks(tmp_path, 200) as hooks:
        await added(hooks, "postmark")
        await hooks.desk.receive(letter(file=PNG), SLUG)
        await hooks.settle()
        (file,) = json.loads(requests(hooks)[0][1])["Attachments"]
        assert (file["Content"], file["ContentLength"]) == ("", len(PNG))


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("postmark", ["Delivery"]),
        ("mailgun", ["accepted", "delivered"]),
    ],
)
async def test_what_a_format_has_no_shape_for_is_passed_over(tmp_path, kind, wanted):
    async with open_hooks(tmp_path, 200) as hooks:
        webhook, _ = await hooks.add(kind=kind)
        sent = await hooks.desk.invoice()
        delivery = (await hooks.desk.deliveries(sent.message_id))[0]
        about = {
            "message_id": sent.message_id,
            "recipient": delivery.recipient.address,
            "state": "delivered",
            "reason": None,
        }
        await hooks.tell("message.delivered", **about)
        await hooks.tell("payment.claimed", invoice_id="inv_1")
        await hooks.settle()
        told = [json.loads(body) for _, body in requests(hooks)]
        kinds = [one.get("RecordType") or one["event-data"]["event"] for one in told]
        assert kinds == wanted
        last = await hooks.desk.read(lambda work: work.events.last(hooks.tenant_id))
        assert (await hooks.get(webhook.id)).cursor == last


async def test_a_bounce_holds_the_servers_words_and_the_messages_subject(tmp_path):
    async with open_hooks(tmp_path, 200) as hooks:
        await added(hooks, "postmark", "message.bounced")
        sent = await hooks.desk.invoice()
        reason = {"code": 550, "enhanced": "5.1.1", "verbatim": "550 no such user", "plain": "x"}
        await hooks.tell(
            "message.bounced",
            message_id=sent.message_id,
            recipient="jana@client.example",
            state="bounced",
            reason=reason,
        )
        await hooks.settle()
        told = json.loads(requests(hooks)[0][1])
        assert (told["Type"], told["Details"], told["Subject"], told["Inactive"]) == (
            "HardBounce",
            "550 no such user",
            (await hooks.desk.message(sent.message_id)).subject,
            False,
        )


async def test_of_a_message_that_is_gone_what_the_event_says_is_told(tmp_path):
    async with open_hooks(tmp_path, 200) as hooks:
        await added(hooks, "postmark")
        author = {"name": "Jana", "address": "jana@client.example"}
        await hooks.tell(
            "message.received", message_id="msg_gone", subject="Cables", **{"from": author}
        )
        await hooks.settle()
        told = json.loads(requests(hooks)[0][1])
        assert (told["From"], told["Subject"], told["TextBody"]) == (
            "jana@client.example",
            "Cables",
            "",
        )


@pytest.mark.parametrize("kind", ["postmark", "mailgun"])
async def test_a_test_is_a_mail_that_says_so(tmp_path, kind):
    async with open_hooks(tmp_path, 200) as hooks:
        webhook, _ = await hooks.add(kind=kind)
        attempt = await hooks.webhooks.test(hooks.tenant_id, webhook.id)
        assert attempt.ok
        assert b"test" in requests(hooks)[0][1].lower()


@pytest.mark.parametrize("word", ["invoice.sent", "payment.*"])
async def test_a_type_that_the_format_never_tells_of_is_refused(tmp_path, word):
    async with open_hooks(tmp_path) as hooks:
        with pytest.raises(Refused, match="postmark"):
            await hooks.add(types=("message.*", word), kind="postmark")
        webhook, _ = await hooks.add(kind="postmark")
        with pytest.raises(Refused, match="postmark"):
            await hooks.webhooks.change(hooks.tenant_id, webhook.id, types=[word])
