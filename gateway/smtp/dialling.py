"""Opening connections to next hops: TCP, TLS as far as the hop must have it, EHLO, AUTH."""

import asyncio
import ssl
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiosmtplib
from aiosmtplib.errors import SMTPConnectResponseError, SMTPHeloError
from aiosmtplib.response import SMTPResponse

from gateway.mail.dane import mismatch
from gateway.mail.replies import Reply
from gateway.ports.relay import Assurance, Credentials, NextHop, Tls, TlsPolicy
from gateway.ports.world import Clock
from gateway.rules.outcome import Obstacle, Stage, Trouble
from gateway.smtp.commands import read_offer
from gateway.smtp.connection import Connection, Ended, Timeouts, translated
from gateway.smtp.pipelining import PipeliningProtocol

# Not the library's order: CRAM-MD5 wants passwords to be kept readable by the server.
XOAUTH2 = "xoauth2"
AUTH_METHODS = ("plain", "login", "cram-md5")
_UNKNOWN_METHOD = 504
_POLICIES = {TlsPolicy.DANE: "DANE", TlsPolicy.MTA_STS: "MTA-STS"}
_DER = 2  # the standard library's number for it


@dataclass(frozen=True, slots=True)
class TlsContexts:
    """TLS settings: with any certificate, and with one that the system trusts."""

    unverified: ssl.SSLContext
    verified: ssl.SSLContext

    @classmethod
    def of_system(cls) -> "TlsContexts":
        """Return those with the system's trust store (SSL_CERT_FILE counts); reads files."""
        # The default context, without the trust store that it would have no use for.
        unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        unverified.check_hostname = False
        unverified.verify_mode = ssl.CERT_NONE
        return cls(unverified, ssl.create_default_context())


class Dialler:
    """Opens connections that are ready for a transaction."""

    def __init__(
        self, hostname: str, contexts: TlsContexts, timeouts: Timeouts, clock: Clock
    ) -> None:
        """Say EHLO as `hostname`. clock: what certificates must not be past by."""
        self._hostname = hostname
        self._contexts = contexts
        self._timeouts = timeouts
        self._clock = clock

    async def open(self, hop: NextHop) -> Connection:
        """Return an open connection.

        Where TLS is opportunistic and fails, a new connection is made in clear text, and the
        failure noted; never where a password would go over it. Where a policy is being tested
        (MTA-STS), it is tried as if it was in force, and then without it.

        Raises Ended.
        """
        ways = [hop.tls]
        if hop.assurance.testing:
            ways.insert(0, Tls.VERIFIED)
        if hop.tls is Tls.OPPORTUNISTIC and not hop.implicit_tls and hop.credentials is None:
            ways.append(Tls.NONE)
        failure = ""
        for tls in ways[:-1]:
            try:
                connection = await self._open(hop, tls)
            except Ended as ended:
                if ended.stage is not Stage.TLS:
                    raise
                failure = failure or _words(ended)
            else:
                connection.tls_failure = failure
                return connection
        try:
            connection = await self._open(hop, ways[-1])
        except Ended as ended:
            raise _by_policy(hop.assurance, ended) from ended
        connection.tls_failure = failure
        return connection

    async def _open(self, hop: NextHop, tls: Tls) -> Connection:
        is_verified = tls is Tls.VERIFIED
        context = self._contexts.verified if is_verified else self._contexts.unverified
        client = HopClient(hop, self._hostname, context, self._timeouts)
        try:
            with translated(Stage.CONNECT):
                await client.connect()
            await self._greet(client)
            if not hop.implicit_tls and tls is not Tls.NONE:
                await self._start_tls(client, hop, tls)
            if hop.credentials is not None:
                await self._sign_in(client, hop.credentials)
            connection = self._connection(hop, client)
            connection.tls = _tls_in_use(client, tls, hop.assurance)
        except BaseException:
            client.close()
            raise
        return connection

    def _connection(self, hop: NextHop, client: "HopClient") -> Connection:
        protocol = client.protocol
        if not isinstance(protocol, PipeliningProtocol):  # closed in this very moment
            raise Ended(Stage.EHLO, Trouble(Obstacle.LOST, "the connection was lost (ehlo)"))
        offer = read_offer(client.esmtp_extensions)
        return Connection(hop, client, protocol, offer, self._timeouts)

    async def _greet(self, client: "HopClient") -> None:
        with translated(Stage.EHLO):
            try:
                await client.ehlo(timeout=self._timeouts.greeting)
            except SMTPHeloError as error:
                if not 500 <= error.code < 600 or not client.is_connected:
                    raise
                await client.helo(timeout=self._timeouts.greeting)

    async def _start_tls(self, client: "HopClient", hop: NextHop, tls: Tls) -> None:
        if not client.supports_extension("starttls"):
            if tls is Tls.OPPORTUNISTIC and hop.credentials is None:
                return
            raise Ended(Stage.TLS, Trouble(Obstacle.NO_TLS, f"{hop.host} offers no STARTTLS"))
        try:
            with translated(Stage.TLS):
                await client.starttls(timeout=self._timeouts.connect)
        except Ended as ended:
            if isinstance(ended.answer, Reply):
                raise
            raise Ended(Stage.TLS, Trouble(Obstacle.TLS, ended.answer.text)) from ended
        if tls is Tls.DANE:
            self._check_dane(client, hop)
        # What it offered in clear text may have been anyone's words (RFC 3207, 4.2).
        await self._greet(client)

    def _check_dane(self, client: "HopClient", hop: NextHop) -> None:
        chain = _chain(client.get_transport_info("ssl_object"))
        assurance = hop.assurance
        wrong = mismatch(assurance.tlsa, chain, assurance.names, self._clock.now())
        if wrong is not None:
            raise Ended(Stage.TLS, Trouble(Obstacle.TLS, wrong))

    async def _sign_in(self, client: "HopClient", credentials: Credentials) -> None:
        """Sign in by one method, so that one wrong password counts as one failure."""
        methods = methods_for(client, credentials)
        if not methods:
            offered = " ".join(client.server_auth_methods) or "none"
            text = f"no way to sign in that we know; offered: {offered}"
            raise Ended(Stage.AUTH, Trouble(Obstacle.NO_LOGIN, text))
        by = ways_in(client)
        for number, name in enumerate(methods, 1):
            sign_in = by[name]
            try:
                with translated(Stage.AUTH):
                    await sign_in(
                        credentials.username,
                        credentials.password,
                        timeout=self._timeouts.greeting,
                    )
            except Ended as ended:
                code = ended.answer.code if isinstance(ended.answer, Reply) else 0
                if code != _UNKNOWN_METHOD or number == len(methods):
                    raise
            else:
                return


def methods_for(client: "HopClient", credentials: Credentials) -> Sequence[str]:
    """Return the methods that the server offers and the credentials are for, the best first."""
    known = (XOAUTH2,) if credentials.is_token else AUTH_METHODS
    return [name for name in known if name in client.server_auth_methods]


def ways_in(client: "HopClient") -> Mapping[str, Callable[..., Awaitable[object]]]:
    """Return what signs in by each method; takes name, secret and the time for each answer."""
    return {
        XOAUTH2: client.auth_xoauth2,
        "plain": client.auth_plain,
        "login": client.auth_login,
        "cram-md5": client.auth_crammd5,
    }


class HopClient(aiosmtplib.SMTP):
    """The library's client, connecting to an address that was judged, with our protocol.

    The library would resolve the host itself, want a certificate for the address, and make a
    protocol of its own.
    """

    def __init__(
        self, hop: NextHop, hostname: str, context: ssl.SSLContext, timeouts: Timeouts
    ) -> None:
        super().__init__(
            hostname=hop.host,
            port=hop.port,
            local_hostname=hostname,
            timeout=timeouts.command,
            use_tls=hop.implicit_tls,
            start_tls=False,
            tls_context=context,
        )
        self._hop = hop
        self._timeouts = timeouts
        self.protocol_of: Callable[..., PipeliningProtocol] = PipeliningProtocol

    async def _create_connection(self, timeout: float | None) -> SMTPResponse:  # noqa: ARG002, ASYNC109 (the library's signature; ours are in `Timeouts`)
        loop = asyncio.get_running_loop()
        source = (self._hop.source_address, 0) if self._hop.source_address else None
        async with asyncio.timeout(self._timeouts.connect):
            self.transport, self.protocol = await loop.create_connection(
                lambda: self.protocol_of(loop, self._on_connection_lost),
                self._hop.address,
                self._hop.port,
                local_addr=source,
                ssl=self.tls_context if self._hop.implicit_tls else None,
                server_hostname=self._hop.host if self._hop.implicit_tls else None,
            )
        greeting = await self.protocol.read_response(timeout=self._timeouts.greeting)
        if greeting.code != 220:
            raise SMTPConnectResponseError(greeting.code, greeting.message)
        return greeting


def _tls_in_use(client: aiosmtplib.SMTP, tls: Tls, assurance: Assurance) -> str:
    session = client.get_transport_info("ssl_object")
    if session is None:
        return "none"
    by = "verified" if tls is Tls.VERIFIED else "unverified"
    if tls is Tls.VERIFIED and assurance.policy is TlsPolicy.MTA_STS:
        by = "mta-sts"
    elif tls is Tls.DANE:
        by = "dane"
    return f"{session.version()} {by}"


def _chain(session: ssl.SSLObject) -> list[bytes]:
    """Return the certificates that the server sent, DER, its own first."""
    if sys.version_info >= (3, 13):
        return session.get_unverified_chain()
    # Before 3.13 the standard library has it, but not under a public name.
    found: Any = getattr(session, "_sslobj", None)
    return [one.public_bytes(_DER) for one in found.get_unverified_chain() or ()] if found else []


def _by_policy(assurance: Assurance, ended: Ended) -> Ended:
    """Return the end of an attempt, saying which policy wanted the TLS that there wasn't."""
    policy = _POLICIES.get(assurance.policy)
    answer = ended.answer
    if policy is None or ended.stage is not Stage.TLS or not isinstance(answer, Trouble):
        return ended
    if assurance.testing:
        return ended  # what else was wanted was the admin's word
    return Ended(ended.stage, Trouble(answer.obstacle, f"{policy}: {answer.text}"))


def _words(ended: Ended) -> str:
    return ended.answer.text if isinstance(ended.answer, Trouble) else str(ended.answer)
