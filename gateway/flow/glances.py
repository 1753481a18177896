"""Links to one document: the PDF in a mail, and what a customer shows to an accountant.

They open as long as their person may come in at all, whatever chat link is theirs by now.
"""

from collections.abc import AsyncIterator

from gateway.flow.contents import stream
from gateway.flow.context import Context
from gateway.flow.links import enter, glance_of, invoice_in, pdf_in, pdf_of, unknown_link
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.model import Attachment, Conversation, Invoice, Tenant


async def mailed_pdf(context: Context, token: str) -> tuple[Attachment, AsyncIterator[bytes]]:
    """Return the document that a download link names. Raises Refused for the link."""
    ref, now = pdf_of(context, token), context.clock.now()
    invoice_id = ids.from_body(ids.INVOICE, ref.body)

    def look(work: Work) -> Attachment:
        tenant, _, _ = enter(work, ref.link, now, any_issue=True)
        invoice = work.invoices.get(tenant.id, invoice_id)
        if invoice is None:
            raise unknown_link()
        return pdf_in(work, invoice)

    found = await context.store.read(look)
    return found, stream(context, found.tenant_id, found.sha256)


async def glance(context: Context, token: str) -> tuple[Tenant, Conversation, Invoice]:
    """Return the one document that a link shows to somebody else than its person.

    Raises Refused for the link.
    """
    ref, now = glance_of(context, token), context.clock.now()
    invoice_id = ids.from_body(ids.INVOICE, ref.body)

    def look(work: Work) -> tuple[Tenant, Conversation, Invoice]:
        tenant, _, conversation = enter(work, ref.link, now, any_issue=True)
        return tenant, conversation, invoice_in(work, conversation, invoice_id)

    return await context.store.read(look)


async def glance_pdf(context: Context, token: str) -> tuple[Attachment, AsyncIterator[bytes]]:
    """Return that document's PDF."""
    tenant, _, invoice = await glance(context, token)
    found = await context.store.read(lambda work: pdf_in(work, invoice))
    return found, stream(context, tenant.id, found.sha256)
