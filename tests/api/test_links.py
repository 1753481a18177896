"""Customers' links, in the company's hand."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from gateway.rules.tokens import read_chat_token
from tests.api.kit import INVOICE, with_api


async def begun(api):
    company = await api.company()
    sent = (await api.post("/v1/invoices", company.key, json=INVOICE)).json()
    return company, sent, f"/v1/conversations/{sent['conversation_id']}/links"


def issue_of(api, url):
    token = urlsplit(url).path.removeprefix("/c/")
    return read_chat_token(api.services.context.keys, token).issue


@with_api()
async def test_a_companys_people_are_listed_with_their_links(api):
    company, sent, path = await begun(api)
    listed = (await api.get(path, company.key)).json()["data"]
    assert [(one["role"], one["view_url"], one["revoked"]) for one in listed] == [
        ("customer", sent["view_url"], False)
    ]
    assert (await api.get("/v1/conversations/cnv_x/links", company.key)).status_code == 404


@with_api()
async def test_a_link_is_limited_renewed_revoked_and_given_back(api):
    company, _, path = await begun(api)
    address = INVOICE["customer"]["email"]
    until = (api.services.context.clock.now() + timedelta(days=30)).isoformat()

    async def change(**wish):
        answer = await api.post(path, company.key, json={"address": address, **wish})
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert (await change(expires_at=until))["expires_at"] is not None
    renewed = await change(renew=True)
    assert issue_of(api, renewed["view_url"]) == 1
    assert renewed["expires_at"] is not None
    gone = await change(revoked=True, expires_at=None)
    assert (gone["view_url"], gone["revoked"], gone["expires_at"]) == (None, True, None)
    back = await change(revoked=False)
    assert back["view_url"] == renewed["view_url"]


@pytest.mark.parametrize(
    ("wish", "param"),
    [
        ({"address": "nobody@else.test"}, "address"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2030-01-01T00:00:00"}, "expires_at"),
        ({"expires": None}, "expires"),
    ],
)
@with_api()
async def test_a_wish_that_makes_no_sense_is_422(api, wish, param):
    company, _, path = await begun(api)
    body = {"address": INVOICE["customer"]["email"], **wish}
    answer = await api.post(path, company.key, json=body)
    assert (answer.status_code, answer.json()["param"]) == (422, param)
