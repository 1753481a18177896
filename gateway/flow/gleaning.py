"""What the texts of a read mail give, gone through before the store's one writer is waited for."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.flow.context import Context
from gateway.flow.placing import clues_of
from gateway.flow.redaction import redacted
from gateway.flow.suggesting import Hints, hints_of
from gateway.mail.reading import Reading
from gateway.rules.ladder import Clues

_AT_ONCE_CHARS = 64 * 1024


@dataclass(frozen=True, slots=True)
class Gleaned:
    """shown: the reading as others may see it. hints: what it speaks of. clues: to its place."""

    shown: Reading
    hints: Hints
    clues: Clues


async def glean(context: Context, reading: Reading, recipients: Sequence[str]) -> Gleaned:
    """Go through the texts, long ones in a thread."""
    if len(reading.full_text) + len(reading.html or "") > _AT_ONCE_CHARS:
        return await asyncio.to_thread(_glean, context, reading, recipients)
    return _glean(context, reading, recipients)


def _glean(context: Context, reading: Reading, recipients: Sequence[str]) -> Gleaned:
    shown = redacted(context.keys, reading)
    return Gleaned(shown, hints_of(shown), clues_of(context, reading, recipients))
