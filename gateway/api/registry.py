"""The declaration of a route: it drives validation, permission, handler and OpenAPI alike."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.auth import Caller
from gateway.api.dialect import OURS, Dialect
from gateway.api.lifting import MOST_FILES
from gateway.api.schemas.base import Asked, Given, Nothing, Taken
from gateway.api.services import Services
from gateway.flow.refusal import invalid
from gateway.rules.model import Tenant

M = TypeVar("M", bound=BaseModel)


class Access(Enum):
    """Whom a route is for."""

    OPEN = "open"
    """Everybody."""
    ADMIN = "admin"
    """Admin keys."""
    COMPANY = "company"
    """A company: its key, or an admin key that names it."""
    COMPANIES = "companies"
    """A company, or an admin key for all of them."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was recognised, permitted and validated.

    fingerprint: a hash of the whole body, "" where there is none.
    """

    services: Services
    request: Request
    caller: Caller | None
    tenant: Tenant | None
    path: Mapping[str, str]
    query: Asked
    payload: Taken
    fingerprint: str = ""

    @property
    def company(self) -> Tenant:
        """The company that the request is about. Raises Refused if an admin named none."""
        if self.tenant is None:
            detail = "An admin key has to say which company it acts as."
            raise invalid("tenant", detail, code="missing", hint="Add ?tenant=ten_…")
        return self.tenant

    @property
    def tenant_id(self) -> str | None:
        """The company's id; None: all companies."""
        return None if self.tenant is None else self.tenant.id

    def asked(self, model: type[M]) -> M:
        """Return the query string as the route declared it."""
        assert isinstance(self.query, model)
        return self.query

    def body(self, model: type[M]) -> M:
        """Return the body as the route declared it."""
        assert isinstance(self.payload, model)
        return self.payload


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers; body None: nothing but the status.

    lasting: a repeat with the same Idempotency-Key gets this very answer; False: it is made anew
    by the route's `recover`.
    """

    body: Given | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    lasting: bool = True


Handler = Callable[[Call], Awaitable[Reply | Response]]
Recovery = Callable[[Call, str, str], Awaitable[Reply | Response | None]]


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path.

    scopes: any of them suffices. body None: the method takes no body. answer None: no JSON;
    media says what else; also: a
    further form of the same. form_part: the part that holds the JSON where a form is taken too.
    files: how many the body may hold.
    refuses: statuses besides those that any route of its access may answer.
    versioned: the answer has an ETag; with a body, If-Match is honoured.
    live_only: not for test companies, which have no such settings of their own.
    dialect: how keys, bodies and errors are written; another one than ours is another mail
        service's, for its clients, and not in OpenAPI.
    recover: makes the answer anew from what a request with an Idempotency-Key has stored.
    """

    method: str
    path: str
    summary: str
    handler: Handler
    access: Access
    tag: str
    scopes: tuple[str, ...] = ()
    query: type[Asked] = Asked
    body: type[Taken] | None = None
    answer: type[Given] | None = None
    status: int = 200
    media: str | None = None
    also: str | None = None
    form_part: str | None = None
    files: int = MOST_FILES
    refuses: tuple[int, ...] = ()
    versioned: bool = False
    live_only: bool = False
    dialect: Dialect = OURS
    recover: Recovery | None = None

    @property
    def name(self) -> str:
        """A unique name, for OpenAPI's operationId."""
        words = [
            part.strip("{}").partition(":")[0].replace("-", "_")
            for part in self.path.split("/")[1:]
        ]
        return "_".join([self.method.lower(), *(w.replace(".", "_") for w in words if w != "v1")])


def changes_of(
    body: Taken, *, nullable: frozenset[str] = frozenset(), rename: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the fields that a PATCH gives, by the names of the record.

    nullable: fields that null empties. Raises Refused: null where a value has to stand.
    """
    changes: dict[str, Any] = {}
    for name in body.model_fields_set:
        value = getattr(body, name)
        if value is None and name not in nullable:
            raise invalid(name, "It can't be null; leave it out to keep it.")
        changes[(rename or {}).get(name, name)] = value
    return changes


NOTHING = Nothing()
