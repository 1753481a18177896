"""Real archives are threaded as people see them: pairwise F1 a set."""

import pytest

from tests.bench.accuracy_threads import by_references, ours, score
from tests.corpora import corpora_set

pytestmark = pytest.mark.corpora

LEAST = {
    # Two answers there quote, word for word, mail that the labels put elsewhere.
    "thread_lists": 0.94,
    "thread_lkml": 1.0,
    "thread_lkml_stripped": 0.99,
    "thread_mailbox": 0.98,
    # One answer there quotes the mail that it answers; the labels come from a program that
    # looks at headers alone.
    "thread_mailthread": 0.90,
    "thread_notmuch": 1.0,
}


@pytest.mark.parametrize("name", LEAST)
def test_a_real_archive_is_threaded(name):
    assert corpora_set(name)
    share = score(name, ours).share
    assert share >= LEAST[name]
    assert share >= score(name, by_references).share
