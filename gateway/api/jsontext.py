"""JSON from strangers: read once before any schema, to refuse what parsers disagree about."""

import asyncio
import json
import math
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from gateway.api.lifting import Lifted
from gateway.api.problems import Refusal, invalid

M = TypeVar("M", bound=BaseModel)
_AT_ONCE = 32 * 1024


async def read_as(model: type[M], text: bytes, lifted: Lifted) -> M:
    """Return the text as `model`; lifted: the files that words in it stand for.

    Raises Refusal: 400 where it is no JSON, 422 where it doesn't fit.
    """
    if len(text) > _AT_ONCE:
        return await asyncio.to_thread(_read_as, model, text, lifted)
    return _read_as(model, text, lifted)


def parsed(text: bytes) -> Any:
    """Return the value of a JSON text without double names, NaN or broken characters.

    Raises Refusal: 400.
    """
    try:
        value = json.loads(
            text.decode("utf-8-sig"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
        )
        if b"\\ud" in text or b"\\uD" in text:
            # Half a surrogate pair can't be stored or sent as UTF-8.
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise _malformed("The JSON is nested too deeply.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _malformed(f"This is not JSON: {error.msg}, at {where}.") from None
    except ValueError as error:
        words = str(error) if isinstance(error, _Odd) else "it holds an impossible value"
        raise _malformed(f"This is not JSON: {words}.") from None
    return value


def _read_as(model: type[M], text: bytes, lifted: Lifted) -> M:
    if not text.strip():
        text = b"{}"
    value = parsed(text)
    if not isinstance(value, dict):
        raise Refusal(422, "invalid", "The body must be a JSON object.")
    try:
        return model.model_validate_json(text.removeprefix(b"\xef\xbb\xbf"), context=lifted)
    except ValidationError as error:
        raise invalid(error) from None


class _Odd(ValueError):  # noqa: N818 (it names the mistake)
    """JSON that means different things to different parsers."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _Odd("an object has the same name twice")
    return value


def _constant(word: str) -> Any:
    raise _Odd(f"{word} is no value")


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _Odd("a number is too large")
    return number


def _malformed(detail: str) -> Refusal:
    return Refusal(400, "invalid_json", detail)
