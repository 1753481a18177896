"""Hostile mails as both sides see them: nothing runs, nothing is asked for, nothing covers."""

import json
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import signed_in
from tests.browser.hostile import AWAY, CORPUS
from tests.browser.test_scanners import INVOICE
from tests.browser.watching import DESKTOP, PHONE, watching
from tests.journeys.company import ADMIN, Company, answer_mail, receive
from tests.journeys.process import ROOT, RunningGateway

NAMES = '<b onmouseover="pwned=1">Eva</b> "{{7*7}}"'
RAN = "() => 'pwned' in window || document.title === 'pwned'"
# What lies at points all over the screen, where the mail's frame is not.
COVERED = """() => {
  const frames = [...document.querySelectorAll("iframe")].map((one) => one.getBoundingClientRect());
  const within = (x, y) => frames.some((f) => x >= f.left && x <= f.right && y >= f.top && y <= f.bottom);
  const found = [];
  for (let x = 4; x < innerWidth; x += 80) for (let y = 4; y < innerHeight; y += 80) {
    const top = document.elementFromPoint(x, y);
    if (top?.tagName === "IFRAME" && !within(x, y)) found.push(`${x},${y}`);
    if (top && getComputedStyle(top).zIndex > 999) found.push(`${x},${y}: ${top.outerHTML}`);
  }
  return found;
}"""  # noqa: E501 (a script)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    running = RunningGateway(tmp_path_factory.mktemp("hostile"), settings=ADMIN).start()
    yield running
    running.stop()
    running.process.stdout.close()


@pytest.fixture(scope="module")
def told(gateway):
    """A conversation that got every mail: (customer's link, company's page, what signs in)."""
    company = Company.added(gateway, "Acme")
    sent = company.post("/v1/invoices", INVOICE, status=202)
    conversation = company.get(f"/v1/conversations/{sent['conversation_id']}")
    invoice = company.get(f"/v1/conversations/{conversation['id']}/messages")["data"][0]
    for number, (name, html) in enumerate(CORPUS.items()):
        mail = answer_mail(
            company.address,
            f"{name}: {html[:2000]}\n",
            message_id=f"<hostile-{number}@client.example>",
            In_Reply_To=f"<{invoice['message_id']}>",
            Subject=f"Re: {NAMES}",
        )
        mail.add_alternative(f"<p>{name}</p>{html}", subtype="html")
        mail.add_attachment(
            b"<script>pwned=1</script>", maintype="text", subtype="html", filename=f"{NAMES}.html"
        )
        read = company.message(receive(gateway, mail, company.address))
        assert read["conversation_id"] == conversation["id"]
    command = [sys.executable, "-m", "gateway", "inbox-link", company.slug, "--json"]
    said = subprocess.run(
        [*command, "--config", str(gateway.config)], cwd=ROOT, capture_output=True, check=True
    )
    home = f"http://{gateway.ready['http'][0]}"
    state = signed_in(home + urlsplit(json.loads(said.stdout)["url"]).path)
    yield (
        home + urlsplit(sent["view_url"]).path,
        f"{home}/inbox/conversations/{conversation['id']}",
        state,
    )
    company.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_hostile_mail_harms_neither_the_inbox_nor_its_frame(chromium, told, size):
    _, inbox, state = told
    with watching(chromium, size, storage_state=state) as watched:
        page, talks = watched.page, []
        page.on("dialog", lambda dialog: (talks.append(dialog.message), dialog.dismiss()))
        page.goto(inbox)
        frames = page.locator("details.formatted")
        assert frames.count() >= len(CORPUS) - 4
        for number in range(frames.count()):
            frames.nth(number).locator("summary").click()
            frame = frames.nth(number).locator("iframe")
            frame.scroll_into_view_if_needed()
            shown = frame.element_handle().content_frame()
            shown.wait_for_load_state()
            assert urlsplit(shown.url).netloc == urlsplit(inbox).netloc
            assert page.evaluate(COVERED) == []
        assert talks == []
        assert not page.evaluate(RAN)
        assert page.url == inbox
        assert [one for one in watched.asked if AWAY[:20] in one or "leak" in one] == []
        home = urlsplit(inbox).netloc
        strange = [one for one in watched.asked if urlsplit(one).netloc not in {home, ""}]
        assert strange == []
        # The frame refuses what it is told to by its own policy; nothing else is said.
        assert [one for one in watched.said if "Content Security Policy" not in one] == []
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size[0]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_hostile_mail_is_plain_words_in_the_chat_window(chromium, told, scripts):
    chat, _, _ = told
    with watching(chromium, PHONE, java_script_enabled=scripts) as watched:
        page = watched.page
        page.goto(chat)
        shown = page.locator(".log").inner_text()
        assert "script: <script>" in shown
        assert "{{7*7}}" in shown
        assert (
            page.locator(".log img, .log iframe, .log form, .log script, .log style").count() == 0
        )
        assert page.url == chat
        assert [one for one in watched.asked if "leak" in one] == []
        assert watched.said == []
        if scripts:
            assert not page.evaluate(RAN)
            assert watched.faults() == []
