import base64
import json
import os

from tests.api.kit import INVOICE, PDF, problem, with_api

PATH = "/v1/invoices"


def with_pdf(**more):
    content = base64.b64encode(PDF).decode()
    return {**INVOICE, "pdf": {"filename": "invoice.pdf", "content": content}, **more}


@with_api()
async def test_an_invoice_is_stored_and_mailed(api):
    company = await api.company()
    answer = await api.post(PATH, company.key, json=with_pdf())
    sent = answer.json()
    assert answer.status_code == 202
    assert set(sent) == {"id", "conversation_id", "message_id", "status", "view_url", "pdf_url"}
    assert sent["view_url"].startswith("https://mail.test/c/")
    assert sent["pdf_url"].startswith("https://mail.test/d/")
    message = (await api.get(f"/v1/messages/{sent['message_id']}", company.key)).json()
    assert [one["state"] for one in message["deliveries"]] == ["queued"]
    (attachment,) = message["attachments"]
    file = await api.get(f"/v1/attachments/{attachment['id']}", company.key)
    assert file.content == PDF


@with_api()
async def test_an_invoice_may_come_as_a_form(api):
    company = await api.company()
    large = b"%PDF-1.7\n" + os.urandom(700_000)
    files = [
        ("invoice", (None, json.dumps(INVOICE), "application/json")),
        ("pdf", ("faktúra.pdf", large, "application/pdf")),
        ("attachments", ("terms.txt", b"Terms", "text/plain")),
        ("attachments", ("photo.png", b"png", "image/png")),
    ]
    answer = await api.post(PATH, company.key, files=files)
    assert answer.status_code == 202, answer.text
    message_id = answer.json()["message_id"]
    message = (await api.get(f"/v1/messages/{message_id}", company.key)).json()
    shown = [(one["filename"], one["content_type"], one["size"]) for one in message["attachments"]]
    assert shown == [
        ("faktúra.pdf", "application/pdf", len(large)),
        ("terms.txt", "text/plain", 5),
        ("photo.png", "image/png", 3),
    ]
    assert list(api.uploads.iterdir()) == []


@with_api()
async def test_a_large_pdf_in_json_comes_through(api):
    company = await api.company()
    large = b"%PDF-1.7\n" + os.urandom(3_000_000)
    body = with_pdf()
    body["pdf"]["content"] = base64.b64encode(large).decode()
    sent = (await api.post(PATH, company.key, json=body)).json()
    message = (await api.get(f"/v1/messages/{sent['message_id']}", company.key)).json()
    url = message["attachments"][0]["url"]
    assert (await api.get(url, company.key)).content == large
    assert list(api.uploads.iterdir()) == []


@with_api()
async def test_an_invoice_may_be_stored_without_mail(api):
    company = await api.company()
    sent = (await api.post(PATH, company.key, json={**INVOICE, "send": False})).json()
    assert sent["message_id"] is None
    assert (await api.get("/v1/deliveries", company.key)).json()["data"] == []
    again = await api.post(f"{PATH}/{sent['id']}/send", company.key)
    assert again.status_code == 202
    assert again.json()["message_id"] is not None


@with_api()
async def test_an_invoice_is_shown_with_what_follows_from_it(api):
    company = await api.company()
    body = {
        **INVOICE,
        "due_on": "2026-11-21",
        "issued_on": "2026-11-01",
        "lines": [{"text": "Chair", "quantity": 2, "price": "627.00"}],
        "payment": {"iban": "sk31 1200 0000 1987 4263 7541", "variable_symbol": "20260142"},
    }
    sent = (await api.post(PATH, company.key, json=body)).json()
    answer = await api.get(f"{PATH}/{sent['id']}", company.key)
    invoice = answer.json()
    assert (invoice["overdue"], invoice["amount_open"]) == (True, "1254.00")
    assert invoice["lines"] == body["lines"]
    assert invoice["payment"] == {
        "iban": "SK3112000000198742637541",
        "variable_symbol": "20260142",
    }
    assert answer.headers["etag"] == '"1"'
    listed = (await api.get(PATH, company.key, params={"status": "open"})).json()["data"]
    assert listed == [invoice]


@with_api()
async def test_a_number_is_taken_once_per_kind_unless_replaced(api):
    company = await api.company()
    first = (await api.post(PATH, company.key, json=INVOICE)).json()
    assert problem(await api.post(PATH, company.key, json=INVOICE)) == (
        409,
        "number_taken",
        "number",
    )
    other = await api.post(PATH, company.key, json={**INVOICE, "kind": "quote"})
    assert other.status_code == 202
    replacing = {**INVOICE, "replaces": INVOICE["number"]}
    second = await api.post(PATH, company.key, json=replacing)
    assert second.status_code == 202, second.text
    shown = (await api.get(f"{PATH}/{second.json()['id']}", company.key)).json()
    assert shown["replaces"] == first["id"]


@with_api()
async def test_payments_are_noted_confirmed_and_taken_back(api):
    company = await api.company()
    one = f"{PATH}/" + (await api.post(PATH, company.key, json=INVOICE)).json()["id"]

    async def step(name, body=None):
        return await api.post(f"{one}/{name}", company.key, json=body)

    part = (
        await step("mark-paid", {"amount": "254.00", "method": "cash", "note": "thanks"})
    ).json()
    assert (part["status"], part["amount_open"]) == ("open", "1000.00")
    (payment,) = part["payments"]
    assert {**payment, "id": ""} == {
        "id": "",
        "amount": "254.00",
        "method": "cash",
        "on": "2026-11-22",
        "by": "company",
        "confirmed": True,
        "note": "thanks",
    }
    whole = (await step("mark-paid")).json()
    assert (whole["status"], whole["amount_open"]) == ("paid", "0.00")
    assert problem(await step("mark-paid"))[:2] == (409, "paid")
    back = (await step("mark-unpaid", {"payment_id": payment["id"]})).json()
    assert (back["status"], back["amount_open"], len(back["payments"])) == ("open", "254.00", 1)
    assert problem(await step("confirm-payment"))[:2] == (409, "no_claim")
    assert (await step("cancel")).json()["status"] == "cancelled"
    assert problem(await step("cancel"))[:2] == (409, "final")
    assert problem(await step("send"))[:2] == (409, "cancelled")


@with_api()
async def test_an_invoice_is_changed_from_the_version_that_was_seen(api):
    company = await api.company()
    sent = await api.post(PATH, company.key, json=INVOICE)
    one, seen = f"{PATH}/{sent.json()['id']}", sent.headers["etag"]
    change = {"due_on": "2026-12-24"}

    async def patch(etag):
        return await api.ask(
            "PATCH", one, company.key, json=change, headers={"If-Match": etag} if etag else {}
        )

    first = await patch(seen)
    assert (first.status_code, first.json()["due_on"]) == (200, "2026-12-24")
    assert problem(await patch(seen))[:2] == (412, "stale")
    assert problem(await patch('"nonsense"'))[0] == 412
    assert (await patch(first.headers["etag"])).status_code == 200
    assert (await patch("*")).status_code == 200
    assert (await patch(None)).status_code == 200


UNFIT = [
    ({"customer": {"email": "x@mail.test"}}, "customer.email"),
    ({"customer": {"email": "x@REPLY.test"}}, "customer.email"),
    ({"cc": ["x@bounce.test"]}, "cc"),
    ({"replaces": "never-seen"}, "replaces"),
    ({"status": "paid"}, "status"),
    ({"amount": 12.5}, "amount"),
]


@with_api()
async def test_what_does_not_fit_is_named(api):
    company = await api.company()
    for change, param in UNFIT:
        answer = await api.post(PATH, company.key, json={**INVOICE, **change})
        assert problem(answer)[::2] == (422, param), change


@with_api()
async def test_an_unknown_conversation_is_404(api):
    company = await api.company()
    body = {**INVOICE, "conversation_id": "cnv_aaaaaaaaaaaaaaaaaaaaaaaa"}
    assert problem(await api.post(PATH, company.key, json=body))[0] == 404


PLAIN = ("invoice", (None, json.dumps(INVOICE)))
FORMS = [
    ([("pdf", ("a.pdf", PDF))], 422, "invoice"),
    ([("invoice", (None, "{"))], 400, None),
    ([("invoice", (None, "[]"))], 422, "invoice"),
    ([PLAIN, PLAIN], 422, "invoice"),
    ([PLAIN, ("logo", ("a.png", b"x"))], 422, "logo"),
    ([PLAIN, ("pdf", ("a.pdf", b""))], 422, "pdf"),
    ([PLAIN, ("pdf", ("a.pdf", PDF)), ("pdf", ("b.pdf", PDF))], 422, "pdf"),
]


@with_api()
async def test_a_form_that_does_not_fit_is_refused(api):
    company = await api.company()
    for files, status, param in FORMS:
        answer = await api.post(PATH, company.key, files=files)
        assert problem(answer)[::2] == (status, param)
    assert list(api.uploads.iterdir()) == []


@with_api(tenant_rate=3)
async def test_a68_a_company_that_sends_too_much_is_told_when_to_go_on(api):
    company = await api.company()
    for number in ("1", "2", "3"):
        answer = await api.post(PATH, company.key, json={**INVOICE, "number": number})
        assert answer.status_code == 202
    answer = await api.post(PATH, company.key, json={**INVOICE, "number": "4"})
    assert problem(answer)[:2] == (429, "rate_limited")
    assert int(answer.headers["retry-after"]) > 0


@with_api()
async def test_an_item_that_the_caller_has_already_is_304(api):
    company = await api.company()
    sent = (await api.post("/v1/invoices", company.key, json=INVOICE)).json()
    path = f"/v1/invoices/{sent['id']}"
    tag = (await api.get(path, company.key)).headers["etag"]
    for known in (tag, f"W/{tag}", f'"7", {tag}', "*"):
        answer = await api.get(path, company.key, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    changed = await api.ask("PATCH", path, company.key, json={"message": "Thank you"})
    answer = await api.get(path, company.key, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.headers["etag"]) == (200, changed.headers["etag"])
