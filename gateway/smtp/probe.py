"""The Probe port: the connection test, by the same client that sends."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import aiosmtplib
from aiosmtplib.errors import SMTPResponseException
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from gateway.mail.replies import Reply
from gateway.ports.probe import STAGES, Probed, ProbeStep
from gateway.ports.relay import DnsFault, NextHop, NoAnswer, NoSuchDomain, OwnServer, Resolver, Tls
from gateway.rules.outcome import NextHopKind, Stage
from gateway.runtime.egress import Egress
from gateway.smtp.connection import Ended, Timeouts, translated
from gateway.smtp.dialling import HopClient, TlsContexts, methods_for, ways_in
from gateway.smtp.talking import TalkingProtocol, Transcript

MOST_SECONDS = 25.0
PORTS = frozenset({25, 465, 587, 2465, 2525, 2587})
"""Where mail servers of companies listen; others only within the admin's `egress.allow`."""

_PADDED_SECONDS = 1.0
_TIMEOUTS = Timeouts(connect=8, greeting=6, command=10, block=10, final_dot=10)
_NOBODY = "No mail server answered there."
_WORDS = 200
T = TypeVar("T")


@dataclass(slots=True)
class _Talk:
    """A test under way: its steps so far, and when the one under way began."""

    began: float
    steps: list[ProbeStep] = field(default_factory=list)
    most_octets: int = 0
    transcript: Transcript = field(default_factory=Transcript)

    def done(self, name: str, detail: str) -> None:
        """Note that a step went well."""
        self._note(name, True, detail)

    def failed(self, name: str, message: str, trouble: str = "") -> Probed:
        """Return the end by a failure."""
        self._note(name, False, message)
        return self._ended(name, message, trouble)

    def went_well(self) -> Probed:
        """Return the good end."""
        return self._ended(None, "SMTP test successful")

    def _ended(self, stage: str | None, message: str, trouble: str = "") -> Probed:
        # Whoever answered there and is no mail server has said nothing to this company.
        talk = () if trouble == "no_server" else tuple(self.transcript.lines)
        steps = tuple(self.steps)
        return Probed(steps, stage, message, trouble, self.most_octets, talk)

    def _note(self, name: str, ok: bool, detail: str) -> None:
        now = asyncio.get_running_loop().time()
        self.steps.append(ProbeStep(name, ok, detail, round(1000 * (now - self.began))))
        self.began = now


@dataclass(frozen=True, slots=True)
class _Letter:
    """Whose mail is asked about, and what is sent to them, None for nothing."""

    sender: str
    octets: bytes | None


class SmtpProbe:
    """Tries servers through the egress gate; a password leaves only under verified TLS."""

    def __init__(
        self,
        hostname: str,
        resolver: Resolver,
        egress: Egress,
        contexts: TlsContexts | None = None,
        *,
        timeouts: Timeouts = _TIMEOUTS,
        padded: float = _PADDED_SECONDS,
    ) -> None:
        """Say EHLO as `hostname`.

        padded: seconds that it takes at least to say that nobody answers, so that nobody
            learns by the time which of our neighbours is up.
        """
        self._hostname = hostname
        self._resolver = resolver
        self._egress = egress
        self._contexts = contexts
        self._timeouts = timeouts
        self._padded = padded

    async def probe(self, server: OwnServer, sender: str, mail: bytes | None = None) -> Probed:
        """Return how far it came; see `ports.probe.Probe.probe`."""
        loop = asyncio.get_running_loop()
        talk, began = _Talk(loop.time()), loop.time()
        if self._contexts is None:
            self._contexts = await asyncio.to_thread(TlsContexts.of_system)
        try:
            async with asyncio.timeout(MOST_SECONDS):
                probed = await self._probe(talk, server, _Letter(sender, mail))
        except TimeoutError:
            stage = _next_stage(talk.steps)
            probed = talk.failed(stage, "The server did not answer in time.", "slow")
        if probed.stage == "connect":
            await asyncio.sleep(self._padded - (loop.time() - began))
        return probed

    async def _probe(self, talk: _Talk, server: OwnServer, letter: _Letter) -> Probed:
        try:
            addresses = await self._resolver.configured_addresses(server.host)
        except (NoSuchDomain, NoAnswer):
            return talk.failed("dns", f"{server.host}: no such server", "no_name")
        except DnsFault:
            return talk.failed("dns", f"{server.host}: DNS gives no answer now", "no_name")
        permitted = self._permitted(addresses, server.port)
        shown = ", ".join(permitted[:2]) if permitted else server.host
        talk.done("dns", f"{server.host} → {shown}" if permitted else server.host)
        if not permitted:
            return talk.failed("connect", _NOBODY, "no_server")
        hop = NextHop(
            host=server.host,
            port=server.port,
            address=permitted[0],
            kind=NextHopKind.OWN,
            tls=server.tls,
            implicit_tls=server.implicit_tls,
            credentials=server.credentials,
        )
        client = self._client(hop)
        client.protocol_of = partial(TalkingProtocol, transcript=talk.transcript)
        try:
            return await self._talk(talk, client, hop, letter)
        finally:
            client.close()

    def _permitted(self, addresses: Sequence[str], port: int) -> Sequence[str]:
        return [
            address
            for address in self._egress.permitted(addresses)
            if port in PORTS or self._egress.is_allowed_by_name(address)
        ]

    def _client(self, hop: NextHop, *, verified: bool = True) -> HopClient:
        assert self._contexts is not None
        context = self._contexts.verified if verified else self._contexts.unverified
        return HopClient(hop, self._hostname, context, self._timeouts)

    async def _talk(self, talk: _Talk, client: HopClient, hop: NextHop, letter: _Letter) -> Probed:
        try:
            with translated(Stage.CONNECT):
                await client.connect()
            if not hop.implicit_tls:
                talk.done("connect", f"port {hop.port}")
            with translated(Stage.EHLO):
                await client.ehlo(timeout=self._timeouts.greeting)
            if hop.tls is not Tls.NONE and not hop.implicit_tls:
                if not client.supports_extension("starttls"):
                    words = "The server offers no STARTTLS on this port."
                    return talk.failed("tls", words, "no_starttls")
                with translated(Stage.TLS):
                    await client.starttls(timeout=self._timeouts.connect)
                    talk.transcript.note("From here on it is encrypted.")
                    await client.ehlo(timeout=self._timeouts.greeting)
        except Ended as ended:
            return await self._not_connected(talk, hop, ended)
        if hop.implicit_tls:
            talk.done("connect", f"port {hop.port}")
        session = client.get_transport_info("ssl_object")
        if session is not None:
            talk.done("tls", f"{session.version()}, {_until(session)}")
        talk.most_octets = _size(client)
        return await self._sign_in(talk, client, hop, letter)

    async def _not_connected(self, talk: _Talk, hop: NextHop, ended: Ended) -> Probed:
        answer = ended.answer
        if isinstance(answer, Reply):
            # It speaks SMTP, and has something to say.
            stage = "tls" if ended.stage is Stage.TLS else "connect"
            return talk.failed(stage, _verbatim(ended))
        if ended.stage is Stage.TLS:
            trouble = _tls_trouble(answer.text, implicit=hop.implicit_tls)
            if trouble == "speaks_plain" and not await self._greets(hop, implicit_tls=False):
                return talk.failed("connect", _NOBODY, "no_server")
            if hop.implicit_tls:
                talk.done("connect", f"port {hop.port}")
            words = answer.text
            if trouble in {"expired", "wrong_name", "untrusted"}:
                words += await self._certificate(hop)
            return talk.failed("tls", words, trouble)
        if not hop.implicit_tls and await self._greets(hop, implicit_tls=True):
            talk.done("connect", f"port {hop.port}")
            words = "The server waits for TLS from the first byte."
            return talk.failed("tls", words, "wants_tls")
        return talk.failed("connect", _NOBODY, "no_server")

    async def _greets(self, hop: NextHop, *, implicit_tls: bool) -> bool:
        """Say whether it greets as a mail server if asked the other way; no login is sent."""
        other = replace(hop, implicit_tls=implicit_tls, credentials=None)
        client = self._client(other, verified=False)
        try:
            with translated(Stage.CONNECT):
                await client.connect()
        except Ended:
            return False
        finally:
            client.close()
        return True

    async def _certificate(self, hop: NextHop) -> str:
        """Return for whom and until when its certificate is, asked for once more without trust."""
        client = self._client(replace(hop, credentials=None), verified=False)
        try:
            with translated(Stage.TLS):
                await client.connect()
                if not hop.implicit_tls:
                    await client.ehlo(timeout=self._timeouts.greeting)
                    await client.starttls(timeout=self._timeouts.connect)
            der = client.get_transport_info("ssl_object").getpeercert(binary_form=True)
            return f" ({_described(x509.load_der_x509_certificate(der))})" if der else ""
        except (Ended, ValueError):
            return ""
        finally:
            client.close()

    async def _sign_in(
        self, talk: _Talk, client: HopClient, hop: NextHop, letter: _Letter
    ) -> Probed:
        credentials = hop.credentials
        if credentials is not None:
            is_safe = client.get_transport_info("ssl_object") is not None
            if not is_safe and not self._egress.is_allowed_by_name(hop.address):
                words = "The login was not sent, because the connection is not encrypted."
                return talk.failed("tls", words, "clear_text")
            methods = methods_for(client, credentials)
            if not methods:
                offered = " ".join(client.server_auth_methods) or "none"
                words = f"The server offers no way to sign in that we know ({offered})."
                trouble = "no_xoauth2" if credentials.is_token else "no_auth"
                return talk.failed("auth", words, trouble)
            sign_in = ways_in(client)[methods[0]]
            try:
                with translated(Stage.AUTH):
                    await sign_in(
                        credentials.username,
                        credentials.password,
                        timeout=self._timeouts.command,
                    )
            except Ended as ended:
                return talk.failed("auth", _said(ended), _lost(ended))
            talk.done("auth", methods[0].upper())
        return await self._sender(talk, client, letter)

    async def _sender(self, talk: _Talk, client: HopClient, letter: _Letter) -> Probed:
        """Ask whether it takes mail of the sender; send the letter if there is one."""
        sender = letter.sender
        try:
            with translated(Stage.MAIL):
                await client.mail(sender, timeout=self._timeouts.command)
                await client.rcpt(sender, timeout=self._timeouts.command)
        except Ended as ended:
            return talk.failed("sender", _said(ended), _lost(ended))
        talk.done("sender", sender if letter.octets else f"{sender} (no mail was sent)")
        if letter.octets is not None:
            try:
                with translated(Stage.DATA):
                    await client.data(letter.octets, timeout=self._timeouts.final_dot)
            except Ended as ended:
                return talk.failed("mail", _said(ended), _lost(ended))
            talk.done("mail", sender)
        else:
            await _quietly(client.rset)
        await _quietly(client.quit)
        return talk.went_well()


async def _quietly(command: Callable[[], Awaitable[object]]) -> None:
    """Take leave; what the server says to it matters to nobody."""
    try:
        with translated(Stage.MAIL):
            await command()
    except Ended:
        return


def _next_stage(steps: Sequence[ProbeStep]) -> str:
    """Return the stage that is under way after these steps."""
    if not steps:
        return "dns"
    return STAGES[min(STAGES.index(steps[-1].name) + 1, len(STAGES) - 1)]


def _said(ended: Ended) -> str:
    return _verbatim(ended) if isinstance(ended.answer, Reply) else ended.answer.text


def _lost(ended: Ended) -> str:
    return "" if isinstance(ended.answer, Reply) else "lost"


def _verbatim(ended: Ended) -> str:
    """Return a reply as it came: every line with its code."""
    cause = ended.__cause__
    if not isinstance(cause, SMTPResponseException):
        return str(ended.answer)
    lines = cause.message.splitlines() or [""]
    marks = ["-"] * (len(lines) - 1) + [" "]
    return "\n".join(
        f"{cause.code}{mark}{line}".rstrip() for mark, line in zip(marks, lines, strict=True)
    )


def _tls_trouble(words: str, *, implicit: bool) -> str:
    said = words.lower().replace("_", " ")
    if "expired" in said:
        return "expired"
    if "hostname mismatch" in said or "ip address mismatch" in said:
        return "wrong_name"
    if "certificate" in said or "self-signed" in said or "self signed" in said:
        return "untrusted"
    if implicit and ("wrong version number" in said or "record layer" in said):
        return "speaks_plain"
    return "tls"


def _until(session: ssl.SSLObject) -> str:
    found = session.getpeercert() or {}
    return f"certificate valid until {found.get('notAfter', 'an unknown day')}"


def _described(certificate: x509.Certificate) -> str:
    try:
        found = certificate.extensions.get_extension_for_oid(
            ExtensionOID.SUBJECT_ALTERNATIVE_NAME
        ).value
        names = ", ".join(str(name.value) for name in list(found)[:5])  # type: ignore[call-overload]
    except x509.ExtensionNotFound:
        names = certificate.subject.rfc4514_string()
    until = certificate.not_valid_after_utc.date().isoformat()
    words = f"it is for {names}, valid until {until}"
    return "".join(sign for sign in words if sign.isprintable())[:_WORDS]


def _size(client: aiosmtplib.SMTP) -> int:
    size = client.esmtp_extensions.get("size", "").strip()
    return int(size) if size.isascii() and size.isdecimal() and len(size) < 20 else 0
