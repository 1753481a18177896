from typing import get_args

import pytest

from gateway.rules.reasons import REASONS, ReasonKey, plain_words


def test_every_key_has_its_words_once():
    assert [*REASONS] == [*get_args(ReasonKey)]


@pytest.mark.parametrize("reason", REASONS.values(), ids=lambda reason: reason.key)
def test_words_go_into_a_sentence(reason):
    assert reason.words[0].islower()
    assert not reason.words.endswith(".")


@pytest.mark.parametrize(
    ("key", "limit_mb", "words"),
    [
        ("too_large", 25, "the mail is too big for their server (limit 25 MB)"),
        ("too_large", None, "the mail is too big for their server"),
        ("mailbox_full", None, "their mailbox is full"),
        ("no such key", None, "their server said no"),
    ],
)
def test_a_limit_is_named_where_it_is_known(key, limit_mb, words):
    assert plain_words(key, limit_mb=limit_mb) == words
