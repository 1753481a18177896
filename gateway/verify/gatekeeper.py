"""DMARC as a scanner: mail that its author's domain wants refused (RFC 9989, section 5.4)."""

from pathlib import Path

from gateway.mail.errors import Fault
from gateway.mail.replies import Reply
from gateway.ports.scanner import Scanned
from gateway.ports.verifier import Received, Verifier


class DmarcGatekeeper:
    """Refuses what fails DMARC where the policy is `reject`."""

    name = "dmarc"

    def __init__(self, verifier: Verifier) -> None:
        """Judge by what `verifier` finds out."""
        self._verifier = verifier

    async def judge(self, mail: Scanned) -> Reply | None:
        """Return 550 5.7.26 for a failure; mail that a command fed in passes.

        Raises Fault if DNS did not answer.
        """
        if not mail.peer.is_remote:
            return None
        content = mail.content
        source = Path(content.path) if content.path is not None else content.data or b""
        found = await self._verifier.verify(Received(source, mail.envelope.sender, mail.peer))
        if found.dmarc.result == "fail" and found.dmarc.policy == "reject":
            return Reply(
                550,
                "5.7.26",
                f"{found.dmarc.domain} wants mail refused that is not authenticated as its own "
                "(DMARC)",
            )
        if found.may_change:
            raise Fault("DNS did not answer")
        return None
