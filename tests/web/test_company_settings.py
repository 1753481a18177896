"""The page of what a company chooses: PDF, colour, notifications, reminders."""

import pytest

from gateway.rules.customer_pages import CustomerPages, pages_of
from gateway.rules.own_server import settings_of
from tests.web.kit import forms, with_web

PAGE = "/inbox/settings/company"
FORM = {
    "attach_pdf": "always",
    "color": "#1F6FEB",
    "phrase": "on",
    "notify": "office@novak.example",
    "before": "3",
    "on_due": "on",
    "after": "14, 7",
}


async def stored(web):
    return await web.services.context.store.read(lambda work: work.tenants.get(web.tenant.id))


@with_web()
async def test_who_is_not_signed_in_is_asked_to(web):
    assert ("post", "/inbox/sign-in") in forms((await web.get(PAGE)).text)
    assert (await web.post(PAGE, FORM)).status_code == 403


@with_web()
async def test_a_key_without_the_right_may_not(web):
    _, key = await web.services.companies.add_key(web.tenant.id, ("inbox:read", "inbox:write"))
    await web.sign_in(key)
    assert (await web.post(PAGE, FORM)).status_code == 403
    assert (await stored(web)).attach_pdf == web.tenant.attach_pdf


@with_web()
async def test_what_is_saved_holds_and_is_shown_again(web):
    await web.sign_in()
    answer = await web.post(PAGE, FORM)
    assert (answer.status_code, "Saved." in answer.text) == (200, True)
    tenant = await stored(web)
    assert (tenant.attach_pdf, tenant.notify_address) == ("always", "office@novak.example")
    assert tenant.brand["color"] == "#1F6FEB"
    assert settings_of(tenant).reminders.offsets == (-3, 0, 7, 14)
    page = (await web.get(PAGE)).text
    assert 'value="7, 14"' in page
    assert 'value="office@novak.example"' in page
    assert pages_of(tenant.pages).phrase
    assert 'name="phrase" value="on" checked' in page
    empty = {
        **FORM,
        "phrase": "",
        "color": "",
        "notify": "",
        "before": "",
        "on_due": "",
        "after": "",
    }
    await web.post(PAGE, empty)
    tenant = await stored(web)
    assert (tenant.notify_address, settings_of(tenant).reminders.offsets) == (None, ())
    assert "color" not in tenant.brand
    assert not pages_of(tenant.pages).phrase
    assert 'name="phrase" value="on" checked' not in (await web.get(PAGE)).text


@with_web()
async def test_what_customers_pages_offer_stays_as_it_was(web):
    pages = {"actions": ["mark_paid"], "track_views": True}
    await web.services.companies.change(web.tenant.id, {"pages": pages})
    await web.sign_in()
    await web.post(PAGE, FORM)
    assert pages_of((await stored(web)).pages) == CustomerPages(("mark_paid",), True, True)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("attach_pdf", "sometimes", "when mails bring the PDF"),
        ("color", "blue", "A colour looks like"),
        ("notify", "nobody", "is not an address"),
        ("after", "soon", "Write days as numbers"),
        ("after", "0", "Days are from 1 to 365"),
        ("before", "61", "Days are from 1 to 60"),
        ("after", "1 2 3 4 5 6 7 8 9 10 11", "10 of them at most"),
    ],
)
@with_web()
async def test_what_can_not_be_is_told_and_nothing_is_stored(web, field, value, words):
    await web.sign_in()
    answer = await web.post(PAGE, FORM | {field: value})
    assert (answer.status_code, words in answer.text) == (422, True)
    assert f'value="{value}"' in answer.text or field == "attach_pdf"
    assert (await stored(web)).notify_address is None
