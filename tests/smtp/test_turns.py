"""Uploads take turns, and leave most of the event loop's time to others."""

import asyncio
from time import perf_counter

import pytest

from gateway.smtp.turns import Turns
from tests.smtp.loops import in_loop

FAST = 2**40


def busy(seconds):
    until = perf_counter() + seconds
    while perf_counter() < until:
        pass


@in_loop
async def test_turns_come_in_the_order_of_asking_and_others_are_heard_between():
    turns, asked, order, heard = Turns(FAST), [], [], []

    async def upload(name):
        for _ in range(3):
            asked.append(name)
            await turns.take()
            assert heard == order
            order.append(name)
            asyncio.get_running_loop().call_soon(heard.append, name)

    await asyncio.gather(*(upload(name) for name in "abc"))
    assert order == asked
    assert sorted(order) == list("aaabbbccc")


@in_loop
async def test_others_get_three_quarters_of_the_time_while_uploads_would_take_it_all():
    turns, worked = Turns(FAST), []

    async def upload():
        for _ in range(10):
            await turns.take()
            began = perf_counter()
            busy(0.002)
            worked.append(perf_counter() - began)

    began = perf_counter()
    await asyncio.gather(*(upload() for _ in range(4)))
    passed = perf_counter() - began
    assert passed >= 3.5 * sum(worked)  # a busy machine makes it longer, never shorter


@in_loop
async def test_who_is_cancelled_while_waiting_costs_nobody_a_turn():
    turns = Turns(FAST)
    first, gone, behind = (asyncio.create_task(turns.take()) for _ in range(3))
    await asyncio.sleep(0)
    gone.cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(first, behind)
    with pytest.raises(asyncio.CancelledError):
        await gone


@in_loop
async def test_one_cancelled_with_its_turn_given_costs_nobody_a_turn():
    turns = Turns(FAST)
    await turns.take()
    given = asyncio.create_task(turns.take())
    asyncio.get_running_loop().call_soon(given.cancel)
    async with asyncio.timeout(5):
        await turns.take()
        await turns.take()
    with pytest.raises(asyncio.CancelledError):
        await given


@in_loop
async def test_what_strangers_send_is_held_to_its_rate_and_what_others_send_is_not():
    turns = Turns(rate=100_000)

    async def passed(octets):
        began = perf_counter()
        for _ in range(11):
            await turns.take(octets)
        return perf_counter() - began

    strangers, others = await passed(2_000), await passed(0)
    assert strangers >= 0.18  # a busy machine makes it longer, never shorter
    turns.rate = FAST
    assert await passed(2_000) + others < 2 * strangers
