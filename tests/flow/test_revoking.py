"""What a revoked person was given ends: link, documents, reply address."""

import pytest

from gateway.flow.glances import mailed_pdf
from gateway.flow.link_keeping import LinkChange, LinkKeeping
from gateway.flow.refusal import Kind, Refused
from tests.flow.desk import JANA, KEYS, NAMES, PEER, open_desk
from tests.smtp.loops import in_loop


@in_loop
async def test_mail_to_a_revoked_reply_address_is_unknown_until_it_is_given_back(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await desk.invoice()
        links = LinkKeeping(desk.context, desk.directory)
        place = sent.invoice.conversation_id
        (person,) = await links.of(desk.tenant, place)
        reply_to = NAMES.reply_mailbox(KEYS, desk.tenant, person.ref).address
        pdf = sent.pdf_url.rpartition("/")[2]

        async def judged():
            refusal = await desk.reception.judge(JANA.address, (), reply_to, PEER)
            return refusal and (refusal.code, refusal.enhanced)

        assert await judged() is None
        await links.change(desk.tenant, place, JANA.address.upper(), LinkChange(revoked=True))
        assert await judged() == (550, "5.1.1")
        with pytest.raises(Refused) as refused:
            await mailed_pdf(desk.context, pdf)
        assert refused.value.kind is Kind.GONE
        await links.change(desk.tenant, place, JANA.address, LinkChange(revoked=False))
        assert await judged() is None
        assert (await mailed_pdf(desk.context, pdf))[0].filename == "invoice.pdf"
