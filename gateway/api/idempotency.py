"""Idempotency-Key: the same request again has no second effect and gets the first answer."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog

from gateway.api.problems import Refusal
from gateway.api.repeating import Claim, UsedMeanwhile, claiming
from gateway.flow.context import Context
from gateway.mail.errors import Fault
from gateway.ports.directory import Answered
from gateway.ports.store import Work
from gateway.rules.erasure import GONE

KEPT = timedelta(days=7)
REPLAYED = {"Idempotent-Replayed": "true"}
_PATIENCE = 30.0
_LONGEST = 255
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Finished:
    """An answer as it is sent. lasting: it is kept for whoever asks again."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    lasting: bool = True


Perform = Callable[[], Awaitable[Finished]]
Recover = Callable[[str, str], Awaitable[Finished | None]]


def checked_key(key: str) -> str:
    """Return the header's value. Raises Refusal: 422."""
    if not (0 < len(key) <= _LONGEST and key.isascii() and key.isprintable()):
        raise Refusal(
            422,
            "invalid_idempotency_key",
            f"Idempotency-Key is 1 to {_LONGEST} printable characters of ASCII.",
            param="Idempotency-Key",
        )
    return key


class Repeated:
    """Carries each request with a key out once."""

    def __init__(self, context: Context) -> None:
        """Keep answers in this store, which is a `RepeatStore`."""
        self._context = context
        self._locks: dict[tuple[str, str], tuple[asyncio.Lock, int]] = {}

    async def once(
        self, tenant_id: str, key: str, request: str, perform: Perform, recover: Recover
    ) -> Finished:
        """Return the answer of `perform`, now or from when it was carried out.

        request: whatever tells this request from others.
        recover: makes the answer anew from the kind and id of what was stored, for when the
            first answer was lost; may return None.

        Raises Refusal: 409 if the key was used for another request, or still is; and what
        `perform` raises, which leaves the key unused.
        """
        request_hash = hashlib.sha256(request.encode()).hexdigest()
        until = self._context.clock.now() + KEPT
        claim = Claim(tenant_id, f"claim {key}", request_hash, until)
        async with self._alone(tenant_id, key):
            before = await self._before(claim, key, recover)
            if before is not None:
                return before
            try:
                with claiming(claim):
                    finished = await perform()
            except UsedMeanwhile:
                before = await self._before(claim, key, recover)
                if before is not None:
                    return before
                raise _in_use() from None
            if finished.status < 300 and finished.lasting:
                await self._keep(claim, key, finished)
            return finished

    async def _before(self, claim: Claim, key: str, recover: Recover) -> Finished | None:
        """Return what was answered to this key, or None if it is new."""
        now = self._context.clock.now()
        tenant_id = claim.tenant_id

        def look(work: Work) -> tuple[Answered | None, Answered | None]:
            return (
                work.repeats.get(tenant_id, f"answer {key}", now),
                work.repeats.get(tenant_id, claim.key, now),
            )

        answered, claimed = await self._context.store.read(look)
        known = answered or claimed
        if known is None:
            return None
        if known.request_hash != claim.request_hash:
            raise Refusal(
                409,
                "idempotency_key_reused",
                "This Idempotency-Key was used for another request.",
                param="Idempotency-Key",
            )
        if GONE in {known.status, claimed.status if claimed else 0}:
            raise Refusal(GONE, "erased", "What this request made was erased since.")
        finished: Finished | None = None
        if answered is not None:
            body = self._context.vault.open(answered.body, f"answer {tenant_id} {key}")
            if body is not None:
                finished = Finished(answered.status, body, answered.headers)
        if finished is None and claimed is not None:
            about = json.loads(claimed.body)
            finished = await recover(str(about["kind"]), str(about["id"]))
        if finished is None:
            raise Refusal(
                409,
                "idempotency_answer_lost",
                "This request was carried out before, but its answer was lost.",
                param="Idempotency-Key",
                hint="Look at the list of items; don't send it with another key.",
            )
        return Finished(finished.status, finished.body, {**finished.headers, **REPLAYED})

    async def _keep(self, claim: Claim, key: str, finished: Finished) -> None:
        context = self._context
        about = f"answer {claim.tenant_id} {key}"
        body = context.vault.seal(finished.body, about)
        answered = Answered(claim.request_hash, finished.status, body, dict(finished.headers))
        try:
            await context.store.write(
                lambda work: work.repeats.put(
                    claim.tenant_id, f"answer {key}", answered, claim.until
                )
            )
        except Fault:
            # The effect stands and so does the claim: a repeat is answered from the store.
            _log.warning("answer.not_kept")

    @asynccontextmanager
    async def _alone(self, tenant_id: str, key: str) -> AsyncIterator[None]:
        """Let one request with this key in at a time."""
        name = (tenant_id, key)
        lock, users = self._locks.get(name, (asyncio.Lock(), 0))
        self._locks[name] = (lock, users + 1)
        try:
            try:
                async with asyncio.timeout(_PATIENCE):
                    await lock.acquire()
            except TimeoutError:
                raise _in_use() from None
            try:
                yield
            finally:
                lock.release()
        finally:
            lock, users = self._locks.pop(name)
            if users > 1:
                self._locks[name] = (lock, users - 1)


def _in_use() -> Refusal:
    return Refusal(
        409,
        "idempotency_key_in_use",
        "Another request with this Idempotency-Key is being carried out.",
        param="Idempotency-Key",
        hint="Try again in a moment.",
        headers={"Retry-After": "1"},
    )
