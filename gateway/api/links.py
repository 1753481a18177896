"""Customers' links: listed, limited, renewed, revoked."""

from typing import Any

from gateway.api.registry import Access, Call, Reply, Route
from gateway.api.schemas.links import LinkShown, LinksShown, LinkTaken
from gateway.flow.link_keeping import LinkChange
from gateway.rules.model import Participant


def _shown(call: Call, person: Participant) -> LinkShown:
    context = call.services.context
    url = context.names.chat_url(context.keys, call.company, person)
    return LinkShown(
        address=person.mailbox.address,
        name=person.mailbox.name,
        role=person.role,
        view_url=None if person.revoked else url,
        expires_at=person.link_expires_at,
        revoked=person.revoked,
    )


async def page(call: Call) -> Reply:
    """Return the links of a conversation."""
    people = await call.services.links.of(call.company, call.path["id"])
    return Reply(LinksShown(data=[_shown(call, person) for person in people]))


async def change(call: Call) -> Reply:
    """Change a person's link."""
    body = call.body(LinkTaken)
    wish = LinkChange(
        renewed=body.renew,
        revoked=body.revoked,
        limited="expires_at" in body.model_fields_set,
        expires_at=body.expires_at,
    )
    links = call.services.links
    return Reply(
        _shown(call, await links.change(call.company, call.path["id"], body.address, wish))
    )


_PATH = "/v1/conversations/{id}/links"
_SHARED: dict[str, Any] = {"access": Access.COMPANY, "tag": "Conversations"}

ROUTES = (
    Route(
        "GET",
        _PATH,
        "List the links to the chat window, and whose they are",
        page,
        **_SHARED,
        scopes=("inbox:write",),
        answer=LinksShown,
    ),
    Route(
        "POST",
        _PATH,
        "Limit, renew, revoke or give back a person's link",
        change,
        **_SHARED,
        scopes=("inbox:write",),
        body=LinkTaken,
        answer=LinkShown,
    ),
)
