"""`/allow/{company}`: by what a company's mail is known."""

import pytest

from gateway.flow.mail_accounts import Change
from tests.web.kit import with_web


@with_web()
async def test_the_page_and_its_json_say_the_same(web):
    slug = web.tenant.slug
    data = (await web.get(f"/allow/{slug}.json")).json()
    names = web.services.context.names
    assert data["from_address"] == f"{slug}@{names.sender}"
    assert (data["servers"], data["dkim_domains"]) == ([names.hostname], [names.sender])
    assert data["return_path_domain"] == names.bounce
    page = (await web.get(f"/allow/{slug}")).text
    for value in (data["from_address"], names.hostname, names.sender, names.bounce):
        assert f"<code>{value}</code>" in page


@with_web()
async def test_a_company_with_its_own_server_is_known_by_that(web):
    account = {"host": "smtp.acme.example", "login": "bill@acme.example", "port": 465}
    change = Change(method="smtp", account=account, password="x" * 10)
    await web.services.accounts.change(web.tenant, change)
    data = (await web.get(f"/allow/{web.tenant.slug}.json")).json()
    assert (data["sent_by"], data["servers"]) == ("own_server", ["smtp.acme.example"])
    assert (data["from_address"], data["dkim_domains"]) == ("bill@acme.example", ["acme.example"])
    assert "x" * 10 not in str(data)


@pytest.mark.parametrize("slug", ["nobody", "postmaster", "nobody.json", "postmaster.json"])
@with_web()
async def test_companies_that_are_none_are_unknown(web, slug):
    assert (await web.get(f"/allow/{slug}")).status_code == 404
