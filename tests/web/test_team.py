"""The people of a company: invited, signed in by name and password, bounded by their role."""

import csv
import io
import re
from datetime import timedelta

import pytest

from gateway.flow.drafts import TenantDraft
from gateway.ports.lists import Page
from tests.web.kit import HOST, forms, with_web
from tests.web.test_inbox import opened

PASSWORD = "correct horse battery"


async def invited(web, login="eva@acme.example", name="Eva Biela", role="member"):
    """Invite somebody as the company's key; gives the path of the link."""
    page = await web.post("/inbox/team", {"login": login, "name": name, "role": role})
    assert page.status_code == 200
    return re.search(rf'value="{HOST}(/inbox/welcome/[a-z2-7]+)"', page.text)[1]


async def joined(web, **changes):
    """Let somebody choose a password; they are signed in then."""
    await web.sign_in()
    path = await invited(web, **changes)
    web.client.cookies.clear()
    assert (await web.post(path, {"password": PASSWORD})).headers["location"] == "/inbox"


async def signed_in(web, login="eva@acme.example", password=PASSWORD):
    web.client.cookies.clear()
    return await web.post("/inbox/sign-in", {"login": login, "password": password})


@with_web()
async def test_an_invited_person_chooses_a_password_and_signs_in_by_name(web):
    assert 'name="login"' not in (await web.get("/inbox")).text
    await joined(web)
    assert "Eva Biela" in (await web.get("/inbox")).text
    assert (await signed_in(web, "EVA@acme.example")).status_code == 303
    web.client.cookies.clear()
    assert 'name="login"' in (await web.get("/inbox")).text


@with_web()
async def test_an_invitation_works_once_and_opening_it_changes_nothing(web):
    await web.sign_in()
    path = await invited(web)
    before = await web.snapshot()
    for _ in range(2):
        assert ("post", path) in forms((await web.get(path)).text)
    assert await web.snapshot() == before
    assert (await web.post(path, {"password": PASSWORD})).status_code == 303
    assert (await web.get(path)).status_code == 410
    assert (await web.post(path, {"password": PASSWORD})).status_code == 410
    assert (await web.get("/inbox/welcome/" + "x" * 500)).status_code == 410


@pytest.mark.parametrize("password", ["", "short", "eva@acme.example", "x" * 300])
@with_web()
async def test_a_poor_password_is_refused_and_the_link_stays_good(web, password):
    await web.sign_in()
    path = await invited(web)
    answer = await web.post(path, {"password": password})
    assert (answer.status_code, 'role="alert"' in answer.text) == (422, True)
    assert (await web.post(path, {"password": PASSWORD})).status_code == 303


@pytest.mark.parametrize(
    ("login", "password"),
    [("eva@acme.example", "wrong"), ("nobody", PASSWORD), ("eva@acme.example", ""), ("", PASSWORD)],
)
@with_web()
async def test_a_wrong_name_or_password_opens_nothing_and_says_the_same(web, login, password):
    await joined(web)
    answer = await signed_in(web, login, password)
    assert answer.status_code == 401
    assert "do not belong together" in answer.text
    assert "set-cookie" not in answer.headers


@with_web()
async def test_somebody_who_has_not_chosen_a_password_can_not_sign_in(web):
    await web.sign_in()
    await invited(web)
    assert (await signed_in(web, password="")).status_code == 401


@pytest.mark.parametrize(
    ("role", "may_write", "may_set"),
    [("owner", True, True), ("member", True, False), ("read-only", False, False)],
)
@with_web()
async def test_a_role_bounds_what_a_user_does(web, role, may_write, may_set):
    _, _, path = await opened(web)
    await joined(web, role=role)
    written = await web.post(f"{path}/messages", {"text": "x", "note": "1"})
    assert written.status_code == (303 if may_write else 403)
    for page in ("/inbox/team", "/inbox/keys", "/inbox/webhooks", "/inbox/settings"):
        assert (await web.get(page)).status_code == (200 if may_set else 403)
    if not may_set:
        for form in ("/inbox/team", "/inbox/keys", "/inbox/keys/logins", "/inbox/webhooks"):
            assert (await web.post(form, {"login": "a", "name": "b"})).status_code == 403


@with_web()
async def test_a_changed_role_counts_at_once_and_a_removed_person_is_signed_out(web):
    _, _, path = await opened(web)
    await joined(web)
    (user,) = await web.services.team.users(web.tenant)
    session = web.client.cookies.get("postroom_session")
    await web.sign_in()
    await web.post(f"/inbox/team/{user.id}/role", {"role": "read-only"})
    web.client.cookies.set("postroom_session", session, domain="mail.test", path="/inbox")
    assert (await web.post(f"{path}/read")).status_code == 403
    await web.sign_in()
    assert (await web.post(f"/inbox/team/{user.id}/remove")).status_code == 303
    web.client.cookies.set("postroom_session", session, domain="mail.test", path="/inbox")
    assert ("post", "/inbox/sign-in") in forms((await web.get("/inbox")).text)
    assert (await signed_in(web)).status_code == 401


@with_web()
async def test_a_new_password_ends_the_sessions_of_the_old_one(web):
    await joined(web)
    session = web.client.cookies.get("postroom_session")
    (user,) = await web.services.team.users(web.tenant)
    _, url = await web.services.team.renew(web.tenant, user.id)
    web.client.cookies.clear()
    await web.post(url.removeprefix(HOST), {"password": PASSWORD + "!"})
    web.client.cookies.clear()
    web.client.cookies.set("postroom_session", session, domain="mail.test", path="/inbox")
    assert ("post", "/inbox/sign-in") in forms((await web.get("/inbox")).text)
    assert (await signed_in(web)).status_code == 401


@pytest.mark.parametrize(
    ("login", "name", "status"), [("x y", "Eva", 422), ("", "Eva", 422), ("eva", "", 422)]
)
@with_web()
async def test_a_wrong_invitation_is_told_on_the_page(web, login, name, status):
    await web.sign_in()
    answer = await web.post("/inbox/team", {"login": login, "name": name, "role": "member"})
    assert (answer.status_code, 'role="alert"' in answer.text) == (status, True)
    bad = await web.post("/inbox/team", {"login": "eva", "name": "Eva", "role": "boss"})
    assert bad.status_code == 422


@with_web()
async def test_a_name_that_is_taken_is_told_even_across_companies(web):
    await web.sign_in()
    await invited(web)
    other = await web.services.companies.add(TenantDraft("Other"))
    await web.sign_in(other.api_key)
    data = {"login": "EVA@acme.example", "name": "Eva", "role": "owner"}
    answer = await web.post("/inbox/team", data)
    assert (answer.status_code, "is in use" in answer.text) == (409, True)
    assert "Eva Biela" not in (await web.get("/inbox/team")).text


@with_web()
async def test_the_inbox_tells_who_wrote_and_who_confirmed(web):
    sent, _, path = await opened(web)
    await joined(web)
    await web.post(f"{path}/messages", {"text": "Call her first", "note": "1"})
    await web.post(f"{path}/invoices/{sent.invoice.id}/mark-paid")
    page = (await web.get(path)).text
    assert "Eva Biela (Novák Joinery)" in page
    assert "confirmed (Eva Biela)" in page


@with_web()
async def test_keys_and_logins_are_made_shown_once_and_revoked(web):
    await web.sign_in()
    made = await web.post("/inbox/keys", {"inbox:read": "1"})
    key = re.search(r'value="(pr_live_[a-z2-7]+)"', made.text)[1]
    assert key not in (await web.get("/inbox/keys")).text
    held = await web.context.store.read(lambda work: work.keys.all(web.tenant.id))
    (fresh,) = [one for one in held if one.scopes == ("inbox:read",)]
    ending, _ = await web.services.companies.add_key(web.tenant.id, expires_in=timedelta(days=1))
    page = (await web.get("/inbox/keys")).text
    assert ending.id in page
    assert "ends " in page
    assert (await web.post(f"/inbox/keys/{ending.id}/revoke")).status_code == 303
    assert ending.id not in (await web.get("/inbox/keys")).text
    assert (await web.post(f"/inbox/keys/{fresh.id}/revoke")).status_code == 303
    assert (await web.sign_in(key)).status_code == 401
    await web.sign_in()
    login = await web.post("/inbox/keys/logins")
    assert "Password of novak-joinery-2" in login.text
    assert (await web.post("/inbox/keys/logins/novak-joinery-2/revoke")).status_code == 303
    assert (await web.post("/inbox/keys", {})).status_code == 422


@with_web()
async def test_a_test_key_opens_an_inbox_that_says_test_and_no_live_settings(web):
    await web.sign_in()
    made = await web.post(
        "/inbox/keys", {"send": "1", "inbox:read": "1", "settings": "1", "test": "1"}
    )
    key = re.search(r"pr_test_[a-z2-7]{40}", made.text)[0]
    assert "Test key" in (await web.get("/inbox/keys")).text
    web.client.cookies.clear()
    assert (await web.post("/inbox/sign-in", {"secret": key})).status_code == 303
    page = (await web.get("/inbox")).text
    assert "· TEST" in page
    keys = (await web.get("/inbox/keys")).text
    assert "pr_live" not in keys
    assert "/inbox/settings/company" not in keys
    for path in ("/inbox/settings", "/inbox/team", "/inbox/settings/company"):
        assert (await web.get(path)).status_code == 403, path
    assert (await web.get("/inbox/webhooks")).status_code == 200


@with_web()
async def test_nobody_revokes_what_another_company_holds(web):
    other = await web.services.companies.add(TenantDraft("Other"))
    held = await web.context.store.read(lambda work: work.keys.all(other.tenant.id))
    await web.sign_in()
    assert (await web.post(f"/inbox/keys/{held[0].id}/revoke")).status_code == 404
    assert (await web.post("/inbox/keys/logins/other/revoke")).status_code == 404


@with_web()
async def test_webhooks_are_added_tried_switched_and_removed(web):
    await web.sign_in()
    added = await web.post("/inbox/webhooks", {"url": "https://acme.example/hooks"})
    assert "whsec_" in added.text
    page = (await web.get("/inbox/webhooks")).text
    assert "whsec_" not in page
    start = re.search(r'action="(/inbox/webhooks/whk_\w+)/test"', page)[1]
    assert "The endpoint took the test event" in (await web.post(f"{start}/test")).text
    assert "webhook.test" in (await web.get("/inbox/webhooks")).text
    await web.post(f"{start}/switch", {"on": "0"})
    assert "switched off" in (await web.get("/inbox/webhooks")).text
    assert "whsec_" in (await web.post(f"{start}/rotate")).text
    assert (await web.post(f"{start}/remove")).status_code == 303
    assert (await web.post(f"{start}/remove")).status_code == 404
    bad = await web.post("/inbox/webhooks", {"url": "ftp://x"})
    assert (bad.status_code, 'role="alert"' in bad.text) == (422, True)


@with_web()
async def test_saved_replies_stand_beside_the_field_and_begin_an_answer(web):
    _, _, path = await opened(web)
    assert "Saved replies</summary>" not in (await web.get(path)).text
    saved = await web.post("/inbox/replies", {"title": "Thanks", "text": "Dear {name}, thanks!"})
    assert saved.status_code == 303
    page = (await web.get(path)).text
    link = re.search(r'href="([^"]*reply=rpl_\w+)#write"', page)[1].replace("&amp;", "&")
    assert ">Dear Jana Malá, thanks!</textarea>" in (await web.get(link)).text
    (reply,) = await web.services.team.replies(web.tenant)
    await web.post(f"/inbox/replies/{reply.id}", {"title": "Thanks", "text": "Thx"})
    assert "Thx" in (await web.get("/inbox/replies")).text
    assert (await web.post("/inbox/replies", {"title": "", "text": "x"})).status_code == 422
    other = await web.services.companies.add(TenantDraft("Other"))
    await web.sign_in(other.api_key)
    assert "Thx" not in (await web.get("/inbox/replies")).text
    stolen = await web.post(f"/inbox/replies/{reply.id}", {"title": "a", "text": "b"})
    assert stolen.status_code == 404
    assert (await web.post(f"/inbox/replies/{reply.id}/remove")).status_code == 404
    await web.sign_in()
    assert (await web.post(f"/inbox/replies/{reply.id}/remove")).status_code == 303
    listed = await web.context.store.read(lambda work: work.audit.page(web.tenant.id, Page(3)))
    assert [(one.action, one.subject, one.who.kind) for one in listed.items] == [
        (f"saved_reply.{what}", reply.id, "key") for what in ("removed", "changed", "added")
    ]


@with_web()
async def test_the_list_of_payments_tells_what_was_confirmed_and_by_whom(web):
    sent, _, path = await opened(web)
    await web.sign_in()
    assert "No payments yet." in (await web.get("/inbox/payments")).text
    await joined(web)
    await web.post(f"{path}/invoices/{sent.invoice.id}/mark-paid")
    page = (await web.get("/inbox/payments")).text
    for words in ("2026-0142", "Jana Malá", "€1,254.00", ">confirmed<", "Eva Biela", path):
        assert words in page
    other = await web.services.companies.add(TenantDraft("Other"))
    await web.sign_in(other.api_key)
    assert "No payments yet." in (await web.get("/inbox/payments")).text
    assert (await web.get("/inbox/payments?cursor=x")).status_code == 422


@with_web()
async def test_payments_are_had_as_csv_with_who_noted_them(web):
    sent, _, path = await opened(web)
    await joined(web, name="=Eva")
    await web.post(f"{path}/invoices/{sent.invoice.id}/mark-paid")
    answer = await web.get("/inbox/payments.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["invoice_number"], row["amount"], row["confirmed"]) == (
        "2026-0142",
        "1254.00",
        "true",
    )
    assert row["noted_by"] == "'=Eva"
    web.client.cookies.clear()
    assert (await web.get("/inbox/payments.csv")).status_code == 403


@with_web()
async def test_a_receipt_is_made_beside_the_payment_and_downloaded(web):
    sent, _, path = await opened(web)
    invoice = f"{path}/invoices/{sent.invoice.id}"
    await web.post(f"{invoice}/mark-paid")
    (payment,) = (await web.invoice(sent.invoice.id)).payments
    assert "Make a receipt" in (await web.get(path)).text
    assert (await web.post(f"{invoice}/receipt", {"payment_id": payment.id})).status_code == 303
    page = (await web.get(path)).text
    assert "Receipt 1" in page
    assert "Make a receipt" not in page
    link = re.search(rf'href="({path}/receipts/rcp_\w+)"', page)[1]
    paper = await web.get(link)
    assert paper.content.startswith(b"%PDF")
    other = await web.services.companies.add(TenantDraft("Other"))
    await web.sign_in(other.api_key)
    assert (await web.get(link)).status_code == 404


@with_web()
async def test_the_audit_log_says_who_invited_whom_and_who_chose_a_password(web):
    await joined(web)
    listed = await web.services.context.store.read(lambda work: work.audit.page(None, Page(50)))
    told = [(one.action, one.who.kind, one.changed.after) for one in listed.items[:2]]
    assert told == [
        ("user.changed", "invitation", {}),
        ("user.invited", "key", {"role": "member"}),
    ]
    assert {one.who.network for one in listed.items[:2]} == {"127.0.0.1"}
    assert "eva@acme.example" not in str(listed.items)
