"""What companies do with their endpoints; implements `ports.hooks.HookDesk`."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.flow.audit import pen_of
from gateway.flow.context import Context
from gateway.flow.refusal import Kind, Refused, conflict, invalid, not_found
from gateway.hooks.bodies import Bodies, standard_body
from gateway.hooks.post import HookPolicy, post, request_headers
from gateway.hooks.secrets import new_signer, sealed, signers
from gateway.mail.errors import Fault
from gateway.ports.hooks import Request
from gateway.ports.lists import Stale
from gateway.ports.outward import NotPermitted, Outward
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.audit import webhook_changes
from gateway.rules.hooks import (
    TEST,
    HookAttempt,
    Occasion,
    Resend,
    Webhook,
    Why,
    is_known_type,
    is_told_in,
    types_of,
)
from gateway.rules.model import Event
from webhooks.target import mistake

MOST_PER_COMPANY = 50
OVERLAP = timedelta(hours=24)
"""How long a secret goes on signing after it was rotated."""
_MOST_SECRETS = 5
_MOST_AGAIN = 10_000


class WebhookDesk:
    """Adds, changes, tries and replays endpoints."""

    def __init__(self, context: Context, outward: Outward, policy: HookPolicy) -> None:
        """Try endpoints by `outward`, as the policy of the time says."""
        self._context = context
        self._outward = outward
        self._policy = policy
        self._bodies = Bodies(context)

    async def add(
        self, tenant_id: str, url: str, types: Sequence[str], kind: str
    ) -> tuple[Webhook, str]:
        """Add an endpoint that gets what happens from now on; return it with its secret."""
        context = self._context
        _check_types(types, kind)
        await self._check_url(url)
        now = context.clock.now()
        pen = pen_of(context, now)
        webhook_id, signer = context.new_id(ids.WEBHOOK, now), new_signer(context.chance)

        def store(work: Work) -> Webhook:
            if work.hooks.count(tenant_id) >= MOST_PER_COMPANY:
                raise conflict(
                    "too_many_webhooks", f"A company has {MOST_PER_COMPANY} webhooks at most."
                )
            webhook = Webhook(
                id=webhook_id,
                tenant_id=tenant_id,
                url=url,
                types=tuple(types),
                format=kind,
                secrets=(sealed(context.vault, webhook_id, signer),),
                created_at=now,
                updated_at=now,
                cursor=work.events.last(tenant_id),
            )
            work.hooks.add(webhook)
            pen.note(work, tenant_id, "webhook.added", webhook_id)
            return webhook

        return await context.store.write(store), signer.secret

    async def change(
        self,
        tenant_id: str,
        webhook_id: str,
        *,
        url: str | None = None,
        types: Sequence[str] | None = None,
        enabled: bool | None = None,
        version: int | None = None,
    ) -> Webhook:
        """Change it. Switched on again, it gets what happened in the meantime."""
        if types is not None:
            kind = (await self._get(tenant_id, webhook_id)).format
            _check_types(types, kind)
        if url is not None:
            await self._check_url(url)
        now = self._context.clock.now()

        def changed(webhook: Webhook) -> Webhook:
            if version is not None and webhook.version != version:
                raise Stale("the webhook was changed by somebody else")
            if enabled and webhook.disabled is not None:
                webhook = replace(
                    webhook, disabled=None, failures=0, failing_since=None, resume_at=None
                )
            elif enabled is False and webhook.disabled is None:
                webhook = replace(webhook, disabled=Why.BY_HAND)
            return replace(
                webhook,
                url=webhook.url if url is None else url,
                types=webhook.types if types is None else tuple(types),
                updated_at=now,
            )

        return await self._change(tenant_id, webhook_id, changed)

    async def rotate(self, tenant_id: str, webhook_id: str) -> tuple[Webhook, str]:
        """Give it a new secret beside the old one, which signs for a day more; return both."""
        context = self._context
        now, signer = context.clock.now(), new_signer(context.chance)
        secret = sealed(context.vault, webhook_id, signer)

        def changed(webhook: Webhook) -> Webhook:
            old = [
                replace(one, until=one.until or now + OVERLAP)
                for one in webhook.secrets
                if one.until is None or one.until > now
            ]
            kept = (secret, *old[: _MOST_SECRETS - 1])
            return replace(webhook, secrets=kept, updated_at=now)

        return await self._change(tenant_id, webhook_id, changed), signer.secret

    async def remove(self, tenant_id: str, webhook_id: str) -> None:
        """Remove it, and what waits for it."""
        context, now = self._context, self._context.clock.now()
        pen = pen_of(context, now)

        def remove(work: Work) -> None:
            if not work.hooks.remove(tenant_id, webhook_id, now):
                raise not_found("webhook")
            pen.note(work, tenant_id, "webhook.removed", webhook_id)

        await context.store.write(remove)

    async def test(self, tenant_id: str, webhook_id: str) -> HookAttempt:
        """Send it an event made for the purpose, and return what came of it."""
        context = self._context
        webhook = await self._get(tenant_id, webhook_id)
        now = context.clock.now()
        event = _test_event(context.new_id(ids.EVENT, now), webhook, now)
        attempt, _ = await post(
            context,
            self._outward,
            self._bodies,
            webhook,
            event,
            occasion=Occasion.TEST,
            number=1,
            now=now,
            timeout=self._policy.timeout,
        )
        await context.store.write(lambda work: work.hooks.add_attempt(attempt))
        return attempt

    async def redeliver(self, tenant_id: str, webhook_id: str, attempt_id: str) -> Resend:
        """Let the event of an attempt be sent again, now."""
        now = self._context.clock.now()

        def store(work: Work) -> Resend:
            webhook = _on(work.hooks.get(tenant_id, webhook_id))
            attempt = work.hooks.attempt(webhook.id, attempt_id)
            if attempt is None:
                raise not_found("attempt")
            if work.events.get(tenant_id, attempt.event_id) is None:
                detail = "A test is not sent again; make another one."
                raise conflict("wrong_state", detail)
            again = Resend(webhook.id, tenant_id, attempt.event_id, now, 0, Occasion.REDELIVERY)
            work.hooks.resend(again)
            work.wake("events")
            return again

        return await self._context.store.write(store)

    async def redeliver_since(
        self,
        tenant_id: str,
        webhook_id: str,
        since: datetime,
        until: datetime | None,
        *,
        failed_only: bool,
    ) -> int:
        """Let the events of a time be sent again; return how many."""
        now = self._context.clock.now()
        if until is not None and until <= since:
            raise invalid("until", "It has to be later than `since`.")

        def store(work: Work) -> int:
            webhook = _on(work.hooks.get(tenant_id, webhook_id))
            count = work.hooks.resend_since(
                webhook,
                types_of(webhook),
                since,
                until or now,
                failed_only=failed_only,
                limit=_MOST_AGAIN,
            )
            work.wake("events")
            return count

        return await self._context.store.write(store)

    async def postmark_body(self, event: Event) -> bytes:
        """Return the JSON that Postmark's format tells of an event with. Raises Fault."""
        return await self._bodies.of_postmark(event)

    def public_key(self, webhook: Webhook) -> str:
        """Return the key that checks its `v1a` signatures, "" if it can't be told."""
        try:
            return signers(self._context.vault, webhook, self._context.clock.now())[0].public_key
        except Fault:
            return ""

    def request(self, attempt: HookAttempt, event: Event | None) -> Request:
        """Return what an attempt sent. event: its event, None for a test."""
        if event is None:
            event = Event(
                attempt.event_id,
                attempt.tenant_id,
                TEST,
                attempt.sent_at,
                {"webhook_id": attempt.webhook_id},
            )
        return Request(attempt.url, request_headers(attempt), standard_body(event).decode())

    async def _get(self, tenant_id: str, webhook_id: str) -> Webhook:
        webhook = await self._context.store.read(lambda work: work.hooks.get(tenant_id, webhook_id))
        if webhook is None:
            raise not_found("webhook")
        return webhook

    async def _change(
        self, tenant_id: str, webhook_id: str, changed: Callable[[Webhook], Webhook]
    ) -> Webhook:
        context, now = self._context, self._context.clock.now()
        pen = pen_of(context, now)

        def store(work: Work) -> Webhook:
            webhook = work.hooks.get(tenant_id, webhook_id)
            if webhook is None:
                raise not_found("webhook")
            done = work.hooks.change(changed(webhook))
            differs = webhook_changes(webhook, done)
            pen.note(work, tenant_id, "webhook.changed", webhook_id, differs)
            work.wake("events")
            return done

        try:
            return await self._context.store.write(store)
        except Stale:
            raise Refused(
                Kind.STALE, "stale", "The webhook was changed since it was read."
            ) from None

    async def _check_url(self, url: str) -> None:
        """Raise Refused if nobody may be sent there; what DNS does not know yet may come."""
        wrong = mistake(url)
        if wrong is not None:
            raise invalid("url", wrong, code="invalid_url")
        try:
            await self._outward.judge(url)
        except NotPermitted as error:
            raise invalid(
                "url",
                "Events can't be sent there: it is no public https address.",
                code="invalid_url",
                hint="The administrator may allow more in [egress] allow.",
            ) from error
        except Fault:
            return


def _check_types(types: Sequence[str], kind: str) -> None:
    for index, word in enumerate(types):
        if not is_known_type(word):
            raise invalid(
                f"types.{index}",
                f"{word[:40]!r} is no type of an event.",
                code="invalid_type",
                hint="Such as message.received, or message.* for all of a family.",
            )
        if not is_told_in(kind, word):
            raise invalid(
                f"types.{index}",
                f"The format {kind} does not tell of {word}.",
                code="invalid_type",
                hint="The format standard tells of every event.",
            )


def _on(webhook: Webhook | None) -> Webhook:
    if webhook is None:
        raise not_found("webhook")
    if webhook.disabled is not None:
        raise conflict("webhook_disabled", "The webhook is switched off; switch it on first.")
    return webhook


def _test_event(event_id: str, webhook: Webhook, now: datetime) -> Event:
    return Event(event_id, webhook.tenant_id, TEST, now, {"webhook_id": webhook.id})
