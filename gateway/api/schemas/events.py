"""Events: what happened, numbered without gaps per company."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from gateway.api.schemas.base import Asked, Given, Instant, Limit, Whole
from gateway.api.schemas.fields import mistake

MOST_WAIT = 60


def _types(text: str) -> str:
    for word in text.split(","):
        if not word or not word.replace(".", "").replace("_", "").isalpha() or not word.isascii():
            raise mistake("invalid_type", f"{word[:40]!r} is no type of an event.")
    return text


TypesWanted = Annotated[
    str | None,
    AfterValidator(lambda text: text if text is None else _types(text)),
    Field(max_length=500, description="`message.received,message.bounced` and the like."),
]


class AskedEvents(Asked):
    """Which events, and how long to wait for one."""

    after: Annotated[Whole, Field(description="The number of the last event seen.")] = 0
    types: TypesWanted = None
    wait: Annotated[
        Whole, Field(le=MOST_WAIT, description="Seconds to wait while there is none.")
    ] = 0
    limit: Limit = 100
    cursor: Annotated[
        str | None,
        Field(max_length=18, description="`next_cursor` of the page before; overrides `after`."),
    ] = None


class AskedStream(Asked):
    """Which events to stream; the header Last-Event-ID goes before `after`."""

    after: Annotated[
        Whole | None,
        Field(description="The number of the last event seen; without it, what happens from now."),
    ] = None
    types: TypesWanted = None


class EventShown(Given):
    """Something that happened; `data` depends on `type`."""

    id: str
    type: str
    timestamp: Instant
    tenant_id: str
    sequence: int
    data: dict[str, Any]
