"""Slow starts, dead next hops and rates: what is decided, by a clock that is set."""

from datetime import timedelta

import pytest

from gateway.flow.lanes import FIRST_ROOM, LONGEST_PAUSE, SHORTEST_PAUSE, SOON, Lanes
from gateway.mail.replies import Reply
from gateway.ports.routing import Rate, Way
from gateway.rules.model import Reason
from gateway.rules.outcome import (
    Bounced,
    Deferred,
    NextHopKind,
    Obstacle,
    Sent,
    Stage,
    Trouble,
    judge,
)
from gateway.rules.states import Step
from tests.fakes import NINE

HOP = Way("dead.test", most=5)
SENT = Sent(Step.DELIVER, Reply(250, "2.0.0", "Ok"))
DEAD = judge(
    Trouble(Obstacle.UNREACHABLE, "could not connect: refused"), Stage.CONNECT, NextHopKind.MX
)
SLOWER = judge(Reply(451, "4.7.0", "Too fast, slow down"), Stage.RCPT, NextHopKind.MX)
MINUTE = timedelta(minutes=1)


def failed(lanes, times=1, now=NINE):
    for _ in range(times):
        lanes.ended("dead.test", Stage.CONNECT, DEAD, now)


def admitted(lanes, now=NINE, delivery_id="dlv_1", spread=0.0):
    return lanes.admit(HOP, delivery_id, now, spread)


def room(lanes, trying=(), now=NINE):
    working, others = lanes.rooms(dict(trying), now)
    return working.of("dead.test"), others.of("dead.test")


def test_an_unknown_next_hop_begins_with_little():
    lanes = Lanes()
    assert room(lanes) == (0, FIRST_ROOM)
    assert room(lanes, {"dead.test": 1}) == (0, FIRST_ROOM - 1)
    assert lanes.unproven({"dead.test": 2}) == 2


def test_each_success_makes_room_for_one_more_up_to_the_cap_of_its_route():
    lanes = Lanes()
    assert admitted(lanes) is None
    rooms = []
    for _ in range(5):
        lanes.ended("dead.test", Stage.DOT, SENT, NINE)
        rooms.append(room(lanes)[0])
    assert rooms == [2, 3, 4, 5, 5]
    assert room(lanes, {"dead.test": 4}) == (1, 0)
    assert lanes.unproven({"dead.test": 4}) == 0


def test_a_refusal_proves_that_the_next_hop_works():
    lanes = Lanes()
    failed(lanes, 2)
    refused = judge(Reply(550, "5.1.1", "No such user"), Stage.RCPT, NextHopKind.MX)
    assert isinstance(refused, Bounced)
    lanes.ended("dead.test", Stage.RCPT, refused, NINE)
    failed(lanes, 2)
    assert admitted(lanes) is None


def test_a_next_hop_that_finds_us_too_fast_gets_less():
    lanes = Lanes()
    admitted(lanes)
    for _ in range(5):
        lanes.ended("dead.test", Stage.DOT, SENT, NINE)
    assert isinstance(SLOWER, Deferred)
    assert SLOWER.reason.key == "rate"
    lanes.ended("dead.test", Stage.RCPT, SLOWER, NINE)
    assert room(lanes) == (2, 0)


def test_three_failures_in_a_row_shut_a_next_hop_for_a_minute():
    lanes = Lanes()
    failed(lanes, 2)
    assert admitted(lanes) is None
    failed(lanes)
    waiting = admitted(lanes)
    assert waiting.until == NINE + SHORTEST_PAUSE
    assert waiting.reason.key == "unreachable"
    assert not waiting.reason.permanent
    assert waiting.reason.verbatim.endswith("could not connect: refused")
    assert NINE + MINUTE < admitted(lanes, spread=-1.0).until < NINE + 2 * MINUTE


def test_one_attempt_asks_whether_a_dead_next_hop_is_back():
    lanes = Lanes()
    failed(lanes, 3)
    later = NINE + MINUTE
    assert room(lanes, now=later)[1] >= 1
    assert admitted(lanes, later, "dlv_probe") is None
    assert admitted(lanes, later, "dlv_other").until > later
    lanes.left("dead.test", "dlv_probe")
    assert admitted(lanes, later, "dlv_other") is None


def test_the_pause_doubles_up_to_its_longest():
    lanes, now = Lanes(), NINE
    failed(lanes, 3)
    pauses = []
    for _ in range(6):
        now = admitted(lanes, now).until
        assert admitted(lanes, now, "dlv_probe") is None
        failed(lanes, now=now)
        failed(lanes, now=now)  # one that was under way as well
        lanes.left("dead.test", "dlv_probe")
        pauses.append((admitted(lanes, now).until - now) / MINUTE)
    assert pauses == [2, 4, 8, 15, 15, 15]
    assert LONGEST_PAUSE == 15 * MINUTE


def test_a_next_hop_that_is_back_begins_slowly_again():
    lanes = Lanes()
    failed(lanes, 3)
    later = NINE + MINUTE
    assert admitted(lanes, later) is None
    lanes.ended("dead.test", Stage.DOT, SENT, later)
    assert room(lanes, now=later) == (FIRST_ROOM + 1, 0)
    failed(lanes, 3, later)
    assert admitted(lanes, later).until == later + SHORTEST_PAUSE


@pytest.mark.parametrize("per_minute", [1, 60, 100, 6000])
def test_a_rate_is_never_passed(per_minute):
    lanes, rate = Lanes(), Rate("*", per_minute, MINUTE)
    left, now = [], NINE
    for _ in range(3 * min(per_minute, 300)):
        wait = lanes.slot(rate, now)
        if wait > SOON:
            now += wait
            wait = lanes.slot(rate, now)
        left.append(now + wait)
    for begin, moment in enumerate(left):
        within = [one for one in left[begin:] if one - moment < MINUTE]
        assert len(within) <= per_minute


def test_those_who_wait_for_a_rate_are_given_turns_one_after_another():
    lanes, rate = Lanes(), Rate("*", 6, MINUTE)
    waits = [lanes.slot(rate, NINE) / MINUTE * 60 for _ in range(4)]
    assert waits == [0, 10, 20, 30]


def test_next_hops_are_counted_apart():
    lanes = Lanes()
    failed(lanes, 3)
    assert lanes.admit(Way("other.test"), "dlv_1", NINE, 0.0) is None


def test_what_a_suspended_delivery_says_is_never_final():
    reason = Reason("no_such_domain", "x", 550, "5.1.2", "x", permanent=True)
    lanes = Lanes()
    for _ in range(3):
        lanes.ended("dead.test", Stage.DNS, Deferred(reason), NINE)
    assert admitted(lanes).reason.permanent is False
