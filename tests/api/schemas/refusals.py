"""How a request is refused, without HTTP."""

import pytest

from gateway.api.problems import Refusal, refusal_of
from gateway.flow.refusal import Refused


async def refusal(reading):
    """Return status, code and field."""
    with pytest.raises((Refusal, Refused)) as caught:
        await reading
    found = refusal_of(caught.value)
    return found.status, found.code, found.param
