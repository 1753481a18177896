"""Items by id, of the caller's company or, for an admin who names none, of whichever has it."""

from collections.abc import Callable
from typing import TypeVar

from gateway.flow.refusal import not_found
from gateway.ports.store import Work
from gateway.rules.model import HOUSE_TENANT_ID

T = TypeVar("T")


def found(
    work: Work, tenant_id: str | None, what: str, get: Callable[[str], T | None]
) -> tuple[T, str]:
    """Return an item and its company's id; tenant_id None: look through all companies.

    get: returns the item of a company with a given id. Raises Refused if there is none.
    """
    if tenant_id is not None:
        candidates = [tenant_id]
    else:
        candidates = [*(tenant.id for tenant in work.tenants.all()), HOUSE_TENANT_ID]
    for candidate in candidates:
        item = get(candidate)
        if item is not None:
            return item, candidate
    raise not_found(what)
