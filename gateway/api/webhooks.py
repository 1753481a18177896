"""Webhooks: a company's endpoints, what they were sent, and sending it again."""

from typing import Any

from gateway.api.etags import etag, wanted_version
from gateway.api.paging import page_of, shown
from gateway.api.registry import Access, Call, Reply, Route, changes_of
from gateway.api.schemas.base import AskedPage, ListOf
from gateway.api.schemas.webhooks import (
    AskedAttempts,
    AttemptShown,
    Redelivered,
    RedeliverTaken,
    RequestShown,
    SecretShown,
    WebhookAdded,
    WebhookChange,
    WebhookShown,
    WebhookTaken,
)
from gateway.flow.refusal import not_found
from gateway.ports.lists import Listed
from gateway.ports.store import Work
from gateway.rules.hooks import STANDARD, HookAttempt, Occasion, Webhook
from gateway.rules.model import Event


def _fields(call: Call, webhook: Webhook, retrying: int) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "types": list(webhook.types),
        "format": webhook.format,
        "enabled": webhook.disabled is None,
        "disabled_reason": webhook.disabled,
        "failing_since": webhook.failing_since,
        "failures": webhook.failures,
        "last_sequence": webhook.cursor,
        "retrying": retrying,
        "public_key": call.services.hooks.public_key(webhook),
        "created_at": webhook.created_at,
        "updated_at": webhook.updated_at,
    }


def _attempt_shown(
    call: Call, webhook: Webhook, attempt: HookAttempt, event: Event | None
) -> AttemptShown:
    sent = None
    is_kept = webhook.format == STANDARD
    if is_kept and (event is not None or attempt.occasion is Occasion.TEST):
        request = call.services.hooks.request(attempt, event)
        sent = RequestShown(url=request.url, headers=request.headers, body=request.body)
    return AttemptShown(
        id=attempt.id,
        webhook_id=attempt.webhook_id,
        event_id=attempt.event_id,
        type=attempt.type,
        sequence=attempt.sequence,
        occasion=attempt.occasion,
        attempt=attempt.number,
        at=attempt.sent_at,
        ms=attempt.ms,
        ok=attempt.ok,
        status=attempt.status,
        answer=attempt.answer,
        error=attempt.error,
        next_attempt_at=attempt.next_at,
        request=sent,
    )


async def _reply(call: Call, webhook: Webhook) -> Reply:
    retrying = await call.services.context.store.read(lambda work: work.hooks.waiting(webhook.id))
    return Reply(WebhookShown(**_fields(call, webhook, retrying)), etag(webhook.version))


def _named(work: Work, call: Call) -> Webhook:
    webhook = work.hooks.get(call.company.id, call.path["id"])
    if webhook is None:
        raise not_found("webhook")
    return webhook


async def page(call: Call) -> Reply:
    """Return endpoints."""
    wanted = page_of(call.asked(AskedPage))

    def read(work: Work) -> tuple[Listed[Webhook], dict[str, int]]:
        listed = work.hooks.page(call.company.id, wanted)
        return listed, {one.id: work.hooks.waiting(one.id) for one in listed.items}

    listed, retrying = await call.services.context.store.read(read)
    return Reply(shown(listed, lambda one: WebhookShown(**_fields(call, one, retrying[one.id]))))


async def add(call: Call) -> Reply:
    """Add an endpoint; its secret is shown this once."""
    body = call.body(WebhookTaken)
    webhook, secret = await call.services.hooks.add(
        call.company.id, body.url, body.types, body.format
    )
    return Reply(
        WebhookAdded(**_fields(call, webhook, 0), secret=secret),
        {**etag(webhook.version), "Location": f"/v1/webhooks/{webhook.id}"},
    )


async def one(call: Call) -> Reply:
    """Return an endpoint."""
    webhook = await call.services.context.store.read(lambda work: _named(work, call))
    return await _reply(call, webhook)


async def change(call: Call) -> Reply:
    """Change an endpoint."""
    given = changes_of(call.body(WebhookChange))
    version = wanted_version(call.request.headers)
    webhook = await call.services.hooks.change(
        call.company.id, call.path["id"], version=version, **given
    )
    return await _reply(call, webhook)


async def remove(call: Call) -> Reply:
    """Remove an endpoint."""
    await call.services.hooks.remove(call.company.id, call.path["id"])
    return Reply()


async def test(call: Call) -> Reply:
    """Send a test event now, and return what came of it."""
    attempt = await call.services.hooks.test(call.company.id, call.path["id"])
    webhook = await call.services.context.store.read(lambda work: _named(work, call))
    return Reply(_attempt_shown(call, webhook, attempt, None))


async def rotate(call: Call) -> Reply:
    """Return a new secret; the old one signs beside it for a day."""
    hooks = call.services.hooks
    webhook, secret = await hooks.rotate(call.company.id, call.path["id"])
    previous = webhook.secrets[1].until
    assert previous is not None
    return Reply(
        SecretShown(secret=secret, public_key=hooks.public_key(webhook), previous_until=previous)
    )


async def attempts(call: Call) -> Reply:
    """Return attempts, newest first."""
    asked = call.asked(AskedAttempts)
    wanted, ok = page_of(asked), None if asked.ok is None else asked.ok == "true"

    def read(work: Work) -> tuple[Webhook, Listed[HookAttempt], dict[str, Event | None]]:
        webhook = _named(work, call)
        listed = work.hooks.attempts(webhook.id, wanted, ok=ok)
        ids = {one.event_id for one in listed.items}
        return webhook, listed, {each: work.events.get(webhook.tenant_id, each) for each in ids}

    webhook, listed, events = await call.services.context.store.read(read)
    return Reply(
        shown(listed, lambda one: _attempt_shown(call, webhook, one, events[one.event_id]))
    )


async def redeliver(call: Call) -> Reply:
    """Send the event of an attempt again."""
    await call.services.hooks.redeliver(call.company.id, call.path["id"], call.path["attempt_id"])
    return Reply(Redelivered(queued=1))


async def redeliver_since(call: Call) -> Reply:
    """Send the events of a time again."""
    body = call.body(RedeliverTaken)
    queued = await call.services.hooks.redeliver_since(
        call.company.id, call.path["id"], body.since, body.until, failed_only=body.failed_only
    )
    return Reply(Redelivered(queued=queued))


_COMMON: dict[str, Any] = {
    "access": Access.COMPANY,
    "tag": "Webhooks",
    "scopes": ("settings",),
}
_ONE = "/v1/webhooks/{id}"

ROUTES = (
    Route(
        "GET",
        "/v1/webhooks",
        "List webhooks",
        page,
        **_COMMON,
        query=AskedPage,
        answer=ListOf[WebhookShown],
    ),
    Route(
        "POST",
        "/v1/webhooks",
        "Add a webhook",
        add,
        **_COMMON,
        body=WebhookTaken,
        answer=WebhookAdded,
        status=201,
    ),
    Route("GET", _ONE, "Read a webhook", one, **_COMMON, answer=WebhookShown, versioned=True),
    Route(
        "PATCH",
        _ONE,
        "Change a webhook, switch it off or on",
        change,
        **_COMMON,
        body=WebhookChange,
        answer=WebhookShown,
        versioned=True,
    ),
    Route("DELETE", _ONE, "Remove a webhook", remove, **_COMMON, status=204),
    Route("POST", f"{_ONE}/test", "Send a test event now", test, **_COMMON, answer=AttemptShown),
    Route(
        "POST",
        f"{_ONE}/rotate-secret",
        "Make a new secret; the old one signs beside it for 24 hours",
        rotate,
        **_COMMON,
        answer=SecretShown,
    ),
    Route(
        "GET",
        f"{_ONE}/attempts",
        "List what was sent to a webhook, and its answers",
        attempts,
        **_COMMON,
        query=AskedAttempts,
        answer=ListOf[AttemptShown],
    ),
    Route(
        "POST",
        f"{_ONE}/attempts/{{attempt_id}}/redeliver",
        "Send the event of an attempt again",
        redeliver,
        **_COMMON,
        answer=Redelivered,
        status=202,
    ),
    Route(
        "POST",
        f"{_ONE}/redeliver",
        "Send the events of a time again",
        redeliver_since,
        **_COMMON,
        body=RedeliverTaken,
        answer=Redelivered,
        status=202,
    ),
)
