from datetime import timedelta

import pytest

from gateway.api.problems import Refusal
from gateway.api.rate import RateLimit


def test_a_bucket_empties_and_fills_again():
    limit = RateLimit(2, timedelta(seconds=10))
    left = [limit.take("k", 0.0)["RateLimit-Remaining"] for _ in range(2)]
    with pytest.raises(Refusal) as refused:
        limit.take("k", 0.0)
    assert (left, refused.value.headers["Retry-After"]) == (["1", "0"], "5")
    assert limit.take("k", 5.0)["RateLimit-Remaining"] == "0"


def test_each_key_has_its_own():
    limit = RateLimit(1, timedelta(seconds=10))
    assert {limit.take(key, 0.0)["RateLimit-Remaining"] for key in "abc"} == {"0"}
