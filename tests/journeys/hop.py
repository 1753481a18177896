"""A next hop beside the gateway: real SMTP by aiosmtpd, in a thread of its own."""

import asyncio
import email
import email.policy
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

from aiosmtpd.smtp import SMTP


@dataclass(frozen=True)
class Caught:
    """A mail that the next hop took: one transaction."""

    sender: str
    recipients: tuple
    content: bytes

    @property
    def mail(self):
        return email.message_from_bytes(self.content, policy=email.policy.default)

    def body(self, kind="plain"):
        """The text of the mail, plain or html."""
        return self.mail.get_body((kind,)).get_content()

    def header(self, name):
        """A header field, unfolded, as one line."""
        return " ".join(str(self.mail[name]).split())

    @property
    def reply_to(self):
        """The token address that an answer goes to."""
        return self.mail["Reply-To"].addresses[0].addr_spec


class Hop:
    """script: recipient to the reply that RCPT gets, such as "550 5.1.1 No such user"."""

    def __init__(self):
        self.script = {}
        self.port = 0
        self._caught = []
        self._changed = threading.Condition()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def settings(self):
        """Have everything relayed here."""
        return f'[relay]\nnext_hop = "{self.url}"\n'

    def all(self, recipient):
        """Everything that came for a recipient so far, oldest first."""
        with self._changed:
            return [one for one in self._caught if recipient in one.recipients]

    def next_for(self, recipient, *, after=0, seconds=30):
        """Wait for the mail number `after` for this recipient and return it."""
        until = time.monotonic() + seconds
        with self._changed:
            while True:
                mine = [one for one in self._caught if recipient in one.recipients]
                if len(mine) > after:
                    return mine[after]
                assert self._changed.wait(until - time.monotonic()), f"no mail for {recipient}"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 (aiosmtpd finds hooks by name)
        scripted = self.script.get(address)
        if scripted is None or scripted.startswith("2"):
            envelope.rcpt_tos.append(address)
        return scripted or "250 2.1.5 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 (aiosmtpd finds hooks by name)
        caught = Caught(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.original_content)
        with self._changed:
            self._caught.append(caught)
            self._changed.notify_all()
        return "250 2.0.0 Caught"


@contextmanager
def next_hop():
    """Run a next hop on a free port."""
    hop, started, stops = Hop(), threading.Event(), []

    async def serve():
        loop, stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await loop.create_server(lambda: SMTP(hop, hostname="hop.test"), "127.0.0.1", 0)
        hop.port = server.sockets[0].getsockname()[1]
        stops.append(lambda: loop.call_soon_threadsafe(stopping.set))
        started.set()
        await stopping.wait()
        server.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(10)
    try:
        yield hop
    finally:
        stops[0]()
        thread.join()
