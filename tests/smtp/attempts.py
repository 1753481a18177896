"""One attempt against a fake next hop, with time-outs short enough for tests."""

import ssl

import trustme

from gateway.mail.envelope import Recipient
from gateway.ports.relay import Outgoing
from gateway.smtp.connection import Timeouts
from gateway.smtp.dialling import TlsContexts
from gateway.smtp.pool import Keeping
from gateway.smtp.relay import SmtpRelay

MAIL = b"From: a@mail.example.com\r\nSubject: x\r\n\r\nHello\r\n"
COPY = Outgoing("b-token@bounce.example.com", Recipient("jana@example.org"), (MAIL,))
SHORT = Timeouts(*7 * [1.5])
CA = trustme.CA()


def server_context(name="mx.example.org"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert(name).configure_cert(context)
    return context


def contexts():
    made = TlsContexts.of_system()
    CA.configure_trust(made.verified)
    return made


CONTEXTS = contexts()


def relay_of(timeouts=SHORT, **keeping):
    return SmtpRelay("mail.example.com", CONTEXTS, timeouts=timeouts, keeping=Keeping(**keeping))


class Dot:
    """Counts how often the final dot was about to leave."""

    def __init__(self, error=None):
        self.times = 0
        self.error = error

    async def __call__(self):
        self.times += 1
        if self.error is not None:
            raise self.error


async def attempt(fake, copy=COPY, *, dot=None, relay=None, hop=None):
    mine = relay or relay_of()
    attempted = await mine.relay(hop or fake.hop(), copy, before_dot=dot or Dot())
    if relay is None:
        mine.close()
    return attempted


TLS_OF_HOP = {"tls_context": server_context()}
