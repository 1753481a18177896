"""Attacks by requests: ids with paths, fields that nobody may set, words beyond measure."""

import csv
import io

from tests.api.kit import INVOICE, problem, with_api
from tests.api.scene import scene


@with_api()
async def test_a97_an_id_is_no_path(api):
    found = await scene(api)
    id_ = found.attachment_id
    for path in (
        "..%2f..%2fpostroom.db",
        f"x%2f..%2f{id_}",
        f"{id_}%2f..%2f{id_}",
        "%2e%2e",
        f"{id_}%00",
    ):
        for route in ("attachments", "messages", "conversations"):
            answer = await api.get(f"/v1/{route}/{path}", found.company.key)
            assert answer.status_code == 404, (route, path)


@with_api()
async def test_a98_names_of_strangers_stand_in_no_address(api):
    found = await scene(api, filename="../../etc/passwd")
    message = (await api.get(f"/v1/messages/{found.received_id}", found.company.key)).json()
    (attachment,) = message["attachments"]
    assert attachment["url"].endswith(f"/v1/attachments/{found.attachment_id}")
    assert ".." not in attachment["url"]


@with_api()
async def test_a98_content_and_message_ids_of_strangers_stand_in_no_address(api):
    path = "/../../v1/tenant?x=1"
    found = await scene(
        api, content_type="image/png", content_id=f"a{path}", message_id_field=f"a{path}@x.test"
    )
    message = (await api.get(f"/v1/messages/{found.received_id}", found.company.key)).json()
    (attachment,) = message["attachments"]
    assert (attachment["content_id"], message["message_id"]) == (f"a{path}", f"a{path}@x.test")
    assert ".." not in attachment["url"]
    assert (await api.get(attachment["url"], found.company.key)).status_code == 200


@with_api()
async def test_a136_fields_that_nobody_may_set_are_refused_by_name(api):
    company = await api.company()
    mail = {"to": "a@b.test", "subject": "x", "text": "y"}
    asked = [
        ("/v1/messages", {**mail, "tenant_id": "ten_x"}, "tenant_id"),
        ("/v1/messages", {**mail, "status": "delivered"}, "status"),
        ("/v1/invoices", {**INVOICE, "status": "paid"}, "status"),
        ("/v1/invoices", {**INVOICE, "amount_open": "0"}, "amount_open"),
        ("/v1/inbox-links", {"role": "admin"}, "role"),
    ]
    for path, body, param in asked:
        answer = problem(await api.post(path, company.key, json=body))
        assert answer[::2] == (422, param), (path, param)


@with_api()
async def test_a67_a_customer_is_no_place_for_a_letter(api):
    company = await api.company()
    for customer, param in (
        ({"name": "Buy now! " * 600, "email": "a@b.test"}, "customer.name"),
        ({"name": "x\nBuy now", "email": "a@b.test"}, "customer.name"),
        ({"name": "x", "email": "a@b.test", "note": "Buy now"}, "customer.note"),
    ):
        body = {**INVOICE, "customer": customer}
        assert problem(await api.post("/v1/invoices", company.key, json=body))[::2] == (422, param)


@with_api()
async def test_a145_no_cell_of_an_export_is_a_formula(api):
    company = await api.company()
    texts = [f"{first}1+1|cmd" for first in "=+-@"]
    texts += [f"{blank}=1" for blank in (" ", "\u00a0", "\u2003")]
    texts += ["\uff1d1", "\uff0b1", "\uff0d1", "\uff201", 'x",=1', "x;=1"]
    refused = ["\t=1", "\tx", "x\n=1"]
    for number, text in enumerate(texts + refused):
        body = {**INVOICE, "number": str(number)}
        invoice = (await api.post("/v1/invoices", company.key, json=body)).json()
        path = f"/v1/invoices/{invoice['id']}/mark-paid"
        answer = await api.post(path, company.key, json={"note": text})
        assert answer.status_code == (422 if text in refused else 200), text
    answer = await api.get("/v1/payments?format=csv", company.key)
    rows = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert len(rows) == len(texts) + 1
    for cell in (cell for row in rows for cell in row):
        assert cell.lstrip()[:1] not in tuple("=+-@\uff1d\uff0b\uff0d\uff20"), cell
        assert cell[:1] not in ("\t", "\r", "\n"), cell
