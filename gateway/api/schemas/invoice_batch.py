"""Many invoices in one request, and what became of each."""

import json
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from gateway.api.schemas.base import Given, Problem, Taken
from gateway.api.schemas.invoices import InvoiceSent, InvoiceTaken

MOST = 500
"""Invoices in one request."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """An invoice that does not fit the schema. error: how not; None: `detail` says it."""

    error: ValidationError | None
    detail: str = ""


def _for_itself(
    value: Any, _: ValidatorFunctionWrapHandler, info: ValidationInfo
) -> InvoiceTaken | Unfit:
    """Validate an invoice as a request of its own would be: its mistakes are its own."""
    if not isinstance(value, dict):
        return Unfit(None, "An invoice must be a JSON object.")
    try:
        return InvoiceTaken.model_validate_json(json.dumps(value), context=info.context)
    except ValidationError as error:
        return Unfit(error)


class InvoicesTaken(Taken):
    """Documents to be stored and mailed, in this order."""

    invoices: Annotated[
        tuple[Annotated[InvoiceTaken, WrapValidator(_for_itself)], ...],
        Field(min_length=1, max_length=MOST),
    ]


class BatchResult(Given):
    """What became of one document: either `invoice` or `problem` is there.

    The same request with the same Idempotency-Key tells again of what was taken, and tries again
    what was refused.
    """

    status: Annotated[int, Field(description="What a request with it alone would be answered.")]
    invoice: InvoiceSent | None
    problem: Problem | None


class InvoicesSent(Given):
    """What became of the documents, in the order of the request."""

    data: list[BatchResult]
