"""What became of the keys that sign mail: files, which commands change without the gateway."""

import asyncio
import json
from collections.abc import Mapping

from gateway.app.office import Office
from gateway.flow.audit import Pen
from gateway.ports.store import Work
from gateway.rules.audit import FILE, compared

_KNOWN = "dkim keys"
"""The fact that holds the state of each key, by selector, as the audit log knows it."""


async def note_keys(office: Office) -> None:
    """Write down in the audit log how the keys differ from when this was done before.

    Raises ConfigError if a file is no key, Fault.
    """
    found = {key.selector: key.state.value for key in await asyncio.to_thread(office.dkim.all)}
    context = office.context
    pen = Pen(context, FILE, context.clock.now())

    def note(work: Work) -> None:
        text = work.facts.get(_KNOWN)
        known: Mapping[str, str] = json.loads(text) if text else {}
        if found == known:
            return
        work.facts.put(_KNOWN, json.dumps(found, sort_keys=True))
        for selector in sorted(found.keys() | known.keys()):
            before, after = known.get(selector), found.get(selector)
            if before == after:
                continue
            action = "added" if before is None else "removed" if after is None else "changed"
            changed = compared(_state(before), _state(after), {"state"})
            pen.note(work, None, f"dkim_key.{action}", selector, changed)

    await context.store.write(note)


def _state(state: str | None) -> Mapping[str, str]:
    return {} if state is None else {"state": state}
