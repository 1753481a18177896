"""Who is connected: EHLO, STARTTLS, AUTH (RFC 5321, 4.1.1.1; RFC 3207; RFC 4954)."""

import asyncio

import structlog

from gateway.mail.errors import Fault
from gateway.mail.replies import Reply
from gateway.ports.reception import Account, Peer
from gateway.runtime.networks import is_within
from gateway.smtp import signin
from gateway.smtp.signin import MECHANISMS, SignInError
from gateway.smtp.speaker import Speaker
from gateway.smtp.wire import LineTooLong

NO_ARGUMENT = Reply(501, "5.5.4", "This command takes no argument")
NEEDS_NAME = Reply(501, "5.5.4", "Say who you are: EHLO and a host name")
NEEDS_HELLO = Reply(503, "5.5.1", "Say EHLO first")
NESTED_MAIL = Reply(503, "5.5.1", "A transaction is under way")

TLS_IS_ON = Reply(503, "5.5.1", "TLS is on already")
NO_TLS = Reply(502, "5.5.1", "STARTTLS is not offered")
TLS_GO_AHEAD = Reply(220, "2.0.0", "Ready to start TLS")

NEEDS_TLS = Reply(538, "5.7.11", "Authentication without encryption is refused here")
NO_AUTH = Reply(502, "5.5.1", "Authentication is not offered here")
SIGNED_IN = Reply(235, "2.7.0", "Authentication successful")
SIGNED_IN_ALREADY = Reply(503, "5.5.1", "You are authenticated already")
AUTH_TOO_LONG = Reply(500, "5.5.6", "The line is too long")
AUTH_SYNTAX = Reply(501, "5.5.4", "Syntax: AUTH mechanism [initial-response]")
AUTH_FAULT = Reply(454, "4.7.0", "We cannot check that at the moment, please try again later")
TOO_MANY_FAILURES = Reply(421, "4.7.0", "Too many failures to authenticate, try again later")

log = structlog.get_logger(__name__)


class Visitor(Speaker):
    """The part of a session that knows whom it speaks with."""

    _helo = ""
    _is_extended = False
    _account: Account | None = None

    @property
    def peer(self) -> Peer:
        """Who is connected."""
        account = self._account
        return Peer(
            self.address,
            self.port,
            self._helo,
            self.tls_version,
            account.username if account else None,
            account.tenant_id if account else None,
        )

    @property
    def _may_sign_in(self) -> bool:
        config = self.station.config
        if not config.role.signs_in:
            return False
        return self.tls_version is not None or is_within(self.address, config.plain_networks)

    async def helo(self, argument: str) -> None:
        """Greet, without offers."""
        if self._hello(argument, is_extended=False):
            self.answer(Reply(250, "", self.station.config.hostname))

    async def ehlo(self, argument: str) -> None:
        """Greet, with what is offered here and now."""
        if not self._hello(argument, is_extended=True):
            return
        config = self.station.config
        offers = [config.hostname, "PIPELINING", f"SIZE {self.limits.message}"]
        if self.station.tls is not None and self.tls_version is None:
            offers.append("STARTTLS")
        if self._may_sign_in:
            offers.append(f"AUTH {' '.join(MECHANISMS)}")
        offers += ["ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8", "CHUNKING"]
        if config.role.signs_in:
            offers.append("DSN")
        self.answer(Reply(250, "", "\n".join(offers)))

    def _hello(self, argument: str, *, is_extended: bool) -> bool:
        name = argument.partition(" ")[0]
        if not name or not name.isprintable():
            self.answer(NEEDS_NAME)
            return False
        if not self.spend():
            return False
        self.end_transaction()
        self._helo = name
        self._is_extended = is_extended
        return True

    async def starttls(self, argument: str) -> None:
        """Put TLS under the connection."""
        if argument:
            self.answer(NO_ARGUMENT)
        elif self.tls_version is not None:
            self.answer(TLS_IS_ON)
        elif self.station.tls is None:
            self.answer(NO_TLS)
        else:
            self.answer(TLS_GO_AHEAD)
            # RFC 3207, section 4.2: what was said without TLS was not said.
            self.end_transaction()
            self._helo = ""
            self._is_extended = False
            self._account = None
            if not await self.start_tls():
                self.end()

    async def auth(self, argument: str) -> None:
        """Take a login."""
        refusal = self._auth_refusal(argument)
        if refusal is not None:
            self.answer(refusal)
            return
        try:
            given = await signin.credentials(argument, self._ask)
        except SignInError as error:
            self.answer(error.reply)
            return
        except LineTooLong:
            self.answer(AUTH_TOO_LONG)
            return
        self.answer(await self._signed_in(given))

    def _auth_refusal(self, argument: str) -> Reply | None:
        if not self._is_extended:
            return NEEDS_HELLO
        if self._account is not None:
            return SIGNED_IN_ALREADY
        if not self._may_sign_in:
            offers = self.station.config.role.signs_in
            return NEEDS_TLS if offers and self.tls_version is None else NO_AUTH
        if self.is_in_transaction:
            return NESTED_MAIL
        return None if argument else AUTH_SYNTAX

    async def _ask(self, words: bytes) -> bytes:
        self.say(signin.challenge(words))
        return await self.ask_line(self.limits.auth_octets)

    async def _signed_in(self, given: signin.Credentials) -> Reply:
        config = self.station.config
        failures = config.quotas.failures
        delay = failures.delay(given.username, self._network, self.loop.time())
        if delay is None:
            config.meter.refused("auth_failures")
            log.warning("login.refused", peer=self.address, reason="too many failures")
            return TOO_MANY_FAILURES
        if delay:
            await asyncio.sleep(delay)
        try:
            account = await config.reception.authenticate(given.username, given.password, self.peer)
        except Fault as error:
            log.warning("login.deferred", peer=self.address, error=str(error))
            return AUTH_FAULT
        if account is None:
            failures.count(given.username, self._network, self.loop.time())
            config.meter.refused("auth")
            log.info("login.refused", peer=self.address)
            return signin.WRONG
        self._account = account
        self.be_known()
        return SIGNED_IN
