"""Skips that say what is missing, and fail where everything has to be there."""

import os

import pytest


def missing(what):
    """Skip for lack of `what`; fail if POSTROOM_TEST_ALL says that nothing may be missing."""
    if os.environ.get("POSTROOM_TEST_ALL") == "1":
        pytest.fail(f"{what} is missing, and POSTROOM_TEST_ALL=1 wants every test")
    pytest.skip(f"{what} is missing")
