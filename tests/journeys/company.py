"""A company that uses a running gateway, and a customer who answers it."""

import smtplib
import time
from email.message import EmailMessage

ADMIN_KEY = "an admin key that journeys know"
ADMIN = f'[server]\nadmin_key = "{ADMIN_KEY}"\n'
"""Settings that let a journey add companies by the API."""
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


class Company:
    """One company: its API, its submission login, and a way to wait for what it is told."""

    def __init__(self, gateway, enrolled):
        self.gateway = gateway
        self.id = enrolled["id"]
        self.slug = enrolled["slug"]
        self.address = enrolled["sender_address"]
        self.key = enrolled["api_key"]
        self.login = enrolled["smtp_login"]
        self.api = gateway.client(self.key)
        self._seen = 0

    @classmethod
    def added(cls, gateway, name):
        """Add a company; the gateway has the settings ADMIN."""
        with gateway.client(ADMIN_KEY) as admin:
            answered = admin.post("/v1/tenants", json={"name": name})
        assert answered.status_code == 201, answered.text
        return cls(gateway, answered.json())

    def with_key(self, key):
        """Return it as another of its keys sees it."""
        enrolled = {"id": self.id, "slug": self.slug, "sender_address": self.address}
        return Company(self.gateway, {**enrolled, "api_key": key, "smtp_login": self.login})

    def reconnect(self):
        """Go on with a gateway that was started again, on other ports."""
        self.api.close()
        self.api = self.gateway.client(self.key)

    def close(self):
        self.api.close()

    def get(self, path, status=200):
        """Return what the API says, JSON."""
        answered = self.api.get(path)
        assert answered.status_code == status, (path, answered.status_code, answered.text)
        return answered.json()

    def post(self, path, given=None, *, status=200, **options):
        answered = self.api.post(path, json=given, **options)
        assert answered.status_code == status, (path, answered.status_code, answered.text)
        return answered.json()

    def until(self, look, what, *, seconds=30):
        """Look again at every event of the company, until something true is seen; return it."""
        deadline = time.monotonic() + seconds
        while True:
            found = look()
            if found:
                return found
            assert time.monotonic() < deadline, f"not seen in {seconds} s: {what}"
            told = self.get(f"/v1/events?after={self._seen}&wait=2&limit=100")["data"]
            self._seen = max([self._seen, *(event["sequence"] for event in told)])

    def message(self, message_id, **options):
        """Return a message once it has been read in."""

        def look():
            answered = self.api.get(f"/v1/messages/{message_id}")
            return answered.json() if answered.status_code == 200 else None

        return self.until(look, f"message {message_id}", **options)

    def delivery(self, message_id, *states, **options):
        """Return the one delivery of a message once it is in one of these states."""

        def look():
            (delivery,) = self.get(f"/v1/messages/{message_id}")["deliveries"]
            return delivery if delivery["state"] in states else None

        return self.until(look, f"{message_id} {' or '.join(states)}", **options)

    def events(self, kind):
        return self.get(f"/v1/events?after=0&types={kind}")["data"]

    def all(self, path):
        """Return a whole list, page by page."""
        found, cursor, joint = [], None, "&" if "?" in path else "?"
        while True:
            asked = f"{path}{joint}limit=100" + (f"&cursor={cursor}" if cursor else "")
            page = self.get(asked)
            found += page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    def submit(self, mail, recipients, *, context=None):
        """Submit by SMTP; context: a TLS context for STARTTLS. Returns the id that 250 names."""
        with smtplib.SMTP(*self.gateway.address("submission"), timeout=30) as client:
            client.ehlo("service.example")
            if context is not None:
                client.starttls(context=context)
                client.ehlo("service.example")
            client.login(self.login["username"], self.login["password"])
            return hand_over(client, self.address, recipients, octets(mail))


def invoice_mail(company, number, recipient, **more):
    """Return an invoice mail as a company's invoicing service hands it over."""
    mail = EmailMessage()
    mail["From"] = company.address
    mail["To"] = recipient
    mail["Subject"] = f"Invoice {number}"
    mail["X-Postroom-Invoice-Number"] = number
    mail["X-Postroom-Invoice-Amount"] = "120.50"
    mail["X-Postroom-Invoice-Currency"] = "EUR"
    mail["X-Postroom-Invoice-Due"] = "2030-01-31"
    for name, value in more.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Here is the invoice.\n")
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="invoice.pdf")
    return mail


def answer_mail(to, text, *, sender="jana@client.example", message_id, **more):
    """Return a mail as a customer's mail program writes it; more: further header fields."""
    mail = EmailMessage()
    mail["From"] = f"Jana <{sender}>"
    mail["To"] = to
    mail["Subject"] = more.pop("Subject", "Re: your mail")
    mail["Message-ID"] = message_id
    for name, value in more.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def octets(mail):
    """Return a mail's bytes, CRLF."""
    return mail if isinstance(mail, bytes) else mail.as_bytes(policy=_CRLF)


def receive(gateway, mail, recipient, *, sender="jana@client.example"):
    """Deliver a mail on mx; returns the id that 250 names."""
    with smtplib.SMTP(*gateway.address("mx"), timeout=30) as client:
        client.ehlo("mx.client.example")
        return hand_over(client, sender, [recipient], octets(mail))


def hand_over(client, sender, recipients, content):
    """Send one mail as it is, and return the id of the 250; another answer is raised."""
    assert client.mail(sender)[0] == 250
    for recipient in recipients:
        code, text = client.rcpt(recipient)
        assert code == 250, (recipient, code, text)
    code, text = client.data(content)
    if code != 250:
        raise smtplib.SMTPDataError(code, text)
    return text.decode().rpartition(" ")[2]


_CRLF = EmailMessage().policy.clone(linesep="\r\n", max_line_length=200)
