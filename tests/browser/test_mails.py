"""Our mails in a browser: as programs show them, with style, without, and turned over."""

import pytest

from gateway.web.mail_preview import dark, inverted, stripped
from gateway.web.mail_samples import STATES, sample_letter
from tests.browser.watching import PHONE, watching

# Landmarks are of pages: a mail stands within somebody else's.
PAGE_RULES = ("landmark-one-main", "region", "page-has-heading-one")
VIEWS = {
    "as it is": (lambda html: html, "light"),
    "dark": (dark, "dark"),
    "inverted": (inverted, "light"),
    "stripped": (stripped, "light"),
}


MAILS = [(state, "en") for state in STATES] + [("overdue", "sk"), ("message", "de")]


@pytest.mark.parametrize(("state", "locale"), MAILS, ids="-".join)
def test_a_mail_has_no_fault_in_any_program(chromium, state, locale):
    html = sample_letter(state, locale).html
    faults = []
    with watching(chromium, PHONE) as watched:
        page = watched.page
        for name, (change, scheme) in VIEWS.items():
            page.emulate_media(color_scheme=scheme)
            page.set_content(change(html))
            found = [one for one in watched.axe() if not one.startswith(PAGE_RULES)]
            faults += [f"{name}: {one}" for one in found]
            for width in (320, 390):
                page.set_viewport_size({"width": width, "height": 844})
                wide = page.evaluate("document.documentElement.scrollWidth")
                if wide > width:
                    faults.append(f"{name}: {wide} pixels wide on {width}")
    assert faults == []
