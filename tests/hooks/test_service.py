"""Events go to endpoints: in order, until they are taken, none held up by another."""

import asyncio
import json
from datetime import timedelta

import pytest

from gateway.hooks.service import HookService
from gateway.mail.errors import Fault
from gateway.ports.outward import HttpAnswer
from gateway.rules.events import WEBHOOK_DISABLED
from gateway.rules.hooks import Occasion, Why
from gateway.store.opening import open_store
from tests.hooks.desk import looking_again, open_hooks
from webhooks import signing

pytestmark = pytest.mark.anyio
AWAY = Fault("acme.example: connection refused")
THREE = ("message.received", "invoice.sent", "message.bounced")


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def test_events_are_sent_in_their_order_signed_as_they_are(tmp_path):
    async with open_hooks(tmp_path, 200) as hooks:
        webhook, secret = await hooks.add()
        told = await hooks.tell(*THREE, subject="Účet")
        await hooks.settle()
        assert hooks.sent() == told
        now = int(hooks.desk.clock.now().timestamp())
        for url, headers, body in hooks.outward.asked:
            assert url == webhook.url
            signing.verify(headers, body, secret, now=now)
            signing.verify(headers, body, hooks.webhooks.public_key(webhook), now=now)
        first = json.loads(hooks.outward.asked[0][2])
        assert (first["type"], first["data"]) == ("message.received", {"subject": "Účet"})
        sequences = [json.loads(body)["sequence"] for _, _, body in hooks.outward.asked]
        assert sequences == [1, 2, 3]


async def test_what_happened_before_an_endpoint_was_added_is_not_sent(tmp_path):
    async with open_hooks(tmp_path, 200) as hooks:
        await hooks.tell("message.received")
        await hooks.add()
        await hooks.settle()
        assert hooks.sent() == []


@pytest.mark.parametrize(
    ("types", "wanted"),
    [
        (("invoice.sent",), [1]),
        (("message.*",), [0, 2]),
        ((), [0, 1, 2]),
        (("payment.*",), []),
    ],
)
async def test_an_endpoint_gets_the_types_that_it_asked_for(tmp_path, types, wanted):
    async with open_hooks(tmp_path, 200) as hooks:
        webhook, _ = await hooks.add(types=types)
        told = await hooks.tell(*THREE)
        await hooks.settle()
        assert hooks.sent() == [told[index] for index in wanted]
        assert (await hooks.get(webhook.id)).cursor == 3


async def test_a_failed_event_is_sent_again_and_delays_no_other(tmp_path):
    async with open_hooks(tmp_path, 500, 200, 200, 200, days_ago=30) as hooks:
        webhook, _ = await hooks.add()
        told = await hooks.tell(*THREE)
        await hooks.settle()
        sent = hooks.sent()
        assert sorted(sent) == sorted([told[0], *told])
        assert [one for one in sent if one != told[0]] == told[1:]
        attempts = await hooks.attempts(webhook.id)
        first = [one for one in attempts if one.event_id == told[0]]
        assert [(one.ok, one.status, one.number) for one in first] == [
            (False, 500, 1),
            (True, 200, 2),
        ]
        assert first[0].next_at - first[0].sent_at == timedelta(seconds=5)
        assert (await hooks.get(webhook.id)).failures == 0


async def test_the_same_event_has_the_same_id_and_body_at_each_try(tmp_path):
    async with open_hooks(tmp_path, AWAY, 302, 200, days_ago=30) as hooks:
        await hooks.add()
        told = await hooks.tell("invoice.sent")
        await hooks.settle()
        assert hooks.sent() == told * 3
        assert len({body for _, _, body in hooks.outward.asked}) == 1


async def test_an_event_that_nobody_takes_is_given_up_and_shown(tmp_path):
    async with open_hooks(tmp_path, AWAY, days_ago=30) as hooks:
        webhook, _ = await hooks.add()
        await hooks.tell("invoice.sent")
        await hooks.settle()
        attempts = await hooks.attempts(webhook.id)
        assert [(one.number, one.error, one.status) for one in attempts] == [
            (number, str(AWAY), None) for number in (1, 2, 3)
        ]
        assert attempts[-1].next_at is None
        assert await hooks.desk.read(lambda work: work.hooks.waiting(webhook.id)) == 0


async def test_a102_a_redirect_is_a_failure_that_says_why(tmp_path):
    async with open_hooks(tmp_path, HttpAnswer(307, {"location": "http://[::1]/"}, b"")) as hooks:
        webhook, _ = await hooks.add()
        await hooks.tell("invoice.sent")
        await hooks.settle()
        (attempt,) = await hooks.attempts(webhook.id)
        assert (attempt.ok, attempt.status, len(hooks.outward.asked)) == (False, 307, 1)
        assert "redirect" in attempt.error


async def test_new_events_wait_for_an_endpoint_that_keeps_failing_without_an_attempt(tmp_path):
    async with open_hooks(tmp_path, AWAY) as hooks:
        webhook, _ = await hooks.add()
        told = await hooks.tell(*["message.received"] * 10)
        await hooks.settle()
        assert hooks.sent() == told[:3]
        assert (await hooks.get(webhook.id)).cursor == 3


async def test_a_busy_endpoint_is_left_alone_as_long_as_it_asks(tmp_path):
    busy = HttpAnswer(429, {"retry-after": "3600"}, b"")
    async with open_hooks(tmp_path, busy, 200) as hooks:
        webhook, _ = await hooks.add()
        told = await hooks.tell(*THREE)
        await hooks.settle()
        assert hooks.sent() == told[:1]
        (attempt,) = await hooks.attempts(webhook.id)
        assert attempt.next_at - attempt.sent_at == timedelta(hours=1)


async def test_f49_an_endpoint_that_is_gone_is_switched_off_at_once_and_keeps_its_events(tmp_path):
    async with open_hooks(tmp_path, 410) as hooks:
        webhook, _ = await hooks.add()
        told = await hooks.tell(*THREE)
        await hooks.settle()
        off = await hooks.get(webhook.id)
        assert (off.disabled, hooks.sent()) == (Why.GONE, told[:1])
        hooks.outward.answers = [200]
        await hooks.webhooks.change(hooks.tenant_id, webhook.id, enabled=True)
        await hooks.settle()
        assert sorted(set(hooks.sent()[1:4])) == sorted(told)


async def test_f48_after_five_days_without_success_an_endpoint_is_switched_off(tmp_path):
    async with open_hooks(tmp_path, AWAY, days_ago=30) as hooks:
        webhook, _ = await hooks.add()
        await hooks.tell("invoice.sent")
        await hooks.settle()
        hooks.desk.clock.pass_by(days=5)
        told = await hooks.tell("invoice.sent")
        await hooks.settle()
        assert (await hooks.get(webhook.id)).disabled is Why.FAILING
        (event,) = await hooks.desk.read(
            lambda work: work.events.after(hooks.tenant_id, 0, types=[WEBHOOK_DISABLED])
        )
        assert (event.data["webhook_id"], event.data["reason"]) == (webhook.id, "failing")
        hooks.outward.answers = [200]
        await hooks.webhooks.change(hooks.tenant_id, webhook.id, enabled=True)
        await hooks.settle()
        assert {*told, event.id} <= set(hooks.sent()[-2:])


async def test_i13_an_endpoint_that_hangs_delays_no_other(tmp_path):
    async with open_hooks(tmp_path, 200) as hooks:
        hanging, _ = await hooks.add("https://hangs.example/")
        await hooks.add("https://well.example/")
        ask, released = hooks.outward.ask, asyncio.Event()

        async def hang(method, url, **more):
            if "hangs" in url:
                await released.wait()
            return await ask(method, url, **more)

        hooks.outward.ask = hang
        told = await hooks.tell(*THREE)
        running = asyncio.create_task(hooks.settle())
        async with asyncio.timeout(10):
            while len(hooks.outward.asked) < 3:
                await looking_again()
        assert {url for url, _, _ in hooks.outward.asked} == {"https://well.example/"}
        assert hooks.sent() == told
        released.set()
        await running
        assert hooks.sent() == [*told, *told]
        assert (await hooks.get(hanging.id)).cursor == 3


async def test_half_of_the_places_stay_free_for_endpoints_that_are_well(tmp_path):
    async with open_hooks(tmp_path, AWAY, days_ago=30) as hooks:
        for number in range(4):
            await hooks.add(f"https://ill-{number}.example/")
        await hooks.tell("invoice.sent")
        service = HookService(hooks.context, hooks.outward, hooks.policy, at_once=4)
        hanging, ask = asyncio.Event(), hooks.outward.ask

        async def ask_or_hang(method, url, **more):
            if len(hooks.outward.asked) >= 4:
                await hanging.wait()
            return await ask(method, url, **more)

        hooks.outward.ask = ask_or_hang
        running = asyncio.create_task(service.run())
        async with asyncio.timeout(10):
            while len(hooks.outward.asked) < 4 or service.serving != 2:
                await looking_again()
        for _ in range(20):
            await looking_again()
            assert service.serving == 2
        hanging.set()
        await service.stop(5)
        running.cancel()


async def test_after_a_rotation_both_secrets_sign_for_a_day(tmp_path):
    async with open_hooks(tmp_path, 200) as hooks:
        webhook, old = await hooks.add()
        _, new = await hooks.webhooks.rotate(hooks.tenant_id, webhook.id)
        for hours in (0, 23, 25):
            hooks.desk.clock.pass_by(hours=hours)
            await hooks.tell("invoice.sent")
            await hooks.settle()
        for index, is_old_good in enumerate((True, True, False)):
            _, headers, body = hooks.outward.asked[index]
            now = int(headers["webhook-timestamp"])
            signing.verify(headers, body, new, now=now)
            if is_old_good:
                signing.verify(headers, body, old, now=now)
            else:
                with pytest.raises(signing.BadSignature):
                    signing.verify(headers, body, old, now=now)


async def test_an_attempt_is_sent_again_on_demand(tmp_path):
    async with open_hooks(tmp_path, 200) as hooks:
        webhook, _ = await hooks.add()
        told = await hooks.tell("invoice.sent")
        await hooks.settle()
        (attempt,) = await hooks.attempts(webhook.id)
        await hooks.webhooks.redeliver(hooks.tenant_id, webhook.id, attempt.id)
        await hooks.settle()
        assert hooks.sent() == told * 2
        assert (await hooks.attempts(webhook.id))[1].occasion is Occasion.REDELIVERY


@pytest.mark.parametrize(("failed_only", "count"), [(True, 1), (False, 2)])
async def test_the_events_of_a_time_are_sent_again_on_demand(tmp_path, failed_only, count):
    async with open_hooks(tmp_path, 200, 500, 500, 500, 200, days_ago=30) as hooks:
        webhook, _ = await hooks.add(types=["invoice.sent"])
        await hooks.tell("invoice.sent", "message.received")
        await hooks.settle()
        hooks.desk.clock.pass_by(hours=1)
        since = hooks.desk.clock.now()
        told = await hooks.tell("invoice.sent", "message.received")
        await hooks.settle()
        hooks.desk.clock.pass_by(hours=1)
        later = await hooks.tell("invoice.sent")
        await hooks.settle()
        hooks.desk.clock.pass_by(hours=1)
        before = len(hooks.sent())
        found = await hooks.webhooks.redeliver_since(
            hooks.tenant_id, webhook.id, since, None, failed_only=failed_only
        )
        await hooks.settle()
        again = [told[0]] if failed_only else [told[0], later[0]]
        assert (found, hooks.sent()[before:]) == (count, again)


async def test_what_was_under_way_when_the_process_died_is_sent_by_the_next(tmp_path):
    async with open_hooks(tmp_path, 200) as hooks:
        webhook, _ = await hooks.add()
        told = await hooks.tell(*THREE)
        forever = asyncio.Event()

        async def never(*_, **__):
            await forever.wait()

        ask, hooks.outward.ask = hooks.outward.ask, never
        service = HookService(hooks.context, hooks.outward, hooks.policy)
        running = asyncio.create_task(service.run())
        async with asyncio.timeout(10):
            while not service.serving:
                await looking_again()
        held = await hooks.get(webhook.id)
        running.cancel()
        await service.stop(0)
        hooks.outward.ask = ask
        await hooks.settle()
        assert hooks.sent() == told
        assert (await hooks.get(webhook.id)).fence > held.fence


async def test_a_removed_company_hears_nothing_more(tmp_path):
    async with open_hooks(tmp_path, 200) as hooks:
        webhook, _ = await hooks.add()
        await hooks.tell("invoice.sent")
        await hooks.desk.companies.remove(hooks.tenant_id)
        await hooks.settle()
        assert (hooks.sent(), await hooks.get(webhook.id)) == ([], None)


async def test_a141_the_database_does_not_tell_a_secret(tmp_path):
    async with open_hooks(tmp_path, 200) as hooks:
        _, secret = await hooks.add()
        await hooks.tell("invoice.sent")
        await hooks.settle()
    async with open_store(tmp_path):
        pass
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("postroom.db*"))
    assert b"acme.example" in stored
    assert secret.removeprefix("whsec_").encode() not in stored
