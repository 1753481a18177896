"""Kept mail read again, page by page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.app.commands.words import time_of
from gateway.app.office import Office
from gateway.flow.replay import Difference, Replay
from gateway.ports.lists import Page

_PAGE = 20


async def page(office: Office, given: Mapping[str, Any]) -> Any:
    """Replay the next messages; return how they differ, and where to go on."""
    replay = Replay(office.context, office.parser, dry_run=bool(given.get("dry_run")))
    since = given.get("since")
    replayed = await replay.page(
        Page(_PAGE, given.get("cursor")), datetime.fromisoformat(str(since)) if since else None
    )
    return {
        "differences": [_told(one) for one in replayed.differences],
        "looked_at": replayed.looked_at,
        "position": replayed.position,
        "cursor": replayed.next_cursor,
    }


def _told(difference: Difference) -> Mapping[str, Any]:
    message = difference.message
    return {
        "id": message.id,
        "tenant_id": message.tenant_id,
        "conversation_id": message.conversation_id,
        "received_at": time_of(message.received_at),
        "subject": message.subject,
        "changes": difference.changes,
        "threading": {"was": message.threading.rule, "is": difference.elsewhere}
        if difference.elsewhere
        else None,
        "trouble": difference.trouble or None,
    }
