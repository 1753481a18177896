"""The kinds of schema: what is taken, what is asked, what is given."""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic_core import PydanticCustomError

T = TypeVar("T")


class Taken(BaseModel):
    """A request's JSON: unknown fields are mistakes, types are as written."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, validate_by_alias=True, validate_by_name=False
    )


class Nothing(Taken):
    """No fields."""


class Given(BaseModel):
    """An answer's JSON."""

    model_config = ConfigDict(
        frozen=True, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )


def _instant(moment: datetime) -> str:
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


Instant = Annotated[
    datetime,
    PlainSerializer(_instant, return_type=str, when_used="json"),
    Field(description="RFC 3339, in UTC", examples=["2026-11-22T10:07:00.000Z"]),
]


def one_of(*words: str) -> Any:
    """Return the description of a word among some; answers show what is stored all the same."""
    return Field(json_schema_extra={"enum": list(words)})


class Asked(BaseModel):
    """A request's query string."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant: Annotated[
        str | None,
        Field(description="For admin keys: the company to act as, such as `ten_…`."),
    ] = None


class AskedAnything(Asked):
    """A query string of which nothing is looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _whole(value: object) -> object:
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise PydanticCustomError("invalid", "Write a whole number without a sign.")
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
Limit = Annotated[
    int,
    BeforeValidator(_whole),
    Field(ge=1, le=100, description="How many items at most."),
]
Switch = Literal["true", "false"]


class AskedPage(Asked):
    """A request for a page of a list."""

    limit: Limit = 50
    cursor: Annotated[
        str | None,
        Field(max_length=512, description="`next_cursor` of the page before."),
    ] = None


class ListOf(Given, Generic[T]):
    """A page of a list; `next_cursor` is null on the last one."""

    data: list[T]
    next_cursor: str | None


class Problem(Given):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    code: Annotated[str, Field(description="A stable word for programs.")]
    detail: str
    param: Annotated[
        str | None, Field(description="The field at fault, nested as `customer.email`.")
    ] = None
    hint: Annotated[str | None, Field(description="What would be right.")] = None
    errors: list["FieldError"] | None = None
    request_id: str | None = None


class FieldError(Given):
    """One of several mistakes in a request."""

    param: str | None
    code: str
    detail: str
