from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.dns_drift import Look, compared, kept, look_of, name_of
from gateway.rules.dns_verdicts import Published, Record, Verdict

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
MX = Record("reply.example.com", "MX", "10 mail.example.com", "mail comes here")
SPF = Record("mail.example.com", "TXT", "v=spf1 -all", "SPF")
OK, MISSING, DIFFERS, UNKNOWN = Published


def after(*states, record=MX):
    """Look once for each state, an hour apart; gives the last look, and what each told."""
    look, told = Look(), []
    for hour, state in enumerate(states):
        look, drift = compared(look, [Verdict(record, state)], NOW + hour * HOUR)
        told.append((len(drift.broke), len(drift.recovered)))
    return look, told


@pytest.mark.parametrize(
    ("states", "told"),
    [
        pytest.param([MISSING, MISSING], [(0, 0), (0, 0)], id="never published"),
        pytest.param([MISSING, OK], [(0, 0), (0, 0)], id="published for the first time"),
        pytest.param([OK, MISSING, MISSING], [(0, 0), (1, 0), (0, 0)], id="broke, told once"),
        pytest.param([OK, MISSING, DIFFERS], [(0, 0), (1, 0), (0, 0)], id="broken otherwise"),
        pytest.param([OK, DIFFERS, OK, OK], [(0, 0), (1, 0), (0, 1), (0, 0)], id="well again"),
        pytest.param([OK, UNKNOWN, OK], [(0, 0)] * 3, id="DNS was away"),
        pytest.param([OK, UNKNOWN, MISSING], [(0, 0), (0, 0), (1, 0)], id="away, then broken"),
        pytest.param([OK, MISSING, UNKNOWN, OK], [(0, 0), (1, 0), (0, 0), (0, 1)], id="unseen"),
    ],
)
def test_what_changed_is_told_once(states, told):
    assert after(*states)[1] == told


def test_a_record_that_broke_is_known_with_its_moment():
    look, _ = after(OK, DIFFERS, UNKNOWN, DIFFERS)
    assert {name: one.since for name, one in look.drifted.items()} == {name_of(MX): NOW + HOUR}
    assert look.counts == {"ok": 0, "missing": 0, "differs": 1, "unknown": 0, "drifted": 1}


def test_a_record_that_is_not_wanted_any_more_is_forgotten():
    look, _ = compared(Look(), [Verdict(MX, OK), Verdict(SPF, OK)], NOW)
    look, drift = compared(look, [Verdict(SPF, OK)], NOW + HOUR)
    assert set(look.known) == {name_of(SPF)}
    assert drift.broke == ()


def test_each_address_of_a_name_is_a_record():
    two = [Record("mail.example.com", "A", address, "") for address in ("192.0.2.1", "192.0.2.2")]
    assert len(set(map(name_of, two))) == 2


@given(st.lists(st.sampled_from(Published), max_size=12))
def test_drifts_and_recoveries_take_turns_and_end_where_dns_does(states):
    look, told = after(*states)
    balance = 0
    for broke, recovered in told:
        balance += broke - recovered
        assert balance in {0, 1}
    assert len(look.drifted) == balance
    said = [state for state in states if state is not UNKNOWN]
    if said and said[-1] is OK:
        assert balance == 0


@given(st.lists(st.sampled_from(Published), max_size=5))
def test_what_is_known_comes_back_as_it_was_kept(states):
    look, _ = after(*states)
    assert look_of(kept(look)) == look
    assert look_of(None) == Look()
