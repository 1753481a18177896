import csv
import io

from tests.api.kit import INVOICE, problem, with_api


async def invoiced(api, company, number="1", **more):
    body = {**INVOICE, "number": number, **more}
    answer = await api.post("/v1/invoices", company.key, json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def paid(api, company, invoice_id, **more):
    answer = await api.post(f"/v1/invoices/{invoice_id}/mark-paid", company.key, json=more)
    assert answer.status_code == 200, answer.text
    return answer.json()["payments"][-1]


@with_api()
async def test_receipts_are_numbered_without_gaps_and_made_once(api):
    company = await api.company()
    numbers = []
    for number in ("1", "2"):
        invoice = await invoiced(api, company, number)
        payment = await paid(api, company, invoice["id"], method="cash")
        path = f"/v1/invoices/{invoice['id']}/receipt"
        first = await api.post(path, company.key, json={"payment_id": payment["id"]})
        again = await api.post(path, company.key, json={})
        assert (first.status_code, first.json()) == (201, again.json())
        made = first.json()
        assert made["state"] == "issued"
        assert made["pdf_url"] == f"{invoice['view_url']}/receipts/{made['id']}"
        numbers.append(made["number"])
    assert numbers == [1, 2]
    events = (await api.get("/v1/events?types=receipt.created", company.key)).json()["data"]
    assert len(events) == 2


@with_api()
async def test_a_receipt_without_a_payment_is_a_conflict(api):
    company = await api.company()
    invoice = await invoiced(api, company)
    path = f"/v1/invoices/{invoice['id']}/receipt"
    for body in ({}, {"payment_id": "pay_" + "a" * 24}):
        assert problem(await api.post(path, company.key, json=body))[:2] == (409, "no_payment")


@with_api()
async def test_payments_are_listed_with_their_invoice(api):
    company, other = await api.company(), await api.company("Other")
    for number, day in (("1", "2026-11-20"), ("2", "2026-11-21")):
        invoice = await invoiced(api, company, number)
        await paid(api, company, invoice["id"], on=day, note="thanks")
    listed = (await api.get("/v1/payments", company.key)).json()["data"]
    assert [(one["invoice_number"], one["amount"], one["on"]) for one in listed] == [
        ("2", "1254.00", "2026-11-21"),
        ("1", "1254.00", "2026-11-20"),
    ]
    assert listed[0]["customer_email"] == "jana@customer.test"
    days = {"from": "2026-11-20", "to": "2026-11-20"}
    some = (await api.get("/v1/payments", company.key, params=days)).json()["data"]
    assert [one["invoice_number"] for one in some] == ["1"]
    assert (await api.get("/v1/payments", other.key)).json()["data"] == []


@with_api()
async def test_payments_as_csv_hold_no_formula(api):
    company = await api.company()
    names = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\tx", 'Jana, "the" Nováková']
    names = [name.strip("\t") for name in names]
    for number, name in enumerate(names):
        customer = {"name": name, "email": "jana@customer.test"}
        invoice = await invoiced(api, company, str(number), customer=customer)
        await paid(api, company, invoice["id"], note="=1+1")
    answer = await api.get("/v1/payments?format=csv", company.key)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="payments.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    shown = [row["customer_name"] for row in reversed(rows)]
    assert shown == [name if name[0] not in "=+-@" else f"'{name}" for name in names]
    assert {row["note"] for row in rows} == {"'=1+1"}
    assert rows[0]["amount"] == "1254.00"
    assert rows[0]["confirmed"] == "true"
    assert answer.text.count("\r\n") == len(names) + 1


@with_api()
async def test_payments_as_csv_are_all_of_them(api):
    company = await api.company()
    invoice = await invoiced(api, company, amount="1000.00")
    for _ in range(130):
        await paid(api, company, invoice["id"], amount="1.00")
    answer = await api.get("/v1/payments?format=csv", company.key)
    assert len(list(csv.DictReader(io.StringIO(answer.text)))) == 130


@with_api()
async def test_a_reminder_goes_out_in_the_conversation(api):
    company = await api.company()
    invoice = await invoiced(api, company, due_on="2026-11-21")
    sent = await api.post(f"/v1/invoices/{invoice['id']}/remind", company.key)
    assert sent.status_code == 202
    path = f"/v1/conversations/{invoice['conversation_id']}/messages"
    messages = (await api.get(path, company.key)).json()["data"]
    assert [one["id"] for one in messages] == [invoice["message_id"], sent.json()["message_id"]]


@with_api()
async def test_there_is_nothing_to_remind_of_what_is_paid_or_cancelled(api):
    company = await api.company()
    for number, step, code in (("1", "mark-paid", "nothing_to_pay"), ("2", "cancel", "cancelled")):
        invoice = await invoiced(api, company, number)
        await api.post(f"/v1/invoices/{invoice['id']}/{step}", company.key, json={})
        answer = await api.post(f"/v1/invoices/{invoice['id']}/remind", company.key)
        assert problem(answer)[:2] == (409, code)


@with_api()
async def test_stats_count_events_and_sum_money_of_some_days(api):
    company, other = await api.company(), await api.company("Other")
    first = await invoiced(api, company, "1")
    await invoiced(api, company, "2", amount="0.10", currency="CZK")
    cancelled = await invoiced(api, company, "3")
    await api.post(f"/v1/invoices/{cancelled['id']}/cancel", company.key)
    await paid(api, company, first["id"], amount="4.10", on="2026-11-21")
    await paid(api, company, first["id"], amount="5.00", on="2026-11-22")
    found = (await api.get("/v1/stats?from=2026-11-22&to=2026-11-22", company.key)).json()
    assert found == {
        "from": "2026-11-22",
        "to": "2026-11-22",
        "events": {
            "conversation.created": 3,
            "invoice.sent": 3,
            "message.queued": 3,
            "payment.confirmed": 2,
        },
        "invoiced": [
            {"currency": "CZK", "count": 1, "amount": "0.10"},
            {"currency": "EUR", "count": 1, "amount": "1254.00"},
        ],
        "paid": [{"currency": "EUR", "count": 1, "amount": "5.00"}],
    }
    usual = (await api.get("/v1/stats", company.key)).json()
    assert (usual["from"], usual["to"]) == ("2026-10-24", "2026-11-22")
    assert usual["paid"] == [{"currency": "EUR", "count": 2, "amount": "9.10"}]
    assert (await api.get("/v1/stats", other.key)).json()["events"] == {}
    before = (await api.get("/v1/stats?from=2026-11-01&to=2026-11-21", company.key)).json()
    assert (before["events"], before["invoiced"]) == ({}, [])


@with_api()
async def test_days_that_do_not_fit_are_422(api):
    company = await api.company()
    asked = {
        "stats?from=x": "from",
        "stats?to=2026-13-01": "to",
        "stats?from=2026-11-02&to=2026-11-01": "to",
        "stats?from=2020-01-01&to=2026-11-01": "from",
        "payments?from=2026-11-02&to=2026-11-01": "to",
        "payments?format=xml": "format",
    }
    found = {query: problem(await api.get(f"/v1/{query}", company.key))[::2] for query in asked}
    assert found == {query: (422, param) for query, param in asked.items()}
