"""An SMTP session: transactions, and the table of commands (RFC 5321; BDAT: RFC 3030)."""

import re
from collections.abc import Awaitable, Callable, Mapping

import structlog

from gateway.mail.envelope import Envelope, Recipient
from gateway.mail.esmtp import mail_parameters, recipient_parameters
from gateway.mail.paths import PathError, forward_path, reverse_path
from gateway.mail.replies import Reply
from gateway.ports.reception import Content
from gateway.smtp.content import REASONS, TOO_BIG, Body
from gateway.smtp.transaction import Transaction
from gateway.smtp.visitor import NEEDS_HELLO, NESTED_MAIL, NO_ARGUMENT, Visitor

OK = Reply(250, "2.0.0", "OK")
SENDER_OK = b"250 2.1.0 OK\r\n"
RECIPIENT_OK = b"250 2.1.5 OK\r\n"
GO_AHEAD = b"354 Send the message, and end it with <CR><LF>.<CR><LF>\r\n"
BYE = Reply(221, "2.0.0", "Bye")
CANNOT_VERIFY = Reply(252, "2.0.0", "Send mail, and see")
NO_EXPN = Reply(502, "5.5.1", "EXPN is not offered")
HELP = Reply(214, "2.0.0", "HELO EHLO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT")

NEEDS_SIGN_IN = Reply(530, "5.7.0", "Authentication required")
NEEDS_MAIL = Reply(503, "5.5.1", "Say MAIL first")
NEEDS_RECIPIENT = Reply(554, "5.5.1", "No valid recipients")
HAS_CHUNKS = Reply(503, "5.5.1", "The content has begun with BDAT")
HAS_FAILED = Reply(503, "5.5.1", "The transaction has failed; say RSET")
OUT_OF_STEP = Reply(421, "4.7.0", "Input came before the reply to DATA, goodbye")
SERVED_ENOUGH = Reply(421, "4.7.0", "Please connect anew")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients, send the rest separately")
BDAT_SYNTAX = Reply(501, "5.5.4", "Syntax: BDAT octets [LAST]")

_BDAT = re.compile(r"([0-9]{1,20})(?: +(LAST))?", re.IGNORECASE)

log = structlog.get_logger(__name__)


class Session(Visitor):
    """Answers one client; `Reception` takes every decision about mail."""

    _transaction: Transaction | None = None
    _messages = 0

    @property
    def is_in_transaction(self) -> bool:
        """True between MAIL and the content."""
        return self._transaction is not None

    def end_transaction(self) -> None:
        """Forget envelope and content."""
        if self._transaction is not None and self._transaction.body is not None:
            self._transaction.body.end()
        self._transaction = None

    # The envelope.

    async def mail(self, argument: str) -> None:
        """Begin a transaction."""
        refusal = self._mail_refusal()
        if refusal is not None:
            self.answer(refusal)
            return
        try:
            path = reverse_path(argument)
            parameters = mail_parameters(path.parameters)
        except PathError as error:
            self.answer(error.reply)
            return
        if parameters.size > self.limits.message:
            self._refuse_content(TOO_BIG)
            return
        self._transaction = Transaction(path.address, parameters)
        self.say(SENDER_OK)

    def _mail_refusal(self) -> Reply | None:
        if not self._helo:
            return NEEDS_HELLO
        if self.station.config.role.signs_in and self._account is None:
            return NEEDS_SIGN_IN
        if self._transaction is not None:
            return NESTED_MAIL
        crowded = self.station.config.quotas.connections.is_crowded
        most = self.limits.messages_when_crowded if crowded else self.limits.messages
        if self._messages >= most or self.loop.time() > self.end_of_life:
            return SERVED_ENOUGH
        return None

    async def rcpt(self, argument: str) -> None:
        """Take a recipient that `Reception` does not refuse."""
        transaction = self._transaction
        if transaction is None:
            self.answer(self._no_transaction())
        elif transaction.body is not None:
            self.answer(HAS_CHUNKS)
        elif len(transaction.recipients) >= self.limits.recipients:
            self.station.config.meter.refused("recipients")
            self.answer(TOO_MANY_RECIPIENTS)
        else:
            try:
                path = forward_path(argument, smtputf8=transaction.parameters.smtputf8)
                notify, orcpt = recipient_parameters(path.parameters)
            except PathError as error:
                self.answer(error.reply)
                return
            await self._admit(transaction, Recipient(path.address, notify, orcpt))

    async def _admit(self, transaction: Transaction, recipient: Recipient) -> None:
        if recipient.address not in transaction.addresses:
            refusal = await self.station.config.reception.judge(
                transaction.sender, transaction.addresses, recipient.address, self.peer
            )
            if refusal is not None:
                self.station.config.meter.refused("recipient")
                self.answer(refusal)
                return
            transaction.recipients.append(recipient)
            transaction.addresses.append(recipient.address)
        self.say(RECIPIENT_OK)

    async def rset(self, argument: str) -> None:
        """Forget the transaction."""
        if argument:
            self.answer(NO_ARGUMENT)
        elif self.spend():
            self.end_transaction()
            self.answer(OK)

    # The content.

    async def data(self, argument: str) -> None:
        """Take the content, line by line as the client sees it."""
        refusal = NO_ARGUMENT if argument else self._content_refusal()
        transaction = self._transaction
        if refusal is None and transaction is not None and transaction.body is not None:
            refusal = HAS_CHUNKS
        if refusal is not None or transaction is None:
            self.answer(refusal or NEEDS_MAIL)
            if not self._wire.is_empty:
                # The client did not wait, and its lines of text would be read as commands.
                self.answer(OUT_OF_STEP)
            return
        self.say(GO_AHEAD)
        await self.flush()
        body = transaction.body = self._new_body()
        self.has_content_under_way = True
        await body.read_data(self._wire)
        await self._go_on(transaction, body, is_last=True)

    async def bdat(self, argument: str) -> None:
        """Take a chunk; one that is refused is read all the same, to stay in step."""
        found = _BDAT.fullmatch(argument)
        if found is None:  # nobody knows where the next command begins
            self.answer(BDAT_SYNTAX)
            self.end()
            return
        transaction = self._transaction
        refusal = self._content_refusal()
        if refusal is None and transaction is not None and transaction.has_failed:
            refusal = HAS_FAILED
        octets = int(found[1])
        self.has_content_under_way = True
        if refusal is not None or transaction is None:
            body = self._new_body(refusal)
            await body.read_chunk(self._wire, octets)
            self.has_content_under_way = body.is_flood
            body.end()
            self.answer(refusal or NEEDS_MAIL)
            if body.is_flood:
                self.end()
            return
        body = transaction.body = transaction.body or self._new_body()
        await body.read_chunk(self._wire, octets)
        if not await self._go_on(transaction, body, is_last=found[2] is not None):
            self.answer(Reply(250, "2.0.0", f"{octets} octets received"))

    def _no_transaction(self) -> Reply:
        return NEEDS_MAIL if self._helo else NEEDS_HELLO

    def _content_refusal(self) -> Reply | None:
        if self._transaction is None:
            return self._no_transaction()
        return None if self._transaction.recipients else NEEDS_RECIPIENT

    def _new_body(self, refusal: Reply | None = None) -> Body:
        return Body(self.station, self.loop.time, refusal)

    async def _go_on(self, transaction: Transaction, body: Body, *, is_last: bool) -> bool:
        """Return False for a good chunk that is not the last; else see to it and answer."""
        if body.is_flood:
            self._refuse_content(TOO_BIG)
            self.end()
            return True
        self.has_content_under_way = False
        content = await body.finish() if is_last else None
        if content is not None:
            await self._deliver(transaction.envelope, content, body)
            return True
        if body.refusal is None:
            return False
        transaction.has_failed = True
        if is_last:
            self.end_transaction()
        self._refuse_content(body.refusal)
        return True

    async def _deliver(self, envelope: Envelope, content: Content, body: Body) -> None:
        """Hand the message over and say what became of it (RFC 5321, section 6.1)."""
        config = self.station.config
        body.hand_over()
        self.is_committing = True  # nobody cancels the session until this is over
        try:
            reply = await config.reception.accept(envelope, content, self.peer)
        finally:
            self.is_committing = False
            self.end_transaction()
        if reply.is_positive:
            self._messages += 1
            self.budget.renew()
            config.meter.accepted(content.size)
        else:
            config.meter.refused("content")
        self.answer(reply)

    def _refuse_content(self, reply: Reply) -> None:
        reason = REASONS[reply]
        self.station.config.meter.refused(reason)
        log.info("message.refused", peer=self.address, reason=reason)
        self.answer(reply)

    # The rest.

    def command(self, verb: bytes) -> Callable[["Session", str], Awaitable[None]] | None:
        """Return what to do for `verb`, in capitals, or None."""
        return COMMANDS.get(verb)

    async def noop(self, _argument: str) -> None:
        """Do nothing."""
        if self.spend():
            self.answer(OK)

    async def vrfy(self, _argument: str) -> None:
        """Tell nothing about who is here (RFC 5321, section 7.3)."""
        if self.spend():
            self.answer(CANNOT_VERIFY)

    async def expn(self, _argument: str) -> None:
        """Refuse."""
        self.answer(NO_EXPN)

    async def help(self, _argument: str) -> None:
        """Name the commands."""
        if self.spend():
            self.answer(HELP)

    async def quit(self, argument: str) -> None:
        """Say goodbye."""
        if argument:
            self.answer(NO_ARGUMENT)
        else:
            self.answer(BYE)
            self.end()


COMMANDS: Mapping[bytes, Callable[[Session, str], Awaitable[None]]] = {
    b"HELO": Session.helo,
    b"EHLO": Session.ehlo,
    b"STARTTLS": Session.starttls,
    b"AUTH": Session.auth,
    b"MAIL": Session.mail,
    b"RCPT": Session.rcpt,
    b"DATA": Session.data,
    b"BDAT": Session.bdat,
    b"RSET": Session.rset,
    b"NOOP": Session.noop,
    b"VRFY": Session.vrfy,
    b"EXPN": Session.expn,
    b"HELP": Session.help,
    b"QUIT": Session.quit,
}
