"""Deliveries: one recipient's copy of a message, and its fate; suppressed addresses."""

from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.api.schemas.base import AskedPage, Given, Instant, Taken
from gateway.api.schemas.fields import Line, MailAddress, mistake
from gateway.rules.states import State

_STATES = tuple(state.value for state in State)


def _states(text: str) -> str:
    for word in text.split(","):
        if word not in _STATES:
            raise mistake("invalid_state", f"{word[:40]!r} is no state of a delivery.")
    return text


class AskedDeliveries(AskedPage):
    """Which deliveries."""

    state: Annotated[
        str | None,
        AfterValidator(lambda text: text if text is None else _states(text)),
        Field(
            max_length=200,
            description=f"One or several of {', '.join(_STATES)}, with commas between them",
        ),
    ] = None


class SuppressionTaken(Taken):
    """An address that is to get no mail."""

    address: MailAddress
    reason: Line = "manual"


class ReasonShown(Given):
    """Why a delivery is where it is; `verbatim` is the other server's reply."""

    key: str
    plain: str
    code: int | None
    enhanced: str | None
    verbatim: str
    permanent: bool


class AttemptShown(Given):
    """One try to hand a delivery to a next hop."""

    at: Instant
    next_hop: str
    tls: str
    stage: str
    reply: str
    ms: int


class DeliveryShown(Given):
    """A delivery. `complained`: the recipient called it spam.

    `suggested_recipient`: the address that was probably meant, where it looks mistyped.
    """

    id: str
    tenant_id: str
    message_id: str
    conversation_id: str
    recipient: str
    suggested_recipient: str | None
    state: Annotated[str, Field(json_schema_extra={"enum": list(_STATES)})]
    complained: bool
    reason: ReasonShown | None
    attempts: list[AttemptShown]
    queued_at: Instant
    next_attempt_at: Instant | None


class SuppressionShown(Given):
    """An address that gets no mail, and why."""

    address: str
    kind: str
    reason: str
    created_at: Instant
