"""The Relay port with a sandbox before it."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from gateway.mail.envelope import Envelope, Recipient
from gateway.mail.errors import Fault, MailError
from gateway.mail.replies import Reply
from gateway.ports.reception import Content, Peer, Reception
from gateway.ports.relay import Attempted, BeforeDot, NextHop, Outgoing, Relay
from gateway.rules.names import split_address
from gateway.rules.outcome import Stage
from gateway.rules.sandbox import KEPT, SANDBOX_ADDRESS, Act, sandbox_act
from gateway.rules.sandbox_mail import answer_to
from gateway.rules.testing import KEPT_HERE

_BUSY = Reply(451, "4.3.0", "The sandbox could not answer now")
_HEAD_OCTETS = 64 * 1024

log = structlog.get_logger()


class SandboxRelay:
    """Answers for the sandbox itself; all else goes to the relay behind it."""

    def __init__(
        self,
        relay: Relay,
        reception: Reception,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Stand before `relay`; what recipients write comes in by `reception`, as by mx."""
        self._relay = relay
        self._reception = reception
        self._sleep = sleep

    async def relay(self, hop: NextHop, copy: Outgoing, *, before_dot: BeforeDot) -> Attempted:
        """Return how the attempt ended; what `before_dot` raises comes through."""
        if hop.address != SANDBOX_ADDRESS:
            return await self._relay.relay(hop, copy, before_dot=before_dot)
        is_known = hop.host != KEPT_HERE
        act = sandbox_act(split_address(copy.recipient.address)[0]) if is_known else KEPT
        if act.wait:
            await self._sleep(act.wait.total_seconds())
        stage, reply = act.stage, act.reply
        # The answer is stored first: a crash between the two makes the same answer again,
        # which counts as the same mail.
        if act.mood is not None and not await self._answer(act, copy):
            stage, reply = Stage.RCPT, _BUSY
        if stage is Stage.DOT:
            await before_dot()
        ms = round(act.wait.total_seconds() * 1000)
        return Attempted(next_hop=hop, tls="none", stage=stage, answer=reply, ms=ms)

    async def _answer(self, act: Act, copy: Outgoing) -> bool:
        """Let the recipient's answer come in; False if we could not take it now."""
        recipient = copy.recipient.address
        try:
            mail = answer_to(
                act, b"".join(copy.content), recipient=recipient, return_path=copy.sender
            )
            if mail is None:
                return True
            peer = Peer("127.0.0.1", 0, split_address(recipient)[1])
            reply = await self._reception.judge(mail.sender, (), mail.recipient, peer)
            if reply is None:
                envelope = Envelope(mail.sender, (Recipient(mail.recipient),))
                octets = mail.octets
                content = Content(len(octets), octets[:_HEAD_OCTETS], octets)
                reply = await self._reception.accept(envelope, content, peer)
        except Fault as error:
            log.warning("sandbox.no_answer", recipient=recipient, why=str(error))
            return False
        except MailError as error:
            log.warning("sandbox.no_answer", recipient=recipient, why=str(error))
            return True
        if not reply.is_positive:
            log.warning("sandbox.no_answer", recipient=recipient, why=str(reply))
        return not reply.is_temporary
