"""Requests made up from the OpenAPI document: a running gateway answers as the document says.

Longer: POSTROOM_EXAMPLES=500 pytest tests/journeys/test_any_request.py
"""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.api.dialect import OURS
from gateway.api.registry import Access
from gateway.api.routes import declared
from tests.journeys.company import ADMIN, ADMIN_KEY, Company, answer_mail, receive
from tests.journeys.process import gateway
from tests.journeys.receiver import Receiver

pytestmark = pytest.mark.journey
SETTINGS = (
    ADMIN
    + '[relay]\nnext_hop = "smtp://127.0.0.1:9"\nretry = ["1h"]\n'
    + '[limits]\ntenant_rate = "100000000/h"\n'
    + '[dns]\nresolvers = ["127.0.0.1:9"]\ntimeout = "1s"\n'
    + '[egress]\nallow = ["127.0.0.0/8"]\n'
)
MORE = os.environ.get("POSTROOM_EXAMPLES")
EXAMPLES = settings(
    max_examples=int(MORE or 5),
    derandomize=MORE is None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EACH_FOR_ITSELF = {"/v1/invoices/batch"}
"""What does not fit is told of each item; the request as a whole is taken."""
ENDLESS = "text/event-stream"
LAST = ("DELETE", "cancel")
ROUTES = sorted(
    (one for one in declared(own_metrics=False) if one.media != ENDLESS and one.dialect is OURS),
    key=lambda one: one.method in LAST or one.path.endswith(LAST),
)
ASKED = [
    pytest.param(route, mode, id=f"{route.method} {route.path} {mode.value}")
    for route in ROUTES
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if mode is GenerationMode.POSITIVE or route.access is not Access.OPEN
]
"""Open routes take nothing that could be wrong."""


class World:
    """A company with one of everything on a running gateway, and the document of its API."""

    def __init__(self, running, receiver):
        self.receiver = receiver
        self.company = Company.added(running, "Acme s.r.o.")
        self.other = Company.added(running, "Other s.r.o.")
        self.document = schemathesis.openapi.from_dict(self.company.get("/openapi.json"))
        self.document.config.update(base_url=running.url)
        self.ids = self._ids(running)

    def _ids(self, running):
        company = self.company
        company.api.patch("/v1/tenant", json={"notify": {"address": "staff@acme.example"}})
        sent = company.post("/v1/invoices", INVOICE, status=202)
        (delivery,) = company.get(f"/v1/messages/{sent['message_id']}")["deliveries"]
        raw = company.api.get(f"/v1/messages/{sent['message_id']}/raw").text
        reply_to = raw.replace("\r\n ", " ").partition("Reply-To: ")[2].partition("\r\n")[0]
        mail = answer_mail(reply_to, "Thanks!", message_id="<1@client.example>")
        mail.add_attachment(b"0123456789", maintype="text", subtype="plain", filename="a.txt")
        got = company.message(receive(running, mail, reply_to.partition("<")[2].strip(">")))
        hook = company.post("/v1/webhooks", {"url": self.receiver.url}, status=201)
        attempt = company.post(f"/v1/webhooks/{hook['id']}/test")
        key = company.post("/v1/keys", {}, status=201)
        return {
            "keys": [key["id"]],
            "tenants": [self.other.id],
            "invoices": [sent["id"]],
            "conversations": [sent["conversation_id"]],
            "messages": [sent["message_id"], got["id"]],
            "attachments": [got["attachments"][0]["id"]],
            "deliveries": [delivery["id"]],
            "webhooks": [hook["id"]],
            "attempt_id": [attempt["id"]],
            "address": ["jana@client.example", "x@y.test"],
        }

    def real(self, route, name):
        """Return the ids that a path's parameter may stand for."""
        return self.ids[name if name in self.ids else route.path.split("/")[2]]


INVOICE = {
    "number": "1",
    "amount": "10.00",
    "currency": "EUR",
    "customer": {"name": "Jana", "email": "jana@client.example"},
    "pdf": {"filename": "invoice.pdf", "content": "JVBERi0xLjQK"},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    place = tmp_path_factory.mktemp("any")
    with Receiver() as receiver, gateway(place, settings=SETTINGS) as running:
        found = World(running, receiver)
        yield found
        found.company.close()
        found.other.close()


@pytest.mark.parametrize(("route", "mode"), ASKED)
def test_whatever_is_asked_is_answered_as_the_document_says(world, route, mode):
    operation = world.document[route.path.replace(":path}", "}")][route.method]
    checks = CHECKS if route.path in EACH_FOR_ITSELF else [*CHECKS, negative_data_rejection]
    key = ADMIN_KEY if route.access is Access.ADMIN else world.company.key

    @EXAMPLES
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def ask(case, data):
        for name in case.path_parameters or {}:
            case.path_parameters[name] = data.draw(st.sampled_from(world.real(route, name)))
        if case.query:
            case.query.pop("wait", None)
        case.headers["Authorization"] = f"Bearer {key}"
        answer = case.call(timeout=60)
        case.validate_response(answer, checks=checks)

    ask()
