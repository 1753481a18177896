"""A company's own sender domain: claimed, proven, signed for, broken, well again."""

import email
import email.policy
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import dkim
import pytest

from gateway.flow.drafts import MessageDraft, TenantDraft
from gateway.flow.refusal import Refused
from gateway.mail.envelope import Envelope, Recipient
from gateway.mail.mailbox import Mailbox
from gateway.ports.lists import Page
from gateway.ports.reception import Content, Peer
from gateway.ports.relay import DnsFault
from gateway.rules.sender_domains import Standing, aliases
from gateway.runtime.dkim_keys import DkimKeys
from gateway.runtime.signing import CompanyNames, DkimSigner
from tests.fakes import BUSY, TAKEN, FakeRecords, SenderDomainsHere
from tests.flow.desk import JANA, NAMES, open_desk

pytestmark = pytest.mark.anyio
PAGE = Page(100)
ADDRESS = "invoices@acme.example"


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Domains:
    """The desk with keys on disk, a DNS that the test writes, and companies' own domains."""

    def __init__(self, desk, directory):
        self.desk = desk
        self.keys = DkimKeys(directory / "dkim", ["rsa-sha256"])
        self.keys.make_missing(desk.clock.now())
        self.records = FakeRecords()
        self.flow = SenderDomainsHere(desk.context, self.records, CompanyNames(self.keys))
        self.signer = DkimSigner(self.keys, NAMES.sender, desk.clock)

    def publish(self, claim):
        """Publish what a company is shown, with our keys behind it."""
        for key, alias in zip(
            self.keys.company_keys(self.desk.clock.now()),
            aliases(claim.domain, claim.token, NAMES.sender),
            strict=True,
        ):
            self.records.zone |= {
                (alias.name, "CNAME"): [alias.value],
                (alias.name, "TXT"): [key.value],
                (alias.value, "TXT"): [key.value],
            }

    def break_dns(self, claim):
        for alias in aliases(claim.domain, claim.token, NAMES.sender):
            self.records.zone.pop((alias.name, "CNAME"), None)
            self.records.zone.pop((alias.name, "TXT"), None)

    async def verified(self, tenant=None, address=ADDRESS):
        claim = await self.flow.claim(tenant or self.desk.tenant, address)
        self.publish(claim)
        claim = await self.flow.check(tenant or self.desk.tenant)
        assert claim.standing is Standing.VERIFIED
        await self.fresh()
        return claim

    async def fresh(self):
        self.desk.tenant = await self.desk.read(lambda w: w.tenants.get(self.desk.tenant.id))

    async def deliver(self, *answers):
        """Try what is due; gives what was sent: author, d=, s=, and whether dkimpy agrees."""
        _, relay = await self.desk.deliver(*answers, signer=self.signer)
        return [self.seen(b"".join(copy.content)) for copy in relay.sent]

    def seen(self, raw):
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        tags = dict(
            tag.strip().split("=", 1)
            for tag in str(mail["DKIM-Signature"]).split(";")
            if tag.strip()
        )

        def txt(name, timeout=5):
            known = self.records.zone.get((name.decode().rstrip("."), "TXT"), [""])
            ours = {
                one.name: one.value
                for one in self.keys.records(NAMES.sender, self.desk.clock.now())
            }
            return ours.get(name.decode().rstrip("."), known[0]).encode()

        good = dkim.verify(raw, dnsfunc=txt)
        address = mail["From"].addresses[0].addr_spec
        return address, tags["d"], tags["s"], good

    async def events(self):
        found = await self.desk.events()
        return [one for one in found if one.type.startswith("sender_domain.")]


@asynccontextmanager
async def open_domains(directory):
    async with open_desk(directory) as desk:
        domains = Domains(desk, directory)
        try:
            yield domains
        finally:
            domains.signer.close()


async def test_a_claim_changes_nothing_until_dns_proves_it(tmp_path):
    async with open_domains(tmp_path) as domains:
        claim = await domains.flow.claim(domains.desk.tenant, "Invoices@Acme.example")
        assert (claim.address, claim.standing) == (ADDRESS, Standing.PENDING)
        assert [one.state.value for one in claim.verdicts if one.record.type == "CNAME"] == [
            "missing",
            "missing",
        ]
        await domains.fresh()
        await domains.desk.invoice()
        ((author, d, _, good),) = await domains.deliver()
        assert (author, d, good) == ("acme-sro@mail.example.com", "mail.example.com", True)
        assert await domains.events() == []


async def test_mail_of_a_proven_domain_comes_from_it_signed_by_it_and_answers_come_here(tmp_path):
    async with open_domains(tmp_path) as domains:
        claim = await domains.verified()
        await domains.desk.invoice()
        _, relay = await domains.desk.deliver(signer=domains.signer)
        raw = b"".join(relay.sent[0].content)
        assert domains.seen(raw) == (ADDRESS, "acme.example", f"pr1-{claim.token}", True)
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        assert mail["From"].addresses[0].display_name == "Acme s.r.o."
        assert mail["Reply-To"].addresses[0].domain == "reply.example.com"
        assert mail["Message-ID"].strip().endswith("@mail.example.com>")
        assert relay.sent[0].sender.endswith("@bounce.example.com")
        (told,) = await domains.events()
        assert (told.type, told.data["domain"]) == ("sender_domain.verified", "acme.example")


async def test_after_a_rotation_mail_is_signed_under_the_other_name(tmp_path):
    async with open_domains(tmp_path) as domains:
        claim = await domains.verified()
        domains.keys.rotate(domains.desk.clock.now())
        domains.desk.clock.pass_by(minutes=1)
        await domains.desk.invoice()
        assert await domains.deliver() == [(ADDRESS, "acme.example", f"pr2-{claim.token}", True)]
        assert (await domains.flow.check(domains.desk.tenant)).standing is Standing.VERIFIED


async def test_mail_composed_for_a_domain_that_broke_leaves_in_our_name_with_its_message_id(
    tmp_path,
):
    async with open_domains(tmp_path) as domains:
        claim = await domains.verified()
        sent = await domains.desk.invoice()
        before = await domains.desk.message(sent.message_id)
        domains.break_dns(claim)
        await domains.flow.check(domains.desk.tenant)
        ((author, d, _, good),) = await domains.deliver()
        assert (author, d, good) == ("acme-sro@mail.example.com", "mail.example.com", True)
        after = await domains.desk.message(sent.message_id)
        assert after.message_id == before.message_id
        assert after.from_ == Mailbox("Acme s.r.o.", "acme-sro@mail.example.com")
        (delivery,) = await domains.desk.deliveries(sent.message_id)
        assert b"acme-sro@mail.example.com" in await domains.desk.raw(delivery)
        old = await domains.desk.read(
            lambda work: work.contents.get(domains.desk.tenant.id, before.raw_sha256)
        )
        assert old is None


async def test_mail_that_was_put_off_is_signed_anew_once_its_domain_broke(tmp_path):
    async with open_domains(tmp_path) as domains:
        claim = await domains.verified()
        sent = await domains.desk.invoice()
        assert (await domains.deliver(BUSY))[0][0] == ADDRESS
        domains.break_dns(claim)
        await domains.flow.check(domains.desk.tenant)
        (waiting,) = await domains.desk.deliveries(sent.message_id)
        due = replace(waiting, next_attempt_at=domains.desk.clock.now() - timedelta(minutes=1))
        await domains.desk.context.store.write(lambda work: work.deliveries.change(due))
        ((author, d, _, good),) = await domains.deliver(TAKEN)
        assert (author, d, good) == ("acme-sro@mail.example.com", "mail.example.com", True)


async def test_mail_that_was_put_off_keeps_its_bytes_while_its_domain_holds(tmp_path):
    async with open_domains(tmp_path) as domains:
        await domains.verified()
        sent = await domains.desk.invoice()
        _, first = await domains.desk.deliver(BUSY, signer=domains.signer)
        domains.desk.clock.pass_by(minutes=40)
        (waiting,) = await domains.desk.deliveries(sent.message_id)
        due = replace(waiting, next_attempt_at=domains.desk.clock.now() - timedelta(hours=1))
        await domains.desk.context.store.write(lambda work: work.deliveries.change(due))
        _, second = await domains.desk.deliver(TAKEN, signer=domains.signer)
        assert b"".join(first.sent[0].content) == b"".join(second.sent[0].content)


async def test_a_broken_domain_is_told_once_and_its_recovery_too(tmp_path):
    async with open_domains(tmp_path) as domains:
        claim = await domains.verified()
        domains.break_dns(claim)
        for _ in range(3):
            await domains.flow.check(domains.desk.tenant)
        domains.publish(claim)
        for _ in range(2):
            await domains.flow.check(domains.desk.tenant)
        kinds = [one.type for one in await domains.events()]
        assert kinds == [
            "sender_domain.verified",
            "sender_domain.failed",
            "sender_domain.verified",
        ]


async def test_dns_that_does_not_answer_is_no_broken_domain(tmp_path):
    async with open_domains(tmp_path) as domains:
        claim = await domains.verified()
        for alias in aliases(claim.domain, claim.token, NAMES.sender):
            domains.records.zone[alias.name] = DnsFault("SERVFAIL from DNS")
        claim = await domains.flow.check(domains.desk.tenant)
        assert claim.standing is Standing.VERIFIED
        assert "SERVFAIL" in claim.verdicts[0].remedy


async def test_one_look_is_made_of_what_is_due_and_the_next_when_it_is_due_again(tmp_path):
    async with open_domains(tmp_path) as domains:
        await domains.verified()
        assert await domains.flow.check_due() == 0
        domains.desk.clock.pass_by(minutes=59)
        assert await domains.flow.check_due() == 0
        domains.desk.clock.pass_by(minutes=2)
        assert await domains.flow.check_due() == 1
        assert await domains.flow.check_due() == 0


async def test_what_one_process_takes_is_not_due_to_another(tmp_path):
    async with open_domains(tmp_path) as domains:
        await domains.verified()
        now = domains.desk.clock.now() + timedelta(hours=2)

        def take(work):
            until = now + timedelta(minutes=3)
            return [len(work.sender_domains.take_due(now, until, 10)) for _ in range(2)]

        assert await domains.desk.context.store.write(take) == [1, 0]


async def test_two_companies_prove_one_domain_each_by_names_of_its_own(tmp_path):
    async with open_domains(tmp_path) as domains:
        first = await domains.verified()
        enrolled = await domains.desk.companies.add(TenantDraft("Bolt s.r.o."))
        other = await domains.flow.claim(enrolled.tenant, "bolt@acme.example")
        assert other.standing is Standing.PENDING
        shown = str([(one.found, one.remedy) for one in other.verdicts])
        assert first.token not in shown
        assert "Acme s.r.o." not in shown
        domains.publish(other)
        assert (await domains.flow.check(enrolled.tenant)).standing is Standing.VERIFIED
        assert (await domains.flow.check(domains.desk.tenant)).standing is Standing.VERIFIED


async def test_another_address_of_a_proven_domain_is_proven_another_domain_begins_anew(tmp_path):
    async with open_domains(tmp_path) as domains:
        claim = await domains.verified()
        same = await domains.flow.claim(domains.desk.tenant, "billing@acme.example")
        assert (same.token, same.standing) == (claim.token, Standing.VERIFIED)
        new = await domains.flow.claim(domains.desk.tenant, "billing@other.example")
        assert new.token != claim.token
        assert new.standing is Standing.PENDING


async def test_who_gives_a_domain_up_writes_from_our_address_again(tmp_path):
    async with open_domains(tmp_path) as domains:
        await domains.verified()
        assert await domains.flow.remove(domains.desk.tenant)
        assert not await domains.flow.remove(domains.desk.tenant)
        await domains.fresh()
        await domains.desk.invoice()
        assert (await domains.deliver())[0][0] == "acme-sro@mail.example.com"


async def test_mail_signed_for_an_earlier_claim_to_the_same_domain_is_signed_anew(tmp_path):
    async with open_domains(tmp_path) as domains:
        await domains.verified()
        sent = await domains.desk.invoice()
        await domains.deliver(BUSY)
        await domains.flow.remove(domains.desk.tenant)
        claim = await domains.verified()
        (waiting,) = await domains.desk.deliveries(sent.message_id)
        due = replace(waiting, next_attempt_at=domains.desk.clock.now() - timedelta(minutes=1))
        await domains.desk.context.store.write(lambda work: work.deliveries.change(due))
        assert await domains.deliver(TAKEN) == [
            (ADDRESS, "acme.example", f"pr1-{claim.token}", True)
        ]


@pytest.mark.parametrize("address", ["acme-sro@mail.example.com", ADDRESS])
async def test_a_service_may_name_either_address_and_the_one_that_holds_is_used(tmp_path, address):
    async with open_domains(tmp_path) as domains:
        claim = await domains.verified()
        draft = MessageDraft(
            to=(JANA,), subject="Hello", text="Hello", from_=Mailbox("Acme", address)
        )
        await domains.desk.submissions.send_message(domains.desk.tenant, draft)
        assert (await domains.deliver())[0][0] == ADDRESS
        domains.break_dns(claim)
        await domains.flow.check(domains.desk.tenant)
        await domains.fresh()
        await domains.desk.submissions.send_message(domains.desk.tenant, draft)
        assert (await domains.deliver())[0][0] == "acme-sro@mail.example.com"


@pytest.mark.parametrize("address", ["acme-sro@mail.example.com", ADDRESS])
async def test_mail_that_a_service_submits_leaves_from_the_address_that_holds(tmp_path, address):
    async with open_domains(tmp_path) as domains:
        claim = await domains.verified()
        peer = Peer("127.0.0.1", 0, "service.example", tenant_id=domains.desk.tenant.id)
        envelope = Envelope("x@service.example", (Recipient("jana@client.example"),))

        async def submit(word):
            raw = f"From: Acme <{address}>\r\nTo: jana@client.example\r\n\r\n{word}\r\n".encode()
            content = Content(len(raw), raw, raw)
            assert (await domains.desk.submission.accept(envelope, content, peer)).code == 250
            return await domains.deliver()

        assert await submit("One") == [(ADDRESS, "acme.example", f"pr1-{claim.token}", True)]
        domains.break_dns(claim)
        await domains.flow.check(domains.desk.tenant)
        ((author, d, _, good),) = await submit("Two")
        assert (author, d, good) == ("acme-sro@mail.example.com", "mail.example.com", True)


async def test_others_addresses_stay_refused(tmp_path):
    async with open_domains(tmp_path) as domains:
        await domains.verified()
        draft = MessageDraft(
            to=(JANA,), subject="Hello", text="Hello", from_=Mailbox("", "boss@acme.example")
        )
        with pytest.raises(Refused, match=r"From must be invoices@acme\.example"):
            await domains.desk.submissions.send_message(domains.desk.tenant, draft)


async def test_changes_stand_in_the_audit_log_without_the_address(tmp_path):
    async with open_domains(tmp_path) as domains:
        await domains.verified()
        await domains.flow.remove(domains.desk.tenant)
        entries = [
            one
            for one in await domains.desk.read(
                lambda work: work.audit.page(domains.desk.tenant.id, PAGE).items
            )
            if one.action == "sender_domain.changed"
        ]
        assert [one.changed.after for one in entries] == [{}, {"domain": "acme.example"}]
        assert {one.changed.fields for one in entries} == {("address", "domain")}


async def test_companies_are_refused_where_the_gateway_offers_no_own_domains(tmp_path):
    async with open_desk(tmp_path) as desk:
        flow = SenderDomainsHere(desk.context, offered=False)
        with pytest.raises(Refused, match="from its own domain alone"):
            await flow.claim(desk.tenant, ADDRESS)


async def test_dns_is_asked_as_often_as_a_company_may(tmp_path):
    async with open_desk(tmp_path) as desk:
        flow = SenderDomainsHere(desk.context, checks=1)
        await flow.claim(desk.tenant, ADDRESS)
        with pytest.raises(Refused) as refused:
            await flow.check(desk.tenant)
        assert refused.value.code == "rate_limited"


async def test_a_removed_company_is_looked_at_no_more(tmp_path):
    async with open_domains(tmp_path) as domains:
        await domains.verified()
        await domains.desk.context.store.write(
            lambda work: work.tenants.remove(domains.desk.tenant.id, domains.desk.clock.now())
        )
        domains.desk.clock.pass_by(days=1)
        assert await domains.flow.check_due() == 0
