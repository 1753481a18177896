"""The customer says by when they pay, another day, or takes it back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.rules.model import InvoiceStatus
from gateway.rules.payments import day_of
from gateway.rules.reminders import promised_on
from tests.web.kit import forms, with_web

LANGUAGES = {
    "en": "Jana Malá says: will pay 2026-0142 by",
    "cs": "Jana Malá: 2026-0142 bude uhrazeno do",
    "de": "Jana Malá meldet: 2026-0142 wird bis",
    "es": "Jana Malá indica: pagará 2026-0142 a más tardar el",
    "fr": "Jana Malá indique\u00a0: paiera 2026-0142 au plus tard le",
    "sk": "Jana Malá: 2026-0142 bude uhradené do",
}


def today_of(web):
    return day_of(web.context.clock.now(), web.tenant.timezone)


async def promised(web, sent):
    return promised_on(await web.invoice(sent.invoice.id))


async def lines(web, sent):
    listed = await web.messages(sent.invoice.conversation_id)
    return [one.text for one in listed if one.kind == "promise"]


async def opened(web, **changes):
    """An unpaid invoice, its window, and where a promise is sent."""
    sent, view, _ = await web.send(**changes)
    return sent, view, f"{view}/invoices/{sent.invoice.id}/promise"


@with_web()
async def test_a_promise_is_kept_told_and_shown_to_both(web):
    sent, view, path = await opened(web)
    assert ("post", path) in forms((await web.get(view)).text)
    day = today_of(web) + timedelta(days=7)
    answer = await web.post(path, {"promised_on": day.isoformat()})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{view}#bill")
    assert await promised(web, sent) == day
    (line,) = await lines(web, sent)
    assert line == f"Jana Malá says: will pay 2026-0142 by {day.day} {day:%B %Y}."
    page = (await web.get(view)).text
    assert line in page
    assert f"You said: you&#39;ll pay by {day.day} {day:%B %Y}" in page
    assert ("post", f"{path}/withdraw") in forms(page)
    await web.sign_in()
    desk = (await web.get(f"/inbox/conversations/{sent.invoice.conversation_id}")).text
    assert line in desk
    assert f"The customer says to pay by {day.day} {day:%B %Y}; reminders wait" in desk
    web.context.clock.present += timedelta(days=8)
    desk = (await web.get(f"/inbox/conversations/{sent.invoice.conversation_id}")).text
    assert f"said to pay by {day.day} {day:%B %Y}, and that day has passed." in desk


@with_web()
async def test_a_page_that_is_looked_at_changes_nothing(web):
    _, view, path = await opened(web)
    before = await web.snapshot()
    assert (await web.get(view)).status_code == 200
    for one in (path, f"{path}/withdraw"):
        assert (await web.get(one)).status_code in {404, 405}
    assert await web.snapshot() == before


@with_web()
async def test_another_day_takes_the_place_of_the_first_and_the_same_day_says_nothing(web):
    sent, _, path = await opened(web)
    first, second = (today_of(web) + timedelta(days=n) for n in (3, 9))
    for day in (first, first, second):
        assert (await web.post(path, {"promised_on": day.isoformat()})).status_code == 303
    assert (await promised(web, sent), len(await lines(web, sent))) == (second, 2)


@with_web()
async def test_a_promise_is_taken_back_once(web):
    sent, view, path = await opened(web)
    await web.post(path, {"promised_on": today_of(web).isoformat()})
    assert (await web.post(f"{path}/withdraw")).status_code == 303
    assert await promised(web, sent) is None
    assert (await lines(web, sent))[-1].startswith("Jana Malá no longer says that 2026-0142")
    assert (await web.post(f"{path}/withdraw")).status_code == 409
    assert "You said: you&#39;ll pay by" not in (await web.get(view)).text


@pytest.mark.parametrize("days", [0, 60])
@with_web()
async def test_the_first_and_the_last_day_may_be_chosen(web, days):
    sent, _, path = await opened(web)
    day = today_of(web) + timedelta(days=days)
    assert (await web.post(path, {"promised_on": day.isoformat()})).status_code == 303
    assert await promised(web, sent) == day


@pytest.mark.parametrize("days", [-1, 61])
@with_web()
async def test_a_day_that_is_past_or_far_off_is_refused_on_the_page(web, days):
    sent, _, path = await opened(web)
    day = today_of(web) + timedelta(days=days)
    answer = await web.post(path, {"promised_on": day.isoformat()})
    assert answer.status_code == 422
    assert "Choose a day from today on, within the next 60 days." in answer.text
    assert (await promised(web, sent), await lines(web, sent)) == (None, [])


@pytest.mark.parametrize("given", ["", "friday", "2026-13-01"])
@with_web()
async def test_what_is_no_day_is_refused_on_the_page(web, given):
    sent, _, path = await opened(web)
    answer = await web.post(path, {"promised_on": given})
    assert (answer.status_code, "a day such as 2026-12-05" in answer.text) == (422, True)
    assert await promised(web, sent) is None


@with_web()
async def test_the_day_is_that_of_the_companys_time_zone(web):
    web.tenant = await web.services.companies.change(
        web.tenant.id, {"timezone": "Pacific/Kiritimati"}
    )
    sent, _, path = await opened(web)
    web.context.clock.present = web.context.clock.present.replace(hour=11)
    here = web.context.clock.present.date()
    assert today_of(web) == here + timedelta(days=1)
    assert (await web.post(path, {"promised_on": here.isoformat()})).status_code == 422
    day = here + timedelta(days=1)
    assert (await web.post(path, {"promised_on": day.isoformat()})).status_code == 303
    assert await promised(web, sent) == day


@with_web()
async def test_what_is_said_to_be_paid_or_is_paid_can_not_be_promised(web):
    sent, view, path = await opened(web)
    day = {"promised_on": today_of(web).isoformat()}
    await web.post(f"{view}/invoices/{sent.invoice.id}/paid", {"method": "transfer"})
    assert (await web.post(path, day)).status_code == 409
    await web.services.billing.confirm_payment(web.tenant, sent.invoice.id, None)
    assert (await web.invoice(sent.invoice.id)).status is InvoiceStatus.PAID
    assert (await web.post(path, day)).status_code == 409
    assert ("post", path) not in forms((await web.get(view)).text)


@with_web()
async def test_a_company_that_hides_mark_as_paid_hides_promises_too(web):
    web.tenant = await web.services.companies.change(
        web.tenant.id, {"pages": {"actions": ["pay_online"]}}
    )
    sent, view, path = await opened(web)
    assert ("post", path) not in forms((await web.get(view)).text)
    answer = await web.post(path, {"promised_on": today_of(web).isoformat()})
    assert (answer.status_code, await promised(web, sent)) == (409, None)


@with_web()
async def test_a_link_promises_nothing_about_another_conversations_invoice(web):
    _, view, _ = await opened(web)
    other, _, _ = await opened(web, number="2026-0143")
    path = f"{view}/invoices/{other.invoice.id}/promise"
    for one in (path, f"{path}/withdraw"):
        answer = await web.post(one, {"promised_on": today_of(web).isoformat()})
        assert answer.status_code == 404
    assert await promised(web, other) is None


@pytest.mark.parametrize("language", LANGUAGES)
@with_web()
async def test_each_reads_the_line_in_their_own_language(web, language):
    sent, view, path = await opened(web, customer_locale=language)
    await web.post(path, {"promised_on": today_of(web).isoformat()})
    assert LANGUAGES[language] in (await web.get(view)).text
    (line,) = await lines(web, sent)
    assert line.startswith(LANGUAGES["en"]), "what lists, searches and programs have"
    await web.sign_in()
    desk = (await web.get(f"/inbox/conversations/{sent.invoice.conversation_id}")).text
    assert LANGUAGES["en"] in desk
    assert language == "en" or LANGUAGES[language] not in desk


@with_web()
async def test_a_line_of_an_earlier_version_keeps_its_words(web):
    sent, view, path = await opened(web)
    await web.post(path, {"promised_on": today_of(web).isoformat()})
    (old,) = [m for m in await web.messages(sent.invoice.conversation_id) if m.kind == "promise"]
    words = "Jana Malá: 2026-0142 bude uhradené do piatka."
    told = replace(old, facts={}, text=words, id="msg_old")
    await web.context.store.write(lambda work: work.messages.add(told))
    assert words in (await web.get(view)).text
