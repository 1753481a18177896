"""One request to an endpoint: built from its event, signed, sent, judged."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from gateway.flow.context import Context
from gateway.hooks.bodies import Bodies
from gateway.hooks.secrets import signers
from gateway.mail.errors import Fault
from gateway.ports.outward import Outward
from gateway.rules import ids
from gateway.rules.hooks import HookAttempt, Occasion, Webhook
from gateway.rules.model import Event
from webhooks import signing, standard
from webhooks.schedule import Schedule
from webhooks.verdict import Accepted, TryAgain, Verdict, judge

_READ_OCTETS = 4096
_SHOWN_CHARS = 256


@dataclass(slots=True)
class HookPolicy:
    """How endpoints are tried; a reload may replace it. timeout: for a whole answer."""

    schedule: Schedule
    timeout: timedelta = timedelta(seconds=15)


async def post(
    context: Context,
    outward: Outward,
    bodies: Bodies,
    webhook: Webhook,
    event: Event,
    *,
    occasion: Occasion,
    number: int,
    now: datetime,
    timeout: timedelta,  # noqa: ASYNC109 (it bounds the answer, and is told in the attempt)
) -> tuple[HookAttempt, Verdict]:
    """Send an event once, and return the attempt, not yet stored, and what it means.

    number: which try of its round this is.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    signature, status, answer, error = "", None, "", ""
    verdict: Verdict = TryAgain()
    try:
        signing_now, timestamp = signers(context.vault, webhook, now), seconds_of(now)
        async with bodies.of(
            webhook.format, event, signer=signing_now[0], timestamp=timestamp
        ) as body:
            headers = signing.headers(event.id, timestamp, body.octets, signing_now)
            signature = headers[signing.SIGNATURE]
            answered = await outward.ask(
                "POST",
                webhook.url,
                headers={"Content-Type": body.media_type, **headers},
                body=body.octets,
                seconds=timeout.total_seconds(),
                most_octets=_READ_OCTETS,
            )
    except Fault as fault:
        error = str(fault)[:_SHOWN_CHARS]
    else:
        status = answered.status
        answer = _shown(answered.body)
        verdict = judge(answered.status, answered.headers, context.clock.now())
        if 300 <= status < 400:
            error = "a redirect, which is not followed: give the URL that it leads to"
    attempt = HookAttempt(
        id=context.new_id(ids.HOOK_ATTEMPT, now),
        webhook_id=webhook.id,
        tenant_id=webhook.tenant_id,
        event_id=event.id,
        type=event.type,
        sequence=event.sequence,
        occasion=occasion,
        number=number,
        url=webhook.url,
        sent_at=now,
        ms=int((loop.time() - started) * 1000),
        ok=isinstance(verdict, Accepted),
        status=status,
        answer=answer,
        error=error,
        signature=signature,
    )
    return attempt, verdict


def request_headers(attempt: HookAttempt) -> dict[str, str]:
    """Return the headers that an attempt in the standard format sent of ours."""
    return {
        "Host": urlsplit(attempt.url).netloc,
        "Content-Type": standard.MEDIA_TYPE,
        signing.ID: attempt.event_id,
        signing.TIMESTAMP: str(seconds_of(attempt.sent_at)),
        signing.SIGNATURE: attempt.signature,
    }


def seconds_of(moment: datetime) -> int:
    """Return seconds since 1970, as a signature's timestamp says them."""
    return int(moment.timestamp())


def _shown(body: bytes) -> str:
    """Return the beginning of an answer, what can't be printed escaped."""
    text = body[:_SHOWN_CHARS].decode("utf-8", "backslashreplace")
    safe = "".join(
        char if char.isprintable() or char == "\n" else f"\\u{ord(char):04x}" for char in text
    )
    return safe[:_SHOWN_CHARS]
