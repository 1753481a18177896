"""What holds for all tests."""

import ast
import sys
from functools import wraps

import pytest
import structlog
from hypothesis import settings

# How long an example takes says something of the machine, nothing of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

if sys.version_info < (3, 12):
    _parse = ast.parse

    @wraps(_parse)
    def _parse_again(*args, **kwargs):
        """Parse once more where Python 3.11 miscounts beside other threads (gh-106905)."""
        try:
            return _parse(*args, **kwargs)
        except SystemError:
            return _parse(*args, **kwargs)

    ast.parse = _parse_again


@pytest.fixture(autouse=True)
def _logs_as_by_default():
    """Let no test find the logs filtered as a command run in this process left them."""
    structlog.reset_defaults()
