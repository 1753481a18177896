"""The demo's journey: an invoice out, answers in, an answer back; each step is checked."""

import email
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from email.utils import parseaddr
from typing import Any

import aiosmtplib

from gateway.app.demo.browser import visit
from gateway.app.demo.catcher import Catcher
from gateway.app.demo.paper import one_page
from gateway.mail.dkim.verify import DkimResult, verify
from gateway.web.wording import Wording, wording

CUSTOMER = "jana@customer.example"
NUMBER = "2026-0142"
ALGORITHMS = {"rsa-sha256", "ed25519-sha256"}
_URL = re.compile(r'https?://[^\s"<>]+')


class NotSeen(Exception):  # noqa: N818 (it says what the demo failed to see)
    """A step did not show what it should."""


@dataclass(slots=True)
class Stage:
    """Where the demo plays: addresses, the company's secrets, the catcher, DNS.

    say: prints a step that was seen. language: what the customer reads.
    """

    http: str
    mx: tuple[str, int]
    submission: tuple[str, int]
    company: Mapping[str, Any]
    catcher: Catcher
    txt: Callable[[str], Sequence[str]]
    now: Callable[[], datetime]
    say: Callable[[str], None]
    language: str = "en"
    links: dict[str, str] = field(default_factory=dict)
    _invoice: Message | None = None

    def invoice(self) -> Message:
        """Return the invoice mail that the customer got. Raises NotSeen before it came."""
        if self._invoice is None:
            raise NotSeen("the invoice mail")
        return self._invoice

    def remember(self, invoice: Message) -> None:
        """Keep the invoice mail."""
        self._invoice = invoice


async def play(stage: Stage) -> None:
    """Go the whole way once. Raises NotSeen at the first step that isn't as it should be."""
    pdf = one_page(["Invoice 2026-0142", "Acme s.r.o.", "Oak table  1,254.00 EUR"])
    message_id = await _submit(stage, pdf)
    stage.say(f"invoice submitted by SMTP, {message_id}")
    mail = await stage.catcher.next_for(CUSTOMER)
    _check_signatures(stage, mail)
    stage.say("invoice mail at the catcher, signed by rsa-sha256 and ed25519-sha256, both verified")
    invoice = email.message_from_bytes(mail)
    stage.remember(invoice)
    chat, download = _links(invoice, wording(stage.language))
    stage.links["chat"] = chat
    fetched = await visit("GET", download)
    _see(fetched.status == 200 and fetched.body == pdf, f"the PDF behind {download}")
    stage.say(f"PDF fetched through the link, {len(pdf)} bytes, the very same")
    page = await visit("GET", chat)
    _see(page.status == 200 and NUMBER.encode() in page.body, "the chat window")
    stage.say("chat window open, without an account")
    conversation_id = (await _message(stage, message_id))["conversation_id"]
    reply_id = await reply(stage, invoice, "Thank you! Could you add our order number 7731?\r\n")
    answer = await _message(stage, reply_id)
    _see(answer["conversation_id"] == conversation_id, "the reply in the same conversation")
    _see(answer["threading"]["rule"] == "token", "the reply threaded by its token")
    _see(answer["text"].startswith("Thank you!") and "Invoice" not in answer["text"], "its text")
    stage.say("reply by SMTP, in the conversation, quotation folded")
    posted = await visit("POST", f"{chat}/messages", form={"text": "And by chat: hello!"})
    _see(posted.status == 200, f"the chat message taken ({posted.status})")
    await _in_conversation(stage, conversation_id, "And by chat: hello!")
    stage.say("message by chat, in the same conversation")
    await _answer(stage, conversation_id, reply_id)
    stage.say("company's answer at the catcher, threaded back to the customer")


async def reply(stage: Stage, invoice: Message, text: str) -> str:
    """Answer the invoice mail as the customer's mail program would; return the message's id."""
    reply_to = parseaddr(str(invoice["Reply-To"]))[1]
    quoted = "".join(f"> {line}\r\n" for line in _text(invoice).splitlines())
    number = len(stage.links)
    mail = (
        f"From: Jana Mala <{CUSTOMER}>\r\nTo: {invoice['Reply-To']}\r\n"
        f"Subject: Re: Invoice {NUMBER}\r\nDate: Sun, 22 Nov 2026 10:0{number % 10}:00 +0100\r\n"
        f"Message-ID: <demo-{number}-{len(text)}@customer.example>\r\n"
        f"In-Reply-To: {invoice['Message-ID']}\r\nReferences: {invoice['Message-ID']}\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
        f"{text}\r\nOn Sun, 22 Nov 2026 at 09:55, Acme s.r.o. wrote:\r\n{quoted}"
    )
    host, port = stage.mx
    async with aiosmtplib.SMTP(hostname=host, port=port, start_tls=False) as client:
        await client.mail(CUSTOMER)
        await client.rcpt(reply_to)
        answered = await client.data(mail.encode())
    _see(answered.code == 250, f"the reply taken ({answered.code} {answered.message})")
    return answered.message.rpartition(" ")[2]


async def _submit(stage: Stage, pdf: bytes) -> str:
    mail = email.message.EmailMessage()
    mail["From"] = f"Acme s.r.o. <{stage.company['sender_address']}>"
    mail["To"] = f"Jana Mala <{CUSTOMER}>"
    mail["Subject"] = f"Invoice {NUMBER}"
    mail["X-Postroom-Invoice-Number"] = NUMBER
    mail["X-Postroom-Invoice-Amount"] = "1254.00"
    mail["X-Postroom-Invoice-Currency"] = "EUR"
    mail["X-Postroom-Invoice-Due"] = "2026-12-05"
    mail["X-Postroom-Invoice-Iban"] = "SK9611000000002918599669"
    mail.set_content("Hello Jana,\nhere is the invoice for the oak table.\n")
    mail.add_attachment(pdf, maintype="application", subtype="pdf", filename="invoice.pdf")
    host, port = stage.submission
    login = stage.company["smtp_login"]
    async with aiosmtplib.SMTP(hostname=host, port=port, start_tls=False) as client:
        await client.login(login["username"], login["password"])
        await client.mail(stage.company["sender_address"])
        await client.rcpt(CUSTOMER)
        answered = await client.data(mail.as_bytes(policy=mail.policy.clone(linesep="\r\n")))
    _see(answered.code == 250, f"the invoice taken ({answered.code} {answered.message})")
    return answered.message.rpartition(" ")[2]


async def _answer(stage: Stage, conversation_id: str, reply_id: str) -> None:
    sent = await visit(
        "POST",
        f"{stage.http}/v1/conversations/{conversation_id}/messages",
        key=stage.company["api_key"],
        given={"text": "Of course, the number is on the invoice now."},
    )
    _see(sent.status == 202, f"the answer taken ({sent.status} {sent.body[:200]!r})")
    mail = email.message_from_bytes(await stage.catcher.next_for(CUSTOMER))
    replied = await _message(stage, reply_id)
    _see(f"<{replied['message_id']}>" in str(mail["References"]), "the answer's References")
    _see("Of course" in _text(mail), "the answer's text")


async def _message(stage: Stage, message_id: str) -> Any:
    """Return a message by the API, waiting until it has been read in."""
    url, key = f"{stage.http}/v1/messages/{message_id}", stage.company["api_key"]
    after = 0
    for _ in range(40):
        found = await visit("GET", url, key=key)
        if found.status == 200:
            return found.json
        events = f"{stage.http}/v1/events?after={after}&wait=1"
        told = (await visit("GET", events, key=key)).json
        after = max([after, *(event["sequence"] for event in told["data"])])
    raise NotSeen(f"message {message_id} by the API")


async def _in_conversation(stage: Stage, conversation_id: str, text: str) -> None:
    url = f"{stage.http}/v1/conversations/{conversation_id}/messages"
    listed = await visit("GET", url, key=stage.company["api_key"])
    texts = [one["text"].strip() for one in listed.json["data"]]
    _see(text in texts, f"“{text}” in the conversation")


def _check_signatures(stage: Stage, mail: bytes) -> None:
    results = verify(mail, stage.txt, now=stage.now())
    good = {result.algorithm for result in results if result.result is DkimResult.PASS}
    _see(good == ALGORITHMS, f"both signatures verified (only {sorted(good)})")


def _links(invoice: Message, words: Wording) -> tuple[str, str]:
    """Return the link of the button and the link that downloads."""
    urls = _URL.findall(_text(invoice))
    chat = next((url for url in urls if "/c/" in url), "")
    download = next((url for url in urls if "/d/" in url), "")
    html = _part(invoice, "text/html")
    view, pdf = words.text("View invoice"), words.text("Click here to download PDF")
    _see(view in html and chat in html, f"the button {view}")
    _see(pdf in html and download in html, f"the link to the PDF, {pdf}")
    return chat, download


def _text(mail: Message) -> str:
    return _part(mail, "text/plain")


def _part(mail: Message, kind: str) -> str:
    for part in mail.walk():
        if part.get_content_type() == kind and part.get_filename() is None:
            content = part.get_payload(decode=True)
            return content.decode() if isinstance(content, bytes) else ""
    return ""


def _see(seen: bool, what: str) -> None:
    if not seen:
        raise NotSeen(what)
