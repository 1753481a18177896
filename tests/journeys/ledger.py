"""A ledger of what was promised, and the load that makes promises: mx, submission, HTTP."""

import hashlib
import smtplib
import threading
import uuid
from base64 import b64encode
from dataclasses import dataclass, field
from email.message import EmailMessage
from random import Random

import httpx2

PDF = b"%PDF-1.4\n" + b"x" * 2000 + b"\n%%EOF\n"
SIZES = [400] * 16 + [50_000] * 3 + [600_000]
PATHS = ("mx", "submission", "http")


@dataclass
class Promise:
    """One thing handed over. outcome: "ack", "nak", "unknown" or "not_sent"."""

    path: str
    mark: str
    raw: bytes = b""
    outcome: str = "not_sent"
    id: str = ""

    @property
    def sha256(self):
        return hashlib.sha256(self.raw).hexdigest()


@dataclass
class Ledger:
    """Everything that was handed over; threads append under one lock."""

    promises: list = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, promise):
        with self.lock:
            self.promises.append(promise)

    def of(self, *outcomes):
        with self.lock:
            return [one for one in self.promises if one.outcome in outcomes]


class Load:
    """Threads that hand things over until they are told to stop."""

    def __init__(self, gateway, company, reply_address, ledger, seed):
        self.gateway = gateway
        self.company = company
        self.reply_address = reply_address
        self.ledger = ledger
        self.random = Random(seed)
        self.stopping = threading.Event()
        self.threads = []

    def start(self):
        for path in (*PATHS, "mx"):
            thread = threading.Thread(target=self._run, args=(path, self.random.random()))
            thread.start()
            self.threads.append(thread)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def _run(self, path, seed):
        random = Random(seed)
        while not self.stopping.is_set():
            promise = Promise(path, f"mark{uuid.UUID(int=random.getrandbits(128)).hex}")
            hand_over(self.gateway, self.company, self.reply_address, promise, random)
            self.ledger.note(promise)
            if promise.outcome in {"not_sent", "unknown"}:
                self.stopping.wait(0.02)


def hand_over(gateway, company, reply_address, promise, random):
    """Hand it over (again); sets outcome and id."""
    try:
        if promise.path == "mx":
            promise.raw = promise.raw or answer(reply_address, promise.mark, random.choice(SIZES))
            _by_smtp(gateway, "mx", promise, reply_address)
        elif promise.path == "submission":
            promise.raw = promise.raw or invoice(company, promise.mark)
            _by_smtp(gateway, "submission", promise, "jana@client.example", company)
        else:
            _by_http(gateway, company, promise)
    except (OSError, smtplib.SMTPException, httpx2.HTTPError):
        # Nothing was read as an answer; whether it was taken, only the gateway knows.
        pass


def answer(reply_address, mark, size):
    filler = ("lorem ipsum dolor sit amet " * 3 + "\r\n") * (size // 80 + 1)
    return (
        f"From: Jana <jana@client.example>\r\nTo: {reply_address}\r\nSubject: {mark}\r\n"
        f"Message-ID: <{mark}@client.example>\r\n\r\n{mark}\r\n{filler}"
    ).encode()


def invoice(company, mark):
    mail = EmailMessage()
    mail["From"] = company["sender_address"]
    mail["To"] = "jana@client.example"
    mail["Subject"] = mark
    mail["X-Postroom-Invoice-Number"] = mark
    mail["X-Postroom-Invoice-Amount"] = "10.00"
    mail["X-Postroom-Invoice-Currency"] = "EUR"
    mail["X-Postroom-Idempotency-Key"] = mark
    mail.set_content("Here it is.")
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="i.pdf")
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))


def _by_smtp(gateway, listener, promise, recipient, company=None):
    host, port = gateway.address(listener)
    client = smtplib.SMTP(host, port, timeout=20)
    try:
        client.ehlo("client.example")
        sender = "jana@client.example"
        if company:
            login = company["smtp_login"]
            client.login(login["username"], login["password"])
            sender = company["sender_address"]
        client.mail(sender)
        code, _ = client.rcpt(recipient)
        if code != 250:
            return
        client.putcmd("data")
        code, _ = client.getreply()
        if code != 354:
            return
        stuffed = promise.raw.replace(b"\r\n.", b"\r\n..")
        client.send(stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n"))
        promise.outcome = "unknown"
        client.send(b".\r\n")
        code, text = client.getreply()
        promise.outcome = "ack" if code == 250 else "nak"
        promise.id = text.decode().rpartition(" ")[2]
    finally:
        client.close()


def _by_http(gateway, company, promise):
    given = {
        "number": promise.mark,
        "amount": "10.00",
        "currency": "EUR",
        "customer": {"name": "Jana", "email": "jana@client.example"},
        "message": promise.mark,
        "pdf": {"filename": "i.pdf", "content": b64encode(PDF).decode()},
    }
    with gateway.client(company["api_key"]) as client:
        promise.outcome = "unknown"
        headers = {"Idempotency-Key": promise.mark}
        answered = client.post("/v1/invoices", json=given, headers=headers)
    promise.outcome = "ack" if answered.status_code == 202 else "nak"
    promise.id = answered.json().get("id", "")
