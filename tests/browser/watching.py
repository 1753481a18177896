"""What every page of ours has to show in a browser, whatever it is about (ux.md, 3.1)."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python

DESKTOP, PHONE, SMALL = (1280, 800), (390, 844), (320, 640)

_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
_RUN = """() => axe.run(document, {preload: false, runOnly: [
  "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then((found) => [
  ...found.violations, ...found.incomplete.filter((one) => one.id === "color-contrast"),
].map((one) => one.id + ": " + one.nodes.map((node) => node.html.slice(0, 200)).join(" | ")))"""
_SMALL = """(least) => [...document.querySelectorAll(
  "a, button, input, select, textarea, summary")].filter((one) => {
  if (one.type === "hidden" || one.classList.contains("skip")) return false;
  if (!one.checkVisibility()) return false;
  const target = ["radio", "checkbox"].includes(one.type) ? one.closest("label") : one;
  const box = target.getBoundingClientRect();
  return box.width && (box.height < least - 0.5 || box.width < least - 0.5);
}).map((one) => one.outerHTML.slice(0, 160))"""


@dataclass
class Watched:
    """A page, and what it said and asked for while it was looked at."""

    page: object
    said: list = field(default_factory=list)
    asked: list = field(default_factory=list)

    def faults(self, *, least_target=44):
        """Everything that is wrong with the page as it stands; empty if nothing is."""
        return [f"axe: {one}" for one in self.axe()] + self.plain_faults(least_target)

    def plain_faults(self, least_target):
        """What is wrong but for what axe finds, which takes long."""
        width = self.page.viewport_size["width"]
        faults = []
        if (wide := self.page.evaluate("document.documentElement.scrollWidth")) > width:
            faults.append(f"{wide} pixels wide on a screen of {width}")
        small = self.page.evaluate(_SMALL, least_target)
        faults += [f"smaller than {least_target} px: {one}" for one in small]
        faults += [f"said: {one}" for one in self.said]
        home = urlsplit(self.page.url).netloc
        faults += [f"asked elsewhere: {one}" for one in self.asked if urlsplit(one).netloc != home]
        faults += [f"cookie: {one['name']}" for one in self.page.context.cookies()]
        return faults

    def axe(self):
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_AXE)
        return self.page.evaluate(_RUN)


@contextmanager
def watching(browser, size=DESKTOP, *, scheme="light", **more):
    """A page of its own context, watched from its first request on."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        reduced_motion="reduce",
        **more,
    )
    page = context.new_page()
    watched = Watched(page)
    page.on("pageerror", lambda error: watched.said.append(str(error)))
    page.on("console", lambda line: _note(watched, line))
    page.on("request", lambda request: watched.asked.append(request.url))
    page.set_default_timeout(15_000)
    try:
        yield watched
    finally:
        context.close()


def _note(watched, line):
    # That a page answered 410 or 404 is what some tests are about.
    if "the server responded with a status of" not in line.text:
        watched.said.append(line.text)
