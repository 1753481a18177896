"""The admin page in a browser: accessible, within its screen, silent, and at home (ux.md, 3)."""

import pytest

from tests.browser.test_inbox_states import SCREENS, UNFOLD
from tests.browser.watching import watching

HIS_COOKIE = "cookie: postroom_admin"


def faults(watched, least_target):
    return [one for one in watched.faults(least_target=least_target) if one != HIS_COOKIE]


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("page", ["", "/dns"])
def test_a_page_for_admins_has_no_fault_in_light_and_dark(chromium, admin, page, screen):
    size, least, language = screen
    with watching(chromium, size, locale=language, storage_state=admin[1]) as watched:
        watched.page.goto(admin[0] + page)
        assert watched.page.locator("form[action$='/sign-out']").count() == 1
        assert faults(watched, least) == []
        watched.page.emulate_media(color_scheme="dark")
        watched.page.evaluate(UNFOLD)
        assert faults(watched, least) == []


@pytest.mark.parametrize("screen", SCREENS)
def test_the_sign_in_for_admins_has_no_fault_in_light_and_dark(chromium, admin, screen):
    size, least, language = screen
    with watching(chromium, size, locale=language) as watched:
        watched.page.goto(admin[0])
        assert watched.page.locator("form[action$='/sign-in']").count() == 1
        assert faults(watched, least) == []
        watched.page.emulate_media(color_scheme="dark")
        assert faults(watched, least) == []
