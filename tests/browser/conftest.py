"""A browser and something to look at, for all tests of pages in a browser."""

import shutil
import warnings

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


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium; the tests that want it skip where it is absent."""
    path = shutil.which("chromium")
    if path is None:
        missing("chromium")
    from playwright.sync_api import sync_playwright

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            yield browser
            browser.close()


@pytest.fixture(scope="session")
def demo(chromium):
    """The demo with its links; one for all tests of a worker."""
    running = Demo().start()
    yield running
    running.stop()
