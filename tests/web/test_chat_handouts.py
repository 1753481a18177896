"""What the chat window hands out besides pages, and a link that has expired."""

import io
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.web.kit import PDF, forms, with_web

BANK = {"iban": "SK9611000000002918599669", "reference": "20260142"}


@with_web()
async def test_a_payment_code_is_a_picture_that_runs_nothing(web):
    sent, view, _ = await web.send(payment=BANK)
    for kind in ("epc", "pay-by-square"):
        answer = await web.get(f"{view}/invoices/{sent.invoice.id}/codes/{kind}.png")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert answer.content.startswith(b"\x89PNG")
        assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize("path", ["codes/spayd.png", "codes/nothing.png"])
@with_web()
async def test_a_code_that_does_not_fit_is_not_there(web, path):
    sent, view, _ = await web.send(payment=BANK)
    assert (await web.get(f"{view}/invoices/{sent.invoice.id}/{path}")).status_code == 404


@with_web()
async def test_the_due_date_is_a_calendar_file_with_a_stable_name(web):
    sent, view, _ = await web.send(payment=BANK)
    path = f"{view}/invoices/{sent.invoice.id}/due.ics"
    first, second = (await web.get(path)).text, (await web.get(path)).text
    assert f"UID:{sent.invoice.id}@postroom" in first
    assert "METHOD:PUBLISH" in first
    assert all(len(line.encode()) <= 75 for line in first.split("\r\n"))
    assert first.count("BEGIN:VEVENT") == second.count("BEGIN:VEVENT") == 1


@with_web()
async def test_all_files_come_in_one_zip(web):
    _, view, _ = await web.send()
    answer = await web.get(f"{view}/attachments.zip")
    assert answer.headers["content-disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == len(set(archive.namelist())) > 0
        assert not any("/" in name or ".." in name for name in archive.namelist())


async def expire(web, sent):
    """Let the customer's link be past."""

    def job(work):
        people = work.conversations.participants(web.tenant.id, sent.invoice.conversation_id)
        past = web.services.context.clock.now() - timedelta(days=1)
        work.conversations.change_participant(replace(people[0], link_expires_at=past))

    await web.services.context.store.write(job)


@with_web()
async def test_a125_an_expired_link_shows_nothing_and_offers_a_new_one(web):
    sent, view, _ = await web.send()
    await expire(web, sent)
    page = await web.get(view)
    assert page.status_code == 410
    assert ("post", f"{view}/new-link") in forms(page.text)
    assert sent.invoice.number not in page.text


@with_web()
async def test_a125_a_new_link_goes_to_the_address_on_file_once(web):
    sent, view, _ = await web.send()
    await expire(web, sent)
    first = await web.post(f"{view}/new-link", {})
    assert first.status_code == 200
    assert "A new link is on its way" in first.text
    again = await web.post(f"{view}/new-link", {})
    assert again.status_code == 429
    messages = await web.messages(sent.invoice.conversation_id)
    assert [box.address for box in messages[-1].to] == [sent.invoice.customer["email"]]
    assert (await web.get(view)).status_code == 410


@with_web()
async def test_links_to_documents_in_older_mails_outlive_a_new_link(web):
    sent, view, pdf = await web.send()
    await expire(web, sent)
    assert (await web.get(pdf)).status_code == 410
    await web.post(f"{view}/new-link", {})
    answer = await web.get(pdf)
    assert (answer.status_code, answer.content) == (200, PDF)
    assert (await web.get(view)).status_code == 410


@with_web()
async def test_a_link_that_nobody_gave_is_offered_nothing(web):
    assert (await web.post("/c/cnothing/new-link", {})).status_code == 404


async def split_off(web):
    """Let the customer send a file, and the company split it off; gives the file's old path."""
    sent, view, _ = await web.send()
    files = [("files", ("plan.txt", b"Four legs", "text/plain"))]
    await web.post(f"{view}/messages", {"text": "The plan"}, files=files)
    conversation_id = sent.invoice.conversation_id
    written = (await web.messages(conversation_id))[-1]
    path = f"{view}/attachments/{written.attachments[0].id}"
    assert (await web.get(path)).content == b"Four legs"
    return await web.services.sorting.split(web.tenant, conversation_id, [written.id]), path


@with_web()
async def test_an_old_link_to_a_file_works_after_its_message_was_split_off(web):
    _, path = await split_off(web)
    assert (await web.get(path)).content == b"Four legs"


@with_web()
async def test_the_link_to_a_split_off_file_ends_with_its_persons_part_in_the_conversation(web):
    new, path = await split_off(web)

    def revoke(work):
        for person in work.conversations.participants(web.tenant.id, new.id):
            work.conversations.change_participant(replace(person, revoked=True))

    await web.services.context.store.write(revoke)
    assert (await web.get(path)).status_code == 404


@with_web()
async def test_a_link_opens_no_file_of_another_conversation_of_the_same_person(web):
    _, path = await split_off(web)
    _, other, _ = await web.send(number="2026-0143")
    attachment = path.rpartition("/")[2]
    assert (await web.get(f"{other}/attachments/{attachment}")).status_code == 404
