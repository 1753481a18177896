"""How many steps and seconds everyday work takes in the Inbox: `python -m tests.bench.walk`.

A real browser works on the running demo, and on a gateway that may reach a mail server of this
machine. A step is a click, a key that does something, or a field that is filled in; seconds are
the machine's alone, from the first step until the page shows that it is done. What is compared
with is what the documentation of others says that a person has to do for the same.
"""

import time
from dataclasses import dataclass, field

from playwright.sync_api import sync_playwright

from tests.bench.serving import scratch
from tests.browser.conftest import FLAGS, path_of_chromium, signed_in
from tests.browser.demo import Demo
from tests.browser.own_server import LOGIN, REFUSED, company_with_server
from tests.browser.watching import DESKTOP, watching


@dataclass
class Walk:
    """One piece of work, its steps counted."""

    page: object
    clicks: int = 0
    fields: int = 0
    keys: int = 0
    told: list = field(default_factory=list)

    def click(self, what, **which):
        place = self.page.locator(what, **which) if isinstance(what, str) else what
        place.first.click()
        self.clicks += 1

    def fill(self, what, text):
        self.page.fill(what, text)
        self.fields += 1

    def press(self, key):
        self.page.keyboard.press(key)
        self.keys += 1

    def seen(self, what, **which):
        self.page.locator(what, **which).first.wait_for()


def answer_a_question(walk):
    walk.click("#rows a.unread")
    walk.fill("#text", "Thank you. It is on its way.")
    walk.click("#write button.primary")
    walk.seen(".undo")


def find_an_overdue_invoice(walk):
    walk.press("/")
    walk.page.keyboard.type("is:overdue")
    walk.fields += 1
    walk.press("Enter")
    walk.seen("#rows .chip.over", has_text="Overdue")
    walk.click("#rows a")
    walk.seen(".pane .chip.over", has_text="Overdue")


def mend_a_bounced_address(walk):
    walk.click("#lanes a", has_text="Not delivered")
    walk.click("#rows a", has_text="Not delivered")
    if not walk.page.locator(".mend [name=address]").first.is_visible():
        walk.click(".mend summary")
    walk.fill(".mend [name=address]", "right@customer.example")
    walk.click(".mend button.primary")
    walk.seen("#about .address", has_text="right@customer.example")


def confirm_a_claimed_payment(walk):
    walk.click("#rows a", has_text="Customer says paid")
    walk.click(".claims button.primary")
    walk.seen(".pane .chip", has_text="Paid")


def set_up_own_smtp(walk):
    walk.click('a[href="/inbox/settings"]')
    walk.click("input[value=smtp]")
    walk.fill("#login", LOGIN)
    walk.fill("#password", "wrong")
    walk.seen("#found", has_text="Found by your domain")
    walk.press("Enter")
    walk.seen(".result.failed pre", has_text=REFUSED)
    walk.fill("#password", "right")
    walk.press("Enter")
    walk.seen(".result", has_text="SMTP test successful")
    walk.click("form button.primary", has_text="Save")
    walk.seen(".saved")


def walked(browser, title, url, state, work):
    """Do a piece of work, and tell what it took."""
    with watching(browser, DESKTOP, storage_state=state) as watched:
        watched.page.set_default_timeout(60_000)
        watched.page.goto(f"{url}?view=open")
        walk, began = Walk(watched.page), time.perf_counter()
        work(walk)
        spent = time.perf_counter() - began
        steps = walk.clicks + walk.fields + walk.keys
        parts = f"{walk.clicks} clicks, {walk.fields} fields, {walk.keys} keys"
        print(f"{title:28} {steps:2} steps ({parts}), {spent:4.1f} s", flush=True)
        if watched.said:
            print(f"  the page said: {watched.said}")


def main():
    demo = Demo().start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path_of_chromium(), args=FLAGS)
            url = demo.links["Inbox of Acme s.r.o."]
            inbox, state = url.partition("/link/")[0], signed_in(url)
            for title, work in {
                "answer a question": answer_a_question,
                "find an overdue invoice": find_an_overdue_invoice,
                "mend a bounced address": mend_a_bounced_address,
                "confirm a claimed payment": confirm_a_claimed_payment,
            }.items():
                walked(browser, title, inbox, state, work)
            with scratch() as place, company_with_server(place) as (own, state):
                walked(browser, "own SMTP, wrong to right", own, state, set_up_own_smtp)
            browser.close()
    finally:
        demo.stop()


if __name__ == "__main__":
    main()
