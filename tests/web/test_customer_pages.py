"""What a company lets its customers' pages offer and notice."""

from dataclasses import replace

import pytest

from tests.web.kit import links, with_web


async def keep(web, **pages):
    changed = await web.services.companies.change(web.tenant.id, {"pages": pages})
    web.tenant = changed


async def views(web):
    told = await web.context.store.read(
        lambda work: work.events.after(web.tenant.id, 0, types=("invoice.viewed",))
    )
    return [(one.data["invoice_id"], one.data["viewer"]) for one in told]


@pytest.mark.parametrize(
    ("action", "path"), [("mark_paid", "paid"), ("cash_receipt", "receipt"), ("pay_online", "pay")]
)
@with_web()
async def test_what_a_company_does_not_offer_is_hidden_and_refused(web, action, path):
    sent, view, _ = await web.send(payment={"url": "https://pay.example/1"})
    base = f"{view}/invoices/{sent.invoice.id}"
    assert f"{base}/{path}" in links((await web.get(view)).text)
    await keep(
        web, actions=[one for one in ("pay_online", "mark_paid", "cash_receipt") if one != action]
    )
    for page in (view, base):
        assert f"{base}/{path}" not in links((await web.get(page)).text)
    before = await web.snapshot()
    assert (await web.post(f"{base}/{path}", {"method": "cash"})).status_code == 409
    assert await web.snapshot() == before


@with_web()
async def test_who_looks_is_noticed_only_where_the_company_says_so_and_once(web):
    sent, view, _ = await web.send()
    path = f"{view}/invoices/{sent.invoice.id}/viewed"
    page = await web.get(view)
    assert (
        "This page doesn&#39;t track you." in page.text
        or "This page doesn't track you." in page.text
    )
    assert "data-viewed" not in page.text
    assert (await web.post(path)).status_code == 204
    assert await views(web) == []
    await keep(web, track_views=True)
    page = await web.get(view)
    assert "Novák Joinery can see that you opened this page." in page.text
    assert f'data-viewed="{path}"' in page.text
    for _ in range(2):
        assert (await web.post(path)).status_code == 204
    assert await views(web) == [(sent.invoice.id, "jana@firma.example")]


@with_web()
async def test_looking_alone_is_noticed_by_nobody(web):
    sent, view, pdf = await web.send()
    await keep(web, track_views=True)
    before = await web.snapshot()
    for path in (view, f"{view}/invoices/{sent.invoice.id}", pdf, f"{view}?all=1"):
        for method in ("GET", "HEAD"):
            assert (await web.client.request(method, path)).status_code == 200
    foreign = f"{view}/invoices/{sent.invoice.id}/viewed"
    assert (await web.post(foreign, origin="https://evil.test")).status_code == 403
    assert await web.snapshot() == before


@with_web()
async def test_a_view_through_a_link_that_ended_is_none(web):
    sent, view, _ = await web.send()
    await keep(web, track_views=True)
    (person,) = await web.people(sent.invoice.conversation_id)
    gone = replace(person, revoked=True)
    await web.context.store.write(lambda work: work.conversations.change_participant(gone))
    assert (await web.post(f"{view}/invoices/{sent.invoice.id}/viewed")).status_code == 410
    assert await views(web) == []
