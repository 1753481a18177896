"""The company's own sender domain by the API."""

import pytest

from tests.api.kit import problem, with_api

PATH = "/v1/settings/email/sender-domain"
ADDRESS = "invoices@acme.example"


async def claimed(api, company, address=ADDRESS):
    answer = await api.ask("PUT", PATH, company.key, json={"address": address})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def claim_of(api, company):
    return await api.store.read(lambda work: work.sender_domains.get(company.id))


@with_api()
async def test_there_is_none_until_one_is_claimed(api):
    company = await api.company()
    for method, path in (("GET", PATH), ("DELETE", PATH), ("POST", f"{PATH}/verify")):
        answer = await api.ask(method, path, company.key)
        assert problem(answer) == (404, "not_found", None)


@with_api()
async def test_a_claim_shows_what_to_publish_and_what_dns_answered(api):
    company = await api.company()
    shown = await claimed(api, company, "faktury@žltá.example")
    assert (shown["status"], shown["domain_shown"]) == ("pending", "žltá.example")
    assert shown["address"] == "faktury@xn--lt-nia93d.example"
    assert shown["sending_from"] == company.added["sender_address"]
    assert [(row["type"], row["state"], row["optional"]) for row in shown["records"]] == [
        ("CNAME", "missing", False),
        ("CNAME", "missing", False),
        ("TXT", "missing", False),
        ("TXT", "missing", True),
    ]
    assert [row["by_gateway"] for row in shown["records"]] == [False, False, True, False]
    assert (await api.get(PATH, company.key)).json() == shown


@with_api()
async def test_a_check_proves_it_and_giving_it_up_ends_it(api):
    company = await api.company()
    await claimed(api, company)
    api.services.sender_domains.publish(await claim_of(api, company))
    shown = (await api.post(f"{PATH}/verify", company.key)).json()
    assert (shown["status"], shown["sending_from"]) == ("verified", ADDRESS)
    events = (await api.get("/v1/events?types=sender_domain.verified", company.key)).json()["data"]
    assert [one["data"]["address"] for one in events] == [ADDRESS]
    assert (await api.ask("DELETE", PATH, company.key)).status_code == 204
    assert (await api.get(PATH, company.key)).status_code == 404
    entries = (await api.get("/v1/audit", company.key)).json()["data"]
    assert [one["action"] for one in entries][:2] == ["sender_domain.changed"] * 2


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("acme.example", "invalid_address"),
        ("a@co.uk", "public_suffix"),
        ("a@gmail.com", "mail_provider"),
        ("a@localhost", "reserved_domain"),
        ("a@sandbox.test", "reserved_domain"),
    ],
)
@with_api()
async def test_an_address_that_can_never_be_proven_is_422_with_its_reason(api, address, code):
    company = await api.company()
    answer = await api.ask("PUT", PATH, company.key, json={"address": address})
    assert problem(answer) == (422, code, "address")


@with_api()
async def test_another_company_sees_nothing_of_a_claim(api):
    acme, bolt = await api.company(), await api.company("Bolt")
    token = (await claimed(api, acme))["records"][0]["value"].partition(".")[0]
    answer = await api.get(PATH, bolt.key)
    assert answer.status_code == 404
    other = await api.ask("PUT", PATH, bolt.key, json={"address": "x@acme.example"})
    assert other.status_code == 200
    assert token not in other.text


@with_api()
async def test_a_key_without_the_scope_may_not(api):
    company = await api.company()
    key = await api.key(company, "send")
    for method, path in (("GET", PATH), ("PUT", PATH), ("POST", f"{PATH}/verify")):
        given = {"json": {"address": ADDRESS}} if method == "PUT" else {}
        assert (await api.ask(method, path, key, **given)).status_code == 403
