"""The gate before the commit: whoever would refuse mail later would send backscatter.

It stands only where something is switched on that refuses mail for what is in it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from gateway.mail.errors import Fault
from gateway.mail.replies import Reply
from gateway.ports.scanner import Scanned, Scanner

log = structlog.get_logger()

_LATER = Reply(451, "4.7.1", "The message can't be checked just now, please try again later")


@dataclass(frozen=True, slots=True)
class Gate:
    """Asks all scanners side by side, within one time.

    seconds: for all of them together.
    accepts_on_failure: whether mail comes in that a scanner could not judge; else 451.
    """

    scanners: Sequence[Scanner] = ()
    seconds: float = 20.0
    accepts_on_failure: bool = False

    async def judge(self, mail: Scanned) -> Reply | None:
        """Return why the mail is refused, None if it may come in; never raises Fault.

        A refusal for good goes before one for now, and both before a scanner that failed.
        """
        if not self.scanners:
            return None
        tasks = [asyncio.create_task(self._ask(scanner, mail)) for scanner in self.scanners]
        done, late = await asyncio.wait(tasks, timeout=self.seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        replies = [task.result() for task in tasks if task in done]
        for scanner, task in zip(self.scanners, tasks, strict=True):
            if task in late:
                log.warning("gate.failed", scanner=scanner.name, why="no answer in time")
                replies.append(self._on_failure)
        refusals = [reply for reply in replies if reply is not None]
        return max(refusals, key=_weight, default=None)

    async def _ask(self, scanner: Scanner, mail: Scanned) -> Reply | None:
        try:
            reply = await scanner.judge(mail)
        except Fault as error:
            log.warning("gate.failed", scanner=scanner.name, why=str(error))
            return self._on_failure
        except Exception:  # the rim of a task
            log.exception("gate.failed", scanner=scanner.name)
            return self._on_failure
        if reply is not None:
            log.info(
                "message.refused", reason=scanner.name, peer=mail.peer.address, reply=str(reply)
            )
        return reply

    @property
    def _on_failure(self) -> Reply | None:
        return None if self.accepts_on_failure else _LATER


def _weight(reply: Reply) -> tuple[bool, bool]:
    return reply.is_final, reply is not _LATER
