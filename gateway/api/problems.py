"""Errors as answers: RFC 9457, one form for all of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from gateway.flow.refusal import Kind, Refused
from gateway.mail.errors import Fault
from gateway.ports.lists import BadCursor, Full
from gateway.runtime.http.problem import MEDIA_TYPE, problem

STATUS = {
    Kind.INVALID: 422,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.STALE: 412,
    Kind.FORBIDDEN: 403,
    Kind.TOO_MANY: 429,
    Kind.TOO_LARGE: 413,
    Kind.GONE: 410,
}
_RETRY_AFTER = 5
_MOST_ERRORS = 20
_PYDANTIC = {"missing": "missing", "extra_forbidden": "unknown_field"}
_log = structlog.get_logger()


class Refusal(Exception):  # noqa: N818 (it is an answer, not an error of ours)
    """An answer that HTTP itself asks for: who is it, may they, is this a request at all."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        param: str | None = None,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Keep the parts of the problem."""
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.param = param
        self.hint = hint
        self.headers = dict(headers or {})
        self.errors = errors


def not_found() -> Refusal:
    """Return the answer for what is unknown, and for what is another company's."""
    return Refusal(404, "not_found", "There is nothing here.")


def answer(error: Refusal, *, request_id: str | None, docs_url: str) -> Response:
    """Return the response; docs_url: where the codes are explained."""
    body = problem_shown(error, request_id=request_id, docs_url=docs_url)
    return Response(body, error.status, error.headers, MEDIA_TYPE)


def problem_shown(error: Refusal, *, request_id: str | None, docs_url: str) -> bytes:
    """Return the document that tells of an error; docs_url: where the codes are explained."""
    return problem(
        error.status,
        error.code,
        error.detail,
        request_id=request_id,
        kind=f"{docs_url}#{error.code}",
        further={
            "param": error.param,
            "hint": error.hint,
            "errors": list(error.errors) if len(error.errors) > 1 else None,
        },
    )


def refusal_of(error: Exception) -> Refusal:
    """Return what to answer to an exception; what nobody expected is logged and 500."""
    match error:
        case Refusal():
            return error
        case Refused():
            wait = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
            return Refusal(
                STATUS[error.kind],
                error.code,
                error.detail,
                param=error.param,
                hint=error.hint,
                headers=wait,
            )
        case BadCursor():
            return Refusal(
                422, "invalid_cursor", "This list did not give that cursor.", param="cursor"
            )
        case HTTPException(status_code=413):
            return Refusal(413, "too_large", error.detail)
        case Fault():
            return _of_fault(error)
        case ClientDisconnect():
            raise error
        case _:
            _log.error("request.failed", exc_info=error)
            return Refusal(
                500, "internal_error", "Something went wrong here. The request may be tried again."
            )


def _of_fault(error: Fault) -> Refusal:
    wait = {"Retry-After": str(_RETRY_AFTER)}
    _log.warning("request.fault", reason=str(error))
    if isinstance(error, Full):
        detail = "There is no room to store it. Nothing was changed; try again later."
        return Refusal(507, "storage_full", detail, headers=wait)
    detail = "A part of the gateway is away. Nothing was lost; try again in a moment."
    return Refusal(503, "unavailable", detail, headers=wait)


def invalid(error: ValidationError) -> Refusal:
    """Return the answer to a request that does not fit its schema: the first mistake, and all."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    mistakes = [
        {
            "param": ".".join(str(step) for step in one["loc"]) or None,
            "code": _code(one["type"]),
            "detail": _sentence(one["type"], one["msg"]),
        }
        for one in found[:_MOST_ERRORS]
    ]
    first = mistakes[0]
    return Refusal(
        422, str(first["code"]), str(first["detail"]), param=first["param"], errors=mistakes
    )


def _code(kind: str) -> str:
    if kind in _PYDANTIC:
        return _PYDANTIC[kind]
    return kind if kind.startswith(("invalid_", "too_")) or kind in _OUR_CODES else "invalid"


_OUR_CODES = frozenset({"blank", "control_character", "empty_file"})


def _sentence(kind: str, message: str) -> str:
    if kind == "missing":
        return "This field is required."
    if kind == "extra_forbidden":
        return "There is no such field."
    return message if message.endswith(".") else f"{message}."
