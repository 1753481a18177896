"""The routes of Postmark's API that are here."""

from typing import Any

from gateway.api.postmark import lookup, sending
from gateway.api.postmark.dialect import POSTMARK
from gateway.api.postmark.schemas import AskedBounces, Batch, Email
from gateway.api.registry import Access, Route
from gateway.api.schemas.base import AskedAnything

_MOST_FILES = 2000
"""In a batch; a mail has at most 100."""
_SEND: dict[str, Any] = {
    "access": Access.COMPANY,
    "tag": "Postmark",
    "scopes": ("send",),
    "query": AskedAnything,
    "dialect": POSTMARK,
}
_READ: dict[str, Any] = {**_SEND, "scopes": ("inbox:read",)}

ROUTES = (
    Route(
        "POST",
        "/email",
        "Send a mail",
        sending.send,
        **_SEND,
        body=Email,
        recover=sending.sent_before,
    ),
    Route(
        "POST",
        "/email/batch",
        "Send mails",
        sending.send_batch,
        **_SEND,
        body=Batch,
        files=_MOST_FILES,
        recover=sending.batch_again,
    ),
    Route("GET", "/bounces", "List bounces", lookup.bounces, **{**_READ, "query": AskedBounces}),
    Route("GET", "/bounces/{id}", "Read a bounce", lookup.bounce, **_READ),
    Route(
        "PUT",
        "/bounces/{id}/activate",
        "Let a bounced address get mail again",
        lookup.activate,
        **{**_READ, "scopes": ("inbox:write", "settings")},
    ),
    Route("GET", "/messages/outbound/{id}/details", "Read a message", lookup.details, **_READ),
)
