"""Fuzz lanes: tests named `test_z1_…` and so on, short in CI, longer by `python -m tests.fuzz`.

Z1 sessions of SMTP. Z2 what strangers write: headers, addresses, reports, tokens, HTML, text.
Z3 the queue against a model. Z5 our reading against other readers. What a lane finds becomes a
case of the ordinary tests.
"""

import os


def examples(usual: int) -> int:
    """Return how many examples a test tries: as many as usual, or so many times more."""
    return usual * int(os.environ.get("POSTROOM_FUZZ", "1"))
