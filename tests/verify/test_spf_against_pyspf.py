"""Our SPF and pyspf's, given the same records: the same results."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.verify.spf import SpfCheck, check_spf
from tests.verify.zone import Zone, reverse_name

spf = pytest.importorskip("spf", reason="pyspf is missing")

CLIENT = "192.0.2.1"
HOSTS = {
    "ours.example": {"A": [CLIENT], "MX": [(10, "ours.example")]},
    "theirs.example": {"A": ["198.51.100.1"], "MX": [(10, "theirs.example"), (5, "ours.example")]},
    "near.example": {"A": ["192.0.2.200"], "MX": [(10, "near.example")]},
    "jana.client.example": {"A": ["127.0.0.2"]},
    reverse_name(CLIENT): {"PTR": ["ours.example"]},
}
_WHERE = st.sampled_from(["ours.example", "theirs.example", "near.example"])
_TERM = st.one_of(
    st.builds(
        "a:{}{}".format, _WHERE, st.sampled_from(["", "/24", "/31", "/32//64", "//0", "/33"])
    ),
    st.builds("mx:{}{}".format, _WHERE, st.sampled_from(["", "/24", "/0"])),
    st.builds("exists:{}".format, st.sampled_from(["%{l}.client.example", "ours.example"])),
    st.builds("ptr:{}".format, _WHERE),
    st.sampled_from(
        [
            "all",
            "ip4:192.0.2.0/24",
            "ip4:198.51.100.7",
            "ip6:2001:db8::/32",
            "moo",
            "a:com",
        ]
    ),
)


def record(*others):
    """Return records that may lead to others; to themselves never, which pyspf finds at once."""
    leading = [f"include:{name}" for name in others] + [f"redirect={name}" for name in others]
    term = st.one_of(_TERM, st.sampled_from(leading)) if leading else _TERM
    signed = st.tuples(st.sampled_from(["", "-", "~", "?"]), term)
    return st.lists(signed, max_size=4).map(
        lambda terms: " ".join(
            ["v=spf1", *(term if "=" in term else sign + term for sign, term in terms)]
        )
    )


class Oracle(spf.query):
    """pyspf on our table."""

    def __init__(self, table):
        super().__init__(i=CLIENT, s="jana@client.example", h="mail.client.example")
        self._table = table

    def dns(self, name, qtype, cnames=None, ignore_void=False):
        kinds = self._table.get(str(name).lower().rstrip("."), {})
        answers = kinds.get(qtype, [])
        return [(one.encode(),) if qtype == "TXT" else one for one in answers]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(record("one.example", "two.example"), record("two.example"), record())
def test_both_say_the_same(first, one, two):
    table = HOSTS | {
        name: {"TXT": [text]}
        for name, text in [("client.example", first), ("one.example", one), ("two.example", two)]
    }
    check = SpfCheck(
        CLIENT, "mail.client.example", "jana@client.example", "r", datetime(2026, 1, 1, tzinfo=UTC)
    )
    ours = asyncio.run(check_spf(Zone(table), check)).result
    assert ours == Oracle(table).check()[0]
