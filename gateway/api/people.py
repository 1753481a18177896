"""People: erased on request."""

from dataclasses import asdict

from gateway.api.registry import Access, Call, Reply, Route
from gateway.api.schemas.people import ErasedShown


async def erase(call: Call) -> Reply:
    """Erase a person; answers once nothing of them stands in the data, accounting facts apart."""
    erased = await call.services.privacy.erase(call.company, call.path["address"])
    return Reply(ErasedShown(**asdict(erased)))


ROUTES = (
    Route(
        "DELETE",
        "/v1/people/{address:path}",
        "Erase a person: content, attachments, copies; accounting facts stay",
        erase,
        Access.COMPANY,
        "People",
        scopes=("settings",),
        answer=ErasedShown,
    ),
)
