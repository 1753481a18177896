"""A browser and something to look at, for all tests of pages in a browser."""

import shutil
import warnings

import httpx2
import pytest

from tests.browser.demo import Demo
from tests.skips import missing

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def path_of_chromium():
    path = shutil.which("chromium")
    if path is None:
        missing("chromium")
    return path


# Playwright runs a loop as long as it lives, and the files after this one want their own.
@pytest.fixture(scope="module")
def chromium():
    """Debian's Chromium; the tests that want it skip where it is absent."""
    path = path_of_chromium()
    from playwright.sync_api import sync_playwright

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            yield browser
            browser.close()


@pytest.fixture(scope="session")
def demo():
    """The demo with its links; one for all tests of a worker."""
    path_of_chromium()
    running = Demo().start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def inbox(demo):
    """Where the Inbox is, and what a browser keeps of having signed in.

    The link signs in once, so it is followed once for all tests of a worker.
    """
    url = demo.links["Inbox of Acme s.r.o."]
    return url.partition("/link/")[0], signed_in(url)


@pytest.fixture(scope="session")
def admin(demo):
    """Where the admin page is, and what a browser keeps of having signed in."""
    ((words, url),) = [one for one in demo.links.items() if one[0].startswith("Admin page")]
    return url, signed_in(f"{url}/sign-in", {"secret": words.rpartition(" ")[2]})


def signed_in(url, form=None):
    with httpx2.Client(trust_env=False) as client:
        assert client.post(url, data=form).status_code == 303
        ((name, value),) = client.cookies.items()
    cookie = {"name": name, "value": value, "domain": "127.0.0.1", "path": "/", "sameSite": "Lax"}
    kept = {**cookie, "expires": -1, "httpOnly": True, "secure": False}
    return {"cookies": [kept], "origins": []}
