"""The installation's secrets: rotated, and retired when they were replaced long ago."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.app.commands.words import duration_of, time_of
from gateway.app.office import Office
from gateway.flow.audit import Pen, pen_of
from gateway.mail.errors import ConfigError
from gateway.ports.store import Work
from gateway.rules.audit import compared
from gateway.rules.tokens import Keyring, mark_of
from gateway.runtime.control import CommandError
from gateway.runtime.keys import FINGERPRINT, fingerprint, fingerprints
from gateway.runtime.rotation import read_secrets, with_new_secret, without_oldest, write_secrets

_MADE = "secret.made."
"""With a fingerprint: the fact that says when that secret became the newest."""


async def rotate(office: Office, given: Mapping[str, Any]) -> Any:
    """Put a new secret at the head of the file; retire those that were replaced long ago.

    given: "retire", how long ago, None to retire none. The new secret is used, and passwords
    are sealed with it, from the next start on.
    """
    path = office.settings.server.secret.file
    if path is None:
        raise CommandError(
            "[server] secret stands in the configuration or the environment: put a new line of "
            "64 hexadecimal digits before the others there"
        )
    retire = duration_of(str(given["retire"]), "--retire") if given.get("retire") else None
    now = office.context.clock.now()
    try:
        keys = with_new_secret(read_secrets(path), office.context.chance.octets)
        old = 0 if retire is None else await _replaced_before(office, keys, now - retire)
        kept = without_oldest(keys, old)
        pen = pen_of(office.context, now)
        await office.context.store.write(lambda work: _note(work, keys, kept, pen))
        write_secrets(path, kept)
    except ConfigError as error:
        raise CommandError(str(error)) from error
    return {
        "secrets": len(kept.secrets),
        "retired": len(keys.secrets) - len(kept.secrets),
        "mark": mark_of(kept.secrets[0]),
        "file": str(path),
        "made_at": time_of(now),
        "next": "restart the gateway, so that it uses the new secret",
    }


async def _replaced_before(office: Office, keys: Keyring, before: datetime) -> int:
    """Return how many of the oldest secrets were followed by another before a moment."""
    names = [f"{_MADE}{one}" for one in fingerprints(keys)]
    made = await office.context.store.read(lambda work: [work.facts.get(one) for one in names])
    count = 0
    # The newest is first: each was replaced when the one before it in the list was made.
    for successor in reversed(made[1:-1]):
        if successor is None or datetime.fromisoformat(successor) > before:
            break
        count += 1
    return count


def _note(work: Work, keys: Keyring, kept: Keyring, pen: Pen) -> None:
    work.facts.put(f"{_MADE}{fingerprints(keys)[0]}", pen.now.isoformat())
    work.facts.put(FINGERPRINT, fingerprint(kept))
    counts = {"secrets": len(keys.secrets) - 1}, {"secrets": len(kept.secrets)}
    marks = {"mark": mark_of(keys.secrets[1])}, {"mark": mark_of(kept.secrets[0])}
    changed = compared(counts[0] | marks[0], counts[1] | marks[1], {"secrets", "mark"})
    pen.note(work, None, "secret.rotated", "installation", changed)
