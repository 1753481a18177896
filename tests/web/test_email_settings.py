"""The page of a company's email settings, with the connection test."""

import re
from email import message_from_bytes
from email.policy import default

import pytest

from gateway.ports.probe import TalkLine
from gateway.rules.found_servers import FoundServer
from gateway.rules.own_server import Security, settings_of
from tests.web.kit import forms, with_web

PAGE = "/inbox/settings"
FORM = {
    "method": "smtp",
    "login": "invoices@novak.example",
    "password": "canary-7f3a",
    "host": "SMTP.novak.example",
    "port": "465",
    "security": "tls",
    "from_address": "",
    "replies": "both",
}


async def stored(web):
    tenant = await web.services.context.store.read(lambda work: work.tenants.get(web.tenant.id))
    return settings_of(tenant)


@with_web()
async def test_who_is_not_signed_in_is_asked_to(web):
    page = await web.get(PAGE)
    assert ("post", "/inbox/sign-in") in forms(page.text)
    assert (await web.post(PAGE, FORM)).status_code == 403


@with_web()
async def test_a_server_is_found_by_the_domain_and_filled_in_where_none_was_named(web):
    async def find(address):
        asked.append(address)
        return FoundServer("smtp.novak.example", 465, Security.TLS)

    asked = []
    object.__setattr__(web.services, "find_server", find)
    await web.sign_in()
    form = {**FORM, "host": "", "port": "587", "security": "starttls"}
    page = (await web.post(f"{PAGE}/find", form)).text
    assert asked == ["invoices@novak.example"]
    assert "Found by your domain: smtp.novak.example, 465, SSL/TLS" in page
    assert 'name="host" value="smtp.novak.example"' in page
    assert 'name="port" value="465"' in page
    assert 'name="use"' not in page
    other = {**FORM, "host": "mail.novak.example", "port": "25"}
    page = (await web.post(f"{PAGE}/find", other)).text
    assert 'name="host" value="mail.novak.example"' in page
    assert 'name="use"' in page
    page = (await web.post(f"{PAGE}/find", {**other, "use": "1"})).text
    assert 'name="host" value="smtp.novak.example"' in page
    assert (await stored(web)).account.host == ""


@with_web()
async def test_where_no_server_is_found_the_page_says_so_and_keeps_what_was_typed(web):
    await web.sign_in()
    page = (await web.post(f"{PAGE}/find", {**FORM, "host": ""})).text
    assert "say by which server it sends" in page
    assert 'value="invoices@novak.example"' in page
    assert "canary" not in page


@with_web()
async def test_the_talk_is_shown_and_goes_into_the_report(web):
    web.services.accounts._probe.talk = (
        TalkLine("server", "220 <b>mx</b> ESMTP"),
        TalkLine("client", "EHLO mail.example.com"),
    )
    await web.sign_in()
    page = (await web.post(f"{PAGE}/test", FORM)).text
    assert "S: 220 &lt;b&gt;mx&lt;/b&gt; ESMTP\nC: EHLO mail.example.com" in page
    assert "Show full talk" in page
    web.services.accounts._probe.failure = ("auth", "535 5.7.8 no", "")
    page = (await web.post(f"{PAGE}/test", FORM)).text
    assert page.count("C: EHLO mail.example.com") == 3, "the talk, the report, what is copied"


@with_web()
async def test_a_key_without_the_right_may_not(web):
    _, key = await web.services.companies.add_key(web.tenant.id, ("inbox:read", "inbox:write"))
    await web.sign_in(key)
    assert (await web.get(PAGE)).status_code == 403
    assert (await web.post(PAGE, FORM)).status_code == 403
    assert (await web.post(f"{PAGE}/find", FORM)).status_code == 403
    assert (await stored(web)).account.host == ""


@with_web()
async def test_the_inbox_leads_to_the_settings(web):
    await web.sign_in()
    assert f'href="{PAGE}"' in (await web.get("/inbox")).text


@with_web()
async def test_a143_what_is_saved_is_shown_again_but_never_the_password(web):
    await web.sign_in()
    answer = await web.post(PAGE, FORM)
    assert answer.status_code == 200
    assert "Saved." in answer.text
    page = (await web.get(PAGE)).text
    assert 'value="smtp.novak.example"' in page
    assert "canary" not in answer.text + page
    assert "A password is stored." in page
    assert (await stored(web)).uses_own_server


@with_web()
async def test_an_empty_password_field_keeps_the_stored_one(web):
    await web.sign_in()
    await web.post(PAGE, FORM)
    await web.post(PAGE, {**FORM, "password": "", "security": "starttls"})
    assert (await stored(web)).account.sealed
    answer = await web.post(PAGE, {**FORM, "password": "", "host": "other.example"})
    assert answer.status_code == 422
    assert "Write the password again" in answer.text


@with_web()
async def test_a_good_connection_test_says_so_and_stores_nothing(web):
    await web.sign_in()
    answer = await web.post(f"{PAGE}/test", FORM)
    assert "SMTP test successful" in answer.text
    assert 'role="status"' in answer.text
    assert 'value="smtp.novak.example"' in answer.text.lower()
    assert "canary" not in answer.text
    assert (await stored(web)).account.host == ""


@with_web()
async def test_a_failed_one_shows_the_servers_words_and_what_to_do(web):
    reply = "535-5.7.139 <b>Authentication</b> unsuccessful\n535 5.7.139 disabled"
    web.services.accounts._probe.failure = ("auth", reply, "")
    await web.sign_in()
    answer = (await web.post(f"{PAGE}/test", FORM)).text
    assert 'role="alert"' in answer
    assert "Login refused" in answer
    assert "535-5.7.139 &lt;b&gt;Authentication&lt;/b&gt; unsuccessful\n535 5.7.139" in answer
    assert "Microsoft 365 admin" in answer
    assert "autofocus" in answer


@with_web()
async def test_the_report_for_the_admin_has_every_fact_and_no_password(web):
    web.services.accounts._probe.failure = ("auth", "535 5.7.8 no", "")
    await web.sign_in()
    answer = (await web.post(f"{PAGE}/test", FORM)).text
    report = answer[answer.index("Report for your mail server") :].partition("</details>")[0]
    for words in ("Novák Joinery", "novak.example:", "Answer: 535 5.7.8 no"):
        assert words in report
    assert "canary" not in answer


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("port", "0", "A port is a number"),
        ("port", "smtp", "A port is a number"),
        ("host", "https://smtp.novak.example/", "server&#39;s name alone"),
        ("from_address", "nobody", "From is not an address"),
    ],
)
@with_web()
async def test_a_bad_field_is_told_and_nothing_is_lost(web, field, value, words):
    await web.sign_in()
    answer = await web.post(PAGE, {**FORM, field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="invoices@novak.example"' in answer.text


@with_web()
async def test_a_refused_login_is_told_in_the_inbox_and_on_the_page(web):
    from gateway.flow.mail_accounts import pause

    await web.sign_in()
    await web.post(PAGE, FORM)
    context, now = web.services.context, web.services.context.clock.now()
    said = ("auth", "535 5.7.8 <Wrong>")
    await context.store.write(lambda work: pause(context, work, web.tenant.id, said, now))
    inbox, page = (await web.get("/inbox")).text, (await web.get(PAGE)).text
    assert "Your mail server refuses our login since" in inbox
    assert "Open Email settings" in inbox
    assert "535 5.7.8 &lt;Wrong&gt;" in page
    await web.post(f"{PAGE}/test", {**FORM, "password": ""})
    assert "refuses our login" not in (await web.get("/inbox")).text


@with_web()
async def test_a_test_mail_is_sent_where_it_is_asked_for_and_says_whose_it_is(web):
    await web.sign_in()
    await web.post(f"{PAGE}/test", FORM)
    answer = await web.post(f"{PAGE}/test", {**FORM, "send_mail": "1"})
    without, mail = web.services.accounts._probe.mails
    assert without is None
    read = message_from_bytes(mail, policy=default)
    assert read["To"] == "Novák Joinery <invoices@novak.example>"
    assert read["Subject"] == "Test mail by smtp.novak.example"
    assert read["Auto-Submitted"] == "auto-generated"
    assert re.search(r'name="send_mail" value="1" checked', answer.text)


OAUTH = {
    **FORM,
    "auth": "oauth2",
    "token_url": "https://oauth2.googleapis.com/token",
    "client_id": "client-1",
    "scope": "https://mail.google.com/",
    "client_secret": "canary-secret",
    "refresh_token": "canary-token",
}


@with_web()
async def test_an_access_token_is_set_up_in_the_form_and_its_secrets_never_come_back(web):
    await web.sign_in()
    answer = await web.post(PAGE, OAUTH)
    assert "Saved." in answer.text
    page = (await web.get(PAGE)).text
    account = (await stored(web)).account
    assert (account.auth, account.client_id) == ("oauth2", "client-1")
    assert account.sealed
    assert 'value="https://oauth2.googleapis.com/token"' in page
    assert '<option value="oauth2" selected>' in page
    assert "canary" not in answer.text + page
    await web.post(PAGE, {**OAUTH, "refresh_token": "", "client_secret": ""})
    assert (await stored(web)).account.sealed == account.sealed


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"token_url": "http://token.example"}, "A token server is an https URL"),
        ({"client_id": ""}, "OAuth2 needs it."),
        ({"refresh_token": ""}, "Write the refresh token"),
        ({"refresh_token": "", "client_secret": ""}, "Write the refresh token again"),
    ],
)
@with_web()
async def test_an_incomplete_access_token_is_told(web, changed, words):
    await web.sign_in()
    answer = await web.post(PAGE, {**OAUTH, **changed})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="https://mail.google.com/"' in answer.text
