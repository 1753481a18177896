"""DELETE /v1/people/{address}."""

from tests.api.kit import problem, with_api
from tests.api.scene import scene


@with_api()
async def test_a_person_is_erased_and_a_repeated_request_makes_nothing_new(api):
    found = await scene(api)
    key, address = found.company.key, "jana@customer.test"
    again = {"to": address, "subject": "Hello", "text": "Hello Jana"}
    headers = {"Idempotency-Key": "once"}
    await api.post("/v1/messages", key, json=again, headers=headers)

    answer = await api.client.delete(
        f"/v1/people/{address}", headers={"Authorization": f"Bearer {key}"}
    )

    assert (answer.status_code, answer.json()) == (
        200,
        {"conversations": 2, "messages": 3, "attachments": 1, "deliveries": 2, "invoices": 1},
    )
    for path in ("conversations", "messages", "invoices", "deliveries", "events?after=0"):
        assert address not in (await api.get(f"/v1/{path}", key)).text, path
    gone = await api.post("/v1/messages", key, json=again, headers=headers)
    assert problem(gone)[:2] == (410, "erased")
    invoice = (await api.get(f"/v1/invoices/{found.invoice_id}", key)).json()
    assert (invoice["amount"], invoice["number"] != "") == ("1254.00", True)


@with_api()
async def test_only_a_key_that_may_change_settings_erases(api):
    company = await api.company()
    reader = await api.key(company, "inbox:read", "inbox:write")
    answer = await api.client.delete(
        "/v1/people/x@y.test", headers={"Authorization": f"Bearer {reader}"}
    )
    assert problem(answer)[:2] == (403, "scope_missing")
