"""Every page × state × language × colour scheme × width (ux.md, 3.1), by one command.

`python -m tests.browser.matrix` prints a table and each finding; it leaves with 1 if there is
any. A finding is what `Watched.faults` finds: axe, a page wider than its screen, things too small
to press, anything on the console (refusals by the page's policy and errors among it), requests
that lead elsewhere, cookies.
"""

import argparse
import signal
import sys
import time

from playwright.sync_api import Error, sync_playwright

from tests.browser.company_looks import companys
from tests.browser.conftest import FLAGS, path_of_chromium, signed_in
from tests.browser.demo import Demo
from tests.browser.looks import customers
from tests.browser.watching import watching

LANGUAGES = ("sk", "en")
WIDTHS = {320: 640, 768: 1024, 1280: 800}
SCHEMES = ("light", "dark")


def seats(demo):
    """What a browser keeps for each kind of person."""
    ((words, admin),) = [one for one in demo.links.items() if one[0].startswith("Admin page")]
    return {
        "inbox": {"storage_state": signed_in(demo.links["Inbox of Acme s.r.o."])},
        "admin": {
            "storage_state": signed_in(
                f"{admin}/sign-in", {"secret": words.rpartition(" ")[2]}
            )
        },
    }  # fmt: skip


def looked(browser, demo, look, language, seat):
    """Findings of a look, by width and colour scheme: as it opens, and with all of it unfolded."""
    found = {(width, scheme): [] for width in WIDTHS for scheme in SCHEMES}
    with watching(browser, next(iter(WIDTHS.items())), locale=language, **seat) as watched:
        try:
            look.go(watched, demo)
            for width, height in WIDTHS.items():
                watched.page.set_viewport_size({"width": width, "height": height})
                found[width, SCHEMES[0]] += look.faults(watched, by_axe=False)
            watched.page.evaluate(look.unfold)
            for (width, scheme), faults in found.items():
                watched.page.set_viewport_size({"width": width, "height": WIDTHS[width]})
                watched.page.emulate_media(color_scheme=scheme)
                faults += [one for one in look.faults(watched) if one not in faults]
        except (Error, AssertionError) as error:
            return {place: [f"not reached: {error}"] for place in found}
    return found


def main():
    reader = argparse.ArgumentParser(prog="python -m tests.browser.matrix")
    reader.add_argument("--only", action="append", help="looks whose name holds this; any of")
    reader.add_argument("--languages", default=",".join(LANGUAGES))
    wish = reader.parse_args()
    words = wish.only or [""]
    looks = [one for one in (*customers(), *companys()) if any(word in one.name for word in words)]
    if not looks:
        reader.error(f"no look has {words} in its name")
    languages = wish.languages.split(",")
    columns = [(one, width) for one in languages for width in WIDTHS]
    print(f"{'':52}" + "".join(f"{one + ' ' + str(width):>9}" for one, width in columns))
    print(f"{'light and dark: findings of each':52}" + "     l  d" * len(columns))
    begun, faults = time.monotonic(), []
    # Told to end, it ends its demos, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    demos = {one: Demo(one) for one in languages}
    try:
        for demo in demos.values():
            demo.start()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path_of_chromium(), args=FLAGS)
            sat = {one: seats(demo) for one, demo in demos.items()}
            for look in looks:
                print(f"{look.name[:51]:52}", end="", flush=True)
                for language in languages:
                    seat = sat[language].get(look.of, {})
                    found = looked(browser, demos[language], look, language, seat)
                    for width in WIDTHS:
                        counts = [len(found[width, scheme]) or "·" for scheme in SCHEMES]
                        print("  " + "".join(f"{one:>3}" for one in counts), end=" ", flush=True)
                    faults += [
                        f"{look.name}, {language}, {width} px, {scheme}: {one}"
                        for (width, scheme), several in found.items()
                        for one in several
                    ]
                print(flush=True)
            browser.close()
    finally:
        for demo in demos.values():
            demo.stop()
    pages = len(looks) * len(columns) * len(SCHEMES)
    seconds = time.monotonic() - begun
    print(f"\n{pages} pages looked at in {seconds:.0f} s, {len(faults)} findings")
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
