import json
import re

import jsonschema
from openapi_spec_validator import validate

from gateway.api.dialect import OURS
from gateway.api.examples import EXAMPLES
from gateway.api.openapi import document
from gateway.api.routes import declared
from gateway.api.schemas.base import Nothing
from tests.api.kit import INVOICE, with_api
from tests.api.scene import scene

ROUTES = tuple(route for route in declared(own_metrics=False) if route.dialect is OURS)
DOCUMENT = document(declared(own_metrics=False), server_url="https://mail.test", version="1")


def test_the_document_is_openapi_3_1():
    validate(DOCUMENT)
    assert DOCUMENT["openapi"].startswith("3.1")


def test_every_route_of_our_own_is_in_the_document():
    told = {
        (method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods
    }
    assert told == {(route.method, route.path.replace(":path}", "}")) for route in ROUTES}


def test_every_body_has_an_example_that_it_takes():
    takes = {route.name: route.body for route in ROUTES if route.body not in {None, Nothing}}
    assert takes.keys() == EXAMPLES.keys()
    for name, body in takes.items():
        body.model_validate_json(json.dumps(EXAMPLES[name]))


def test_what_a_query_needs_and_its_bounds_are_told():
    parameters = DOCUMENT["paths"]["/v1/search"]["get"]["parameters"]
    told = {one["name"]: (one["required"], one["schema"]) for one in parameters}
    assert told["q"][0]
    limit = {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}
    assert told["limit"] == (False, limit)


def test_operations_have_names_of_their_own():
    names = [
        one["operationId"] for methods in DOCUMENT["paths"].values() for one in methods.values()
    ]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)


def check(answer, method, path):
    """Compare an answer with what the document says of it."""
    operation = DOCUMENT["paths"][path][method.lower()]
    told = operation["responses"][str(answer.status_code)]
    media = answer.headers.get("content-type", "").partition(";")[0]
    content = told.get("content", {})
    if answer.status_code == 204:
        assert content == {}
        return
    assert media in content or "*/*" in content, (path, answer.status_code, media)
    schema = content.get(media, {}).get("schema")
    if schema is not None:
        whole = {**schema, "components": DOCUMENT["components"]}
        jsonschema.Draft202012Validator(whole).validate(answer.json())


@with_api()
async def test_answers_are_what_the_document_says(api):
    found = await scene(api)
    key = found.company.key
    items = {
        "invoices": found.invoice_id,
        "conversations": found.conversation_id,
        "messages": found.received_id,
        "attachments": found.attachment_id,
        "deliveries": found.delivery_id,
        "tenants": found.company.id,
        "webhooks": found.webhook_id,
    }
    bodies = {
        "/v1/tenants": {"name": "Other"},
        "/v1/invoices": {**INVOICE, "number": "2"},
        "/v1/conversations": {"subject": "S", "customer": {"email": "a@b.test"}, "text": "T"},
        "/v1/conversations/{id}/messages": {"text": "T"},
        "/v1/conversations/{id}/split": {"message_ids": [found.received_id]},
        "/v1/conversations/{id}/merge": {"into": "cnv_x"},
        "/v1/conversations/{id}/approve-sender": {"address": "s@other.test"},
        "/v1/messages": {"to": "a@b.test", "subject": "S"},
        "/v1/suppressions": {"address": "x@y.test"},
        "/v1/webhooks": {"url": "https://acme.example/hooks"},
        "/v1/webhooks/{id}/redeliver": {"since": "2026-11-01T00:00:00Z"},
    }
    last = ("DELETE", "cancel")
    for route in sorted(ROUTES, key=lambda one: one.method in last or one.path.endswith(last)):
        path = route.path.replace(":path}", "}")
        kind = path.split("/")[2] if path.startswith("/v1/") else ""
        real = path.replace("{id}", items.get(kind, "")).replace("{address}", "x@y.test")
        real = real.replace("{attempt_id}", found.attempt_id)
        admin = "tenants" in path or path == "/metrics"
        asked = {"json": bodies.get(path, {})} if route.method in {"POST", "PATCH"} else {}
        if route.media == "text/event-stream":
            check(await api.ask("HEAD", real, key), route.method, path)
            continue
        for who in (None, key if not admin else "the-fixed-admin-key"):
            check(await api.ask(route.method, real, who, **asked), route.method, path)


@with_api()
async def test_the_document_and_its_page_are_served_by_ourselves(api):
    answer = await api.get("/openapi.json", None)
    assert answer.json()["paths"] == DOCUMENT["paths"]
    page = await api.get("/docs", None)
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert all(path in page.text for path in DOCUMENT["paths"])
    assert re.findall(r'(?:src|href)="(?!/)', page.text) == []
    assert page.text.count("<summary>curl</summary>") == len(ROUTES)


@with_api()
async def test_the_document_and_its_page_travel_packed_and_nothing_with_a_secret_does(api):
    found = await scene(api)
    asked = {"headers": {"Accept-Encoding": "gzip"}}
    for path in ("/openapi.json", "/docs"):
        answer = await api.get(path, None, **asked)
        assert answer.headers["content-encoding"] == "gzip", path
        assert answer.headers["vary"] == "Accept-Encoding"
    for path in ("/v1/invoices", f"/v1/messages/{found.received_id}/raw", "/v1/webhooks"):
        assert "content-encoding" not in (await api.get(path, found.company.key, **asked)).headers
