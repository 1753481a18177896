"""The first minutes of a company: nothing there, and a test invoice to begin with."""

import pytest

from tests.web.kit import forms, with_web

TEST_INVOICE = ("post", "/inbox/test-invoice")


@with_web()
async def test_an_empty_inbox_offers_a_test_invoice_until_there_is_anything(web):
    await web.sign_in()
    page = (await web.get("/inbox")).text
    assert "Send yourself a test invoice" in page
    assert TEST_INVOICE in forms(page)
    await web.send()
    assert TEST_INVOICE not in forms((await web.get("/inbox")).text)


@with_web()
async def test_the_test_invoice_goes_to_the_address_that_was_given(web):
    await web.sign_in()
    answer = await web.post("/inbox/test-invoice", {"address": "me@firma.example"})
    assert answer.status_code == 303
    conversation_id = answer.headers["location"].partition("?")[0].rpartition("/")[2]
    (delivery,) = await web.deliveries(conversation_id)
    assert delivery.recipient.address == "me@firma.example"
    page = (await web.get(answer.headers["location"])).text
    assert "Invoice TEST-1" in page
    await web.post("/inbox/test-invoice", {"address": "me@firma.example"})
    assert "TEST-2" in (await web.get("/inbox?view=waiting")).text


@with_web()
async def test_without_an_address_a_made_up_customer_of_the_sandbox_gets_it(web):
    await web.sign_in()
    answer = await web.post("/inbox/test-invoice", {"address": ""})
    conversation_id = answer.headers["location"].partition("?")[0].rpartition("/")[2]
    (delivery,) = await web.deliveries(conversation_id)
    assert delivery.recipient.address.startswith("reply+")
    assert delivery.recipient.address.endswith("@sandbox.test")


@pytest.mark.parametrize("address", ["nonsense", "a@mail.test"])
@with_web()
async def test_a_wrong_address_is_told_on_the_page(web, address):
    await web.sign_in()
    answer = await web.post("/inbox/test-invoice", {"address": address})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


@with_web()
async def test_without_a_sandbox_nobody_is_made_up(web):
    object.__setattr__(web.services, "sandbox_domain", "")
    await web.sign_in()
    assert "made-up" not in (await web.get("/inbox")).text
    assert (await web.post("/inbox/test-invoice", {"address": ""})).status_code == 422
