"""The OpenAPI 3.1 document, made of the same declarations as the routes."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal, cast

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.api.dialect import OURS
from gateway.api.examples import EXAMPLES
from gateway.api.registry import Access, Route
from gateway.api.schemas.base import Nothing, Problem, Taken
from gateway.runtime.http.problem import MEDIA_TYPE

_REF = "#/components/schemas/{model}"
_KEY = "key"
_BODIED = frozenset({"POST", "PATCH", "PUT"})
_ABOUT = """\
Companies hand over invoices and messages here and read what their customers answer.
`Authorization: Bearer KEY`; an admin key sees all companies and adds `?tenant=ten_…` to act
as one. Times are RFC 3339 in UTC, money is a decimal string beside an ISO 4217 currency.
"""
_HEADERS = {
    "X-Request-Id": "The name of this request in the gateway's logs",
    "ETag": "The version of the item, for If-Match",
    "Location": "Where the item can be read",
    "Retry-After": "Seconds after which to try again",
    "RateLimit-Limit": "Requests per period and key",
    "RateLimit-Remaining": "Requests left",
    "RateLimit-Reset": "Seconds until all are left again",
}


def document(routes: Sequence[Route], *, server_url: str, version: str) -> dict[str, Any]:
    """Return the document. server_url: the root under which the API is reached."""
    # What speaks as another service does is described by that service.
    routes = [route for route in routes if route.dialect is OURS]
    schemas, refs = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = route.path.replace(":path}", "}")
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Postroom", "version": version, "description": _ABOUT},
        "servers": [{"url": server_url}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {_KEY: {"type": "http", "scheme": "bearer"}},
            "headers": {
                name: {"description": about, "schema": {"type": "string"}}
                for name, about in _HEADERS.items()
            },
        },
    }


Mode = Literal["validation", "serialization"]
Refs = Mapping[tuple[type[BaseModel], Mode], Mapping[str, Any]]


def _schemas(routes: Iterable[Route]) -> tuple[dict[str, Any], Refs]:
    models: dict[tuple[type[BaseModel], Mode], None] = {(Problem, "serialization"): None}
    for route in routes:
        if route.body is not None:
            models[route.body, "validation"] = None
        if route.answer is not None:
            models[route.answer, "serialization"] = None
    refs, definitions = models_json_schema(list(models), by_alias=True, ref_template=_REF)
    return definitions["$defs"], cast("Refs", refs)


def _operation(route: Route, refs: Refs) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_headers(route)],
        "responses": _responses(route, refs),
        "security": _security(route),
    }
    if route.body is not None and route.body is not Nothing:
        operation["requestBody"] = _request_body(route, route.body, refs)
    return operation


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.access is Access.OPEN:
        return []
    return [{_KEY: [scope]} for scope in route.scopes] or [{_KEY: []}]


def _request_body(route: Route, body: type[Taken], refs: Refs) -> dict[str, Any]:
    schema = refs[body, "validation"]
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if route.name in EXAMPLES:
        content["application/json"]["example"] = EXAMPLES[route.name]
    if route.form_part is not None:
        content["multipart/form-data"] = {
            "schema": {
                "type": "object",
                "properties": {
                    route.form_part: schema,
                    "pdf": {"type": "string", "contentMediaType": "application/pdf"},
                    "attachments": {
                        "type": "array",
                        "items": {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                        },
                    },
                },
                "required": [route.form_part],
            },
            "encoding": {route.form_part: {"contentType": "application/json"}},
        }
    required = any(field.is_required() for field in body.model_fields.values())
    return {"required": required, "content": content}


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    return [
        {
            "name": name.partition(":")[0],
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
        }
        for name in names
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.access in {Access.OPEN, Access.ADMIN} and not route.query.model_fields.keys() - {
        "tenant"
    }:
        return []
    schema = route.query.model_json_schema()
    parameters = []
    for name, about in schema.get("properties", {}).items():
        if name == "tenant" and route.access is Access.ADMIN:
            continue
        shape = {key: value for key, value in about.items() if key not in {"title", "description"}}
        needed = name in schema.get("required", ())
        parameter = {"name": name, "in": "query", "required": needed, "schema": _not_null(shape)}
        if "description" in about:
            parameter["description"] = about["description"]
        parameters.append(parameter)
    return parameters


def _not_null(shape: dict[str, Any]) -> dict[str, Any]:
    """Return a shape without null, which a query string can't say."""
    options = [one for one in shape.get("anyOf", ()) if one != {"type": "null"}]
    kept = {key: value for key, value in shape.items() if key not in {"anyOf", "default"}}
    if shape.get("default") is not None:
        kept["default"] = shape["default"]
    for own, name in (("ge", "minimum"), ("le", "maximum")):
        # Bounds of what may be null keep pydantic's names.
        if own in kept:
            kept[name] = kept.pop(own)
    if len(options) == 1:
        return {**options[0], **kept}
    return {**kept, "anyOf": options} if options else kept


def _headers(route: Route) -> list[dict[str, Any]]:
    wanted = []
    if route.method == "POST":
        about = "The same request again within 7 days gets the first answer, without effect"
        wanted.append(("Idempotency-Key", about))
    if route.versioned and route.method == "GET":
        wanted.append(("If-None-Match", "An ETag; 304 without a body while it is the present one"))
    if route.versioned and route.method == "PATCH":
        wanted.append(("If-Match", "The ETag that the change was made from; 412 if it is stale"))
    return [
        {
            "name": name,
            "in": "header",
            "required": False,
            "description": about,
            "schema": {"type": "string"},
        }
        for name, about in wanted
    ]


def _responses(route: Route, refs: Refs) -> dict[str, Any]:
    names = ["X-Request-Id"]
    if route.access is not Access.OPEN:
        names += ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]
    if route.versioned:
        names.append("ETag")
    answer: dict[str, Any] = {
        "description": HTTPStatus(route.status).phrase,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
    }
    if route.answer is not None:
        schema = refs[route.answer, "serialization"]
        answer["content"] = {"application/json": {"schema": schema}}
        if route.also is not None:
            answer["content"][route.also] = {}
    elif route.media is not None:
        answer["content"] = {route.media: {}}
    responses = {str(route.status): answer}
    if route.versioned and route.method == "GET":
        responses["304"] = {
            "description": "The version that If-None-Match names is the present one"
        }
    for status in sorted(_refusals(route)):
        responses[str(status)] = _problem(status, route, refs)
    return responses


def _refusals(route: Route) -> set[int]:
    statuses = {500, *route.refuses}
    if route.access is not Access.OPEN:
        statuses |= {401, 403, 404, 422, 429, 503}
    if route.method in _BODIED:
        statuses |= {400, 413, 415}
    if route.method == "POST":
        statuses.add(409)
    if route.versioned and route.method == "PATCH":
        statuses.add(412)
    return statuses


def _problem(status: int, route: Route, refs: Refs) -> dict[str, Any]:
    if route.access is Access.OPEN and status == 503 and route.answer is not None:
        media, schema = "application/json", refs[route.answer, "serialization"]
    else:
        media, schema = MEDIA_TYPE, refs[Problem, "serialization"]
    names = ["X-Request-Id", *(["Retry-After"] if status in {429, 503, 507} else [])]
    return {
        "description": HTTPStatus(status).phrase,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {media: {"schema": schema}},
    }
