"""A mail as it was laid out: in a frame that may do nothing."""

import base64

from gateway.flow.drafts import TenantDraft
from gateway.flow.remote_pictures import RemotePictures
from gateway.mail.html_clean import clean
from gateway.ports.outward import HttpAnswer, NotPermitted
from gateway.rules.model import Attachment
from gateway.web.formatted import POLICY
from tests.fakes import ScriptedOutward
from tests.web.kit import with_web
from tests.web.test_inbox import opened

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 40
HOSTILE = (
    "<p style='color:red'>Prices</p><script>alert(1)</script><img src='https://t.example/p.gif'>"
    "<img src='cid:logo'><form action='https://x.example'><input name=a></form>"
    "<a href='javascript:alert(1)'>x</a><style>@import url(https://x.example/a.css)</style>"
)


async def received(web, html=HOSTILE):
    """A mail with HTML and a picture of its own: its message, and the conversation's path."""
    sent, _, path = await opened(web)
    kept = await web.context.blobs.keep(web.tenant.id, PNG)
    await web.context.store.write(lambda work: work.contents.add(kept))
    message_id = "msg_0123456789abcdefghijklmn"
    picture = Attachment(
        "att_1", web.tenant.id, message_id, "logo.png", "image/png", kept.size, kept.sha256,
        inline=True, content_id="logo",
    )  # fmt: skip
    cleaned = clean(html, keep_addresses=True)
    message = await web.receive(
        sent.invoice.conversation_id,
        "Prices",
        html=cleaned.html if cleaned else None,
        attachments=(picture,),
        id=message_id,
    )
    return message, path


@with_web()
async def test_a_formatted_mail_brings_its_own_pictures_and_nothing_else(web):
    message, _ = await received(web)
    answer = await web.get(f"/inbox/messages/{message.id}/formatted")
    assert answer.status_code == 200
    assert "Prices" in answer.text
    assert "color:red" in answer.text
    assert "data:image/png;base64,iVBOR" in answer.text
    assert 'src="http' not in answer.text.replace("data-remote-src", "")
    for bad in ("<script", "x.example", "<form", "javascript:", "cid:"):
        assert bad not in answer.text


@with_web()
async def test_the_frame_has_a_policy_of_its_own_that_forbids_everything_but_styles(web):
    message, path = await received(web)
    answer = await web.get(f"/inbox/messages/{message.id}/formatted")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; ")
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    page = (await web.get(path)).text
    frame = f'src="/inbox/messages/{message.id}/formatted" sandbox="allow-popups'
    assert frame in page
    assert "allow-scripts" not in page
    assert "1 picture blocked" in page


@with_web()
async def test_a_mail_without_html_and_others_mail_have_no_formatted_form(web):
    message, _ = await received(web)
    sent, _, _ = await web.send(number="2")
    plain = await web.receive(sent.invoice.conversation_id, "Only text")
    assert (await web.get(f"/inbox/messages/{plain.id}/formatted")).status_code == 404
    other = await web.services.companies.add(TenantDraft("Other"))
    await web.sign_in(other.api_key)
    assert (await web.get(f"/inbox/messages/{message.id}/formatted")).status_code == 404
    web.client.cookies.clear()
    assert (await web.get(f"/inbox/messages/{message.id}/formatted")).status_code == 403


def fetching(web, *answers):
    """Let the pages fetch pictures by scripted answers; gives what is asked."""
    outward = ScriptedOutward(*answers)
    object.__setattr__(web.services, "pictures", RemotePictures(outward))
    return outward


@with_web()
async def test_remote_pictures_are_fetched_by_us_once_a_person_presses_the_button(web):
    outward = fetching(web, HttpAnswer(200, {}, PNG))
    message, path = await received(web)
    shown = f"/inbox/messages/{message.id}/formatted"
    page = (await web.get(path)).text
    assert f'<form method="post" action="{shown}" target="mail-{message.id}"' in page
    assert f'<iframe name="mail-{message.id}" src="{shown}" sandbox=' in page
    before = (await web.get(shown)).text
    assert outward.asked == []
    answer = await web.post(shown)
    assert answer.status_code == 200
    picture = f'<img src="data:image/png;base64,{base64.b64encode(PNG).decode()}">'
    assert (before.count(picture), answer.text.count(picture)) == (1, 2)
    assert answer.headers["content-security-policy"] == POLICY
    assert [url for url, _, _ in outward.asked] == ["https://t.example/p.gif"]


@with_web()
async def test_a_picture_that_can_not_be_had_is_told_of_and_stays_blocked(web):
    fetching(web, NotPermitted("this address can't be used"))
    message, _ = await received(web)
    answer = await web.post(f"/inbox/messages/{message.id}/formatted")
    assert "1 picture could not be loaded." in answer.text
    assert 'data-remote-src="https://t.example/p.gif"' in answer.text


@with_web()
async def test_a128_no_page_of_others_can_have_pictures_fetched(web):
    outward = fetching(web, HttpAnswer(200, {}, PNG))
    message, _ = await received(web)
    shown = f"/inbox/messages/{message.id}/formatted"
    assert (await web.post(shown, origin="https://evil.example")).status_code == 403
    other = await web.services.companies.add(TenantDraft("Other"))
    await web.sign_in(other.api_key)
    assert (await web.post(shown)).status_code == 404
    web.client.cookies.clear()
    assert (await web.post(shown)).status_code == 403
    assert outward.asked == []


@with_web(posts_per_minute=3)
async def test_pictures_are_fetched_so_often_a_minute(web):
    fetching(web, HttpAnswer(200, {}, PNG))
    message, _ = await received(web)
    answers = [await web.post(f"/inbox/messages/{message.id}/formatted") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
