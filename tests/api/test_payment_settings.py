"""How customers pay online: secrets go in and never come out."""

import pytest

from tests.api.kit import with_api

PATH = "/v1/settings/payments"


@with_api()
async def test_secrets_go_in_and_never_come_out(api):
    company = await api.company()
    before = (await api.get(PATH, company.key)).json()
    assert (before["ready"], before["stripe"]["secret_key_set"]) == (False, False)
    assert before["stripe"]["webhook_url"].endswith(f"/hooks/stripe/{company.id}")
    given = {"stripe": {"secret_key": "sk_test_1", "webhook_secret": "whsec_1"}}
    changed = await api.ask("PATCH", PATH, company.key, json=given)
    assert (changed.status_code, changed.json()["ready"]) == (200, True)
    assert "sk_test_1" not in changed.text
    forgotten = {"stripe": {"secret_key": ""}}
    changed = await api.ask("PATCH", PATH, company.key, json=forgotten)
    stripe = changed.json()["stripe"]
    assert (stripe["secret_key_set"], stripe["webhook_secret_set"]) == (False, True)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"stripe": {"secret_key": "sk test"}}, "stripe.secret_key"),
        ({"stripe": {"secret_key": None}}, "secret_key"),
        ({"stripe": {"key": "x"}}, "stripe.key"),
        ({}, "stripe"),
    ],
)
@with_api()
async def test_settings_that_make_no_sense_are_422(api, body, param):
    company = await api.company()
    answer = await api.ask("PATCH", PATH, company.key, json=body)
    assert (answer.status_code, answer.json()["param"]) == (422, param)
