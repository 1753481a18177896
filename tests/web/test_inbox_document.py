"""A document, looked at in the Inbox."""

from gateway.flow.drafts import TenantDraft
from tests.web.kit import links, with_web
from tests.web.test_inbox import opened


@with_web()
async def test_a_document_is_shown_as_its_customer_reads_it_and_can_be_downloaded(web):
    sent, _, path = await opened(web)
    where = f"{path}/invoices/{sent.invoice.id}"
    assert f"{where}?view=open" in links((await web.get(path)).text)
    page = (await web.get(f"{where}?view=open")).text
    for words in ("Invoice 2026-0142", "€1,254.00", "Oak table", "Jana Malá"):
        assert words in page
    assert f"{path}?view=open" in links(page)
    pdf = f"/inbox/attachments/{sent.invoice.pdf_attachment_id}"
    assert pdf in links(page)
    assert (await web.get(pdf)).content.startswith(b"%PDF")


@with_web()
async def test_a_document_is_shown_to_its_own_company_in_its_own_conversation_alone(web):
    sent, _, path = await opened(web)
    other, _, _ = await web.send(number="2026-0150")
    assert (await web.get(f"{path}/invoices/{other.invoice.id}")).status_code == 404
    stranger = await web.services.companies.add(TenantDraft("Other Ltd"))
    await web.sign_in(stranger.api_key)
    assert (await web.get(f"{path}/invoices/{sent.invoice.id}")).status_code == 404


@with_web()
async def test_who_is_signed_out_sees_no_document(web):
    sent, _, _ = await web.send()
    path = f"/inbox/conversations/{sent.invoice.conversation_id}/invoices/{sent.invoice.id}"
    assert (await web.get(path)).status_code == 403
