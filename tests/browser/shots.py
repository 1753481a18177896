"""The pictures of the docs, taken from the running demo: `python -m tests.browser.shots`.

Needs Debian's Chromium. Each picture is a viewport, not a whole page: sticky bars stand where
people see them.
"""

import io

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS
from tests.browser.demo import ROOT, Demo
from tests.browser.watching import DESKTOP, PHONE, watching

PLACE = ROOT / "docs" / "screenshots"
MOST_OCTETS = 100_000
WINDOWS = {
    "chat": ("Customer's chat window", DESKTOP, "light"),
}
PHONES = {
    "chat-phones": (
        "due soon, pay online",
        "said to be paid",
        "paid in cash, receipt issued",
        "overdue",
    ),
}


def taken(browser, url, size, scheme="light", *, clicks=()):
    with watching(browser, size, scheme=scheme) as watched:
        watched.page.goto(url)
        for click in clicks:
            watched.page.click(click)
        watched.page.wait_for_timeout(300)
        return Image.open(io.BytesIO(watched.page.screenshot())).convert("RGB")


def kept(name, picture):
    path = PLACE / f"{name}.webp"
    picture.save(path, "WEBP", quality=78, method=6)
    size = path.stat().st_size
    assert size <= MOST_OCTETS, f"{path.name} has {size} octets"
    print(f"{path.relative_to(ROOT)}  {size} octets")


def beside(pictures, gap=16):
    width = sum(one.width for one in pictures) + gap * (len(pictures) - 1)
    sheet = Image.new("RGB", (width, max(one.height for one in pictures)), "#d5dbe4")
    left = 0
    for one in pictures:
        sheet.paste(one, (left, 0))
        left += one.width + gap
    return sheet


def main():
    PLACE.mkdir(exist_ok=True)
    demo = Demo().start()
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            for name, (state, size, scheme) in WINDOWS.items():
                kept(name, taken(chromium, demo.links[state], size, scheme))
            for name, states in PHONES.items():
                kept(name, beside([taken(chromium, demo.links[one], PHONE) for one in states]))
            inbox = demo.links["Inbox of Acme s.r.o."]
            kept("inbox", taken(chromium, inbox, DESKTOP, clicks=("button", ".row")))
            chromium.close()
    finally:
        demo.stop()


if __name__ == "__main__":
    main()
