"""The Relay port with a sandbox before it."""

from gateway.ports.relay import Attempted, BeforeDot, NextHop, Outgoing, Relay
from gateway.rules.names import split_address
from gateway.rules.outcome import Stage
from gateway.rules.sandbox import SANDBOX_ADDRESS, sandbox_answer


class SandboxRelay:
    """Answers for the sandbox itself; all else goes to the relay behind it."""

    def __init__(self, relay: Relay) -> None:
        """Stand before `relay`."""
        self._relay = relay

    async def relay(self, hop: NextHop, copy: Outgoing, *, before_dot: BeforeDot) -> Attempted:
        """Return how the attempt ended; what `before_dot` raises comes through."""
        if hop.address != SANDBOX_ADDRESS:
            return await self._relay.relay(hop, copy, before_dot=before_dot)
        stage, reply = sandbox_answer(split_address(copy.recipient.address)[0])
        if stage is Stage.DOT:
            await before_dot()
        return Attempted(next_hop=hop, tls="none", stage=stage, answer=reply, ms=0)
