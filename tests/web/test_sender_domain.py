"""The page of a company's own sender domain, and what the Inbox says of a broken one."""

from tests.web.kit import forms, with_web

PAGE = "/inbox/settings/domain"
ADDRESS = "invoices@acme.example"


async def claim_of(web):
    return await web.context.store.read(lambda work: work.sender_domains.get(web.tenant.id))


@with_web()
async def test_who_is_not_signed_in_is_asked_to(web):
    page = await web.get(PAGE)
    assert ("post", "/inbox/sign-in") in forms(page.text)
    assert (await web.post(PAGE, {"address": ADDRESS})).status_code == 403


@with_web()
async def test_a_key_without_the_right_may_not(web):
    _, key = await web.services.companies.add_key(web.tenant.id, ("inbox:read", "inbox:write"))
    await web.sign_in(key)
    assert (await web.get(PAGE)).status_code == 403
    for path in (PAGE, f"{PAGE}/check", f"{PAGE}/remove"):
        assert (await web.post(path, {"address": ADDRESS})).status_code == 403
    assert await claim_of(web) is None


@with_web()
async def test_the_email_settings_lead_to_it(web):
    await web.sign_in()
    assert f'href="{PAGE}"' in (await web.get("/inbox/settings")).text


@with_web()
async def test_records_are_shown_to_copy_with_their_state(web):
    await web.sign_in()
    page = (await web.post(PAGE, {"address": ADDRESS})).text
    claim = await claim_of(web)
    for slot in (1, 2):
        assert f'data-copy="pr{slot}-{claim.token}._domainkey.acme.example"' in page
        assert f'data-copy="{claim.token}.pr{slot}.dkim.' in page
    assert "Waiting for DNS" in page
    assert page.count(">Missing<") >= 2
    assert ("post", f"{PAGE}/check") in forms(page)


@with_web()
async def test_check_now_says_what_dns_answers(web):
    await web.sign_in()
    await web.post(PAGE, {"address": ADDRESS})
    web.services.sender_domains.publish(await claim_of(web))
    page = (await web.post(f"{PAGE}/check")).text
    assert "Mail comes from invoices@acme.example." in page
    assert ">Verified<" in page
    settings = (await web.get("/inbox/settings")).text
    assert "Mail comes from invoices@acme.example with your company name first." in settings


@with_web()
async def test_an_address_that_can_not_be_proven_is_shown_again_with_its_reason(web):
    await web.sign_in()
    page = await web.post(PAGE, {"address": "me@gmail.com"})
    assert page.status_code == 422
    assert "gmail.com belongs to a mail provider" in page.text
    assert 'value="me@gmail.com"' in page.text


@with_web()
async def test_the_inbox_tells_of_a_domain_that_broke_until_it_is_well_or_given_up(web):
    await web.sign_in()
    await web.post(PAGE, {"address": ADDRESS})
    claim = await claim_of(web)
    web.services.sender_domains.publish(claim)
    await web.post(f"{PAGE}/check")
    assert "are broken since" not in (await web.get("/inbox")).text
    web.services.sender_domains.records.zone.clear()
    page = (await web.post(f"{PAGE}/check")).text
    assert ">Broken<" in page
    assert "The DNS records of acme.example are broken since" in (await web.get("/inbox")).text
    await web.post(f"{PAGE}/remove")
    assert "are broken since" not in (await web.get("/inbox")).text


@with_web()
async def test_mail_admins_are_told_the_domain_that_signs(web):
    await web.sign_in()
    await web.post(PAGE, {"address": ADDRESS})
    web.services.sender_domains.publish(await claim_of(web))
    await web.post(f"{PAGE}/check")
    allowed = (await web.get(f"/allow/{web.tenant.slug}.json")).json()
    assert allowed["from_address"] == ADDRESS
    assert allowed["dkim_domains"] == ["acme.example"]
