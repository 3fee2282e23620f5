"""From an event to a signed POST, through the outbox, in order, whatever the receiver does."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from agent.events.models import Event, StoredEvent
from agent.kit.retry import WEBHOOKS
from agent.mongo.repository import Repository
from agent.outbox.models import DeliveryState
from agent.webhooks import sender, service
from agent.webhooks.targets import Targets
from evals.openai_stub.wire import Channel, Request
from tests.agent.webhooks.conftest import TENANT, Hooks
from tests.agent.webhooks.receiver import Receiver

DONE, FAILED, DEAD = DeliveryState.DONE, DeliveryState.FAILED, DeliveryState.DEAD


async def test_an_event_reaches_every_subscriber_of_its_type(
    hooks: Hooks, receiving: Receiver
) -> None:
    _, secret = await hooks.services.webhooks.subscribe(TENANT, receiving.url, ["tour.booked"])
    await hooks.subscribe(receiving.url + "?2", "tour.booked", "lead.created")
    await hooks.subscribe(receiving.url + "?3", "lead.created")
    await hooks.subscribe(receiving.url + "?4", tenant="rival")
    await hooks.happens("tour.booked", "message", "thread.started")
    await hooks.fan_out()
    assert await hooks.deliver() == 2
    assert len(receiving.got) == 2
    assert len(set(receiving.ids())) == 2
    assert secret
    [ours] = [each for each in receiving.got if each.path == "/hook" and verifies(secret, each)]
    body = json.loads(ours.body)
    assert body["type"] == "tour.booked"
    assert body["data"] == {"thread_id": "thr_1", "action_id": "act_0"}
    assert ours.headers["idempotency-key"] == ours.headers["webhook-id"]
    assert [row.state for row in await hooks.rows()] == [DONE, DONE]


def verifies(secret: str, request: Request) -> bool:
    """The official library agrees, its clock aside."""
    webhook = Webhook(secret)
    headers = request.headers
    given = headers["webhook-signature"]
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    return given == webhook.sign(headers["webhook-id"], at, request.body.decode())


async def test_nothing_a_person_wrote_leaves(hooks: Hooks, receiving: Receiver) -> None:
    await hooks.subscribe(receiving.url, "handoff.requested")
    data = {
        "reason": "Sam Lee wants a call",
        "listing_id": "call me at +1 202 555 0123",
        "lead_id": "lead_1",
        "email": "sam@lee.example",
        "listing_ids": ["lst_1", "lst_2"],
    }
    event = Event(type="handoff.requested", data=data)
    await hooks.services.events.append(TENANT, "thr_1", 0, [event], hooks.clock.now())
    await hooks.fan_out()
    await hooks.deliver()
    [got] = receiving.got
    assert json.loads(got.body)["data"] == {
        "thread_id": "thr_1",
        "lead_id": "lead_1",
        "listing_ids": ["lst_1", "lst_2"],
    }


async def test_an_event_is_told_once_by_however_many(hooks: Hooks, receiving: Receiver) -> None:
    await hooks.subscribe(receiving.url)
    for n in range(12):
        await hooks.happens("tour.booked", thread=f"thr_{n}")
    await asyncio.gather(*(hooks.fan_out() for _ in range(4)))
    assert len(await hooks.rows()) == 12
    await asyncio.gather(*(hooks.deliver() for _ in range(3)))
    assert len(receiving.got) == len(set(receiving.ids())) == 12


async def test_events_without_subscribers_are_let_go(hooks: Hooks, repository: Repository) -> None:
    await hooks.happens("tour.booked", "lead.created")
    await hooks.fan_out()
    assert await hooks.rows() == []
    assert await repository.scoped("events", TENANT).count({"due": True}) == 0
    assert await repository.scoped("events", TENANT).count({}) == 2


class TestOrder:
    async def test_one_after_the_other(self, hooks: Hooks, receiving: Receiver) -> None:
        await hooks.subscribe(receiving.url)
        for n in range(15):
            await hooks.happens("tour.booked", thread=f"thr_{n % 3}", first=n)
            hooks.clock.advance(timedelta(milliseconds=1))
        await hooks.fan_out()
        await asyncio.gather(*(hooks.deliver() for _ in range(3)))
        told = [json.loads(request.body)["data"]["action_id"] for request in receiving.got]
        assert told == [f"act_{n}" for n in range(15)]

    async def test_what_fails_holds_up_its_own_lane_only(
        self, hooks: Hooks, receiving: Receiver
    ) -> None:
        bad = await hooks.subscribe(receiving.url)
        good = await hooks.subscribe(receiving.url + "?good")
        await hooks.happens("tour.booked", "tour.booked")
        await hooks.fan_out()

        async def by_lane(request: Request, channel: Channel) -> None:
            lane = request.headers["webhook-id"].partition("@")[2]
            await channel.answer(503 if lane == bad.subscription_id else 200, b"")

        receiving.answer = by_lane
        await hooks.deliver()
        rows = await hooks.rows()
        assert [r.state for r in rows if r.lane == good.subscription_id] == [DONE, DONE]
        assert [r.state for r in rows if r.lane == bad.subscription_id] == [
            FAILED,
            DeliveryState.PENDING,
        ]
        receiving.answer = None
        hooks.clock.advance(timedelta(seconds=6))
        await hooks.deliver()
        assert {row.state for row in await hooks.rows()} == {DONE}

    async def test_until_it_is_dead(self, hooks: Hooks, receiving: Receiver) -> None:
        await hooks.subscribe(receiving.url)
        await hooks.happens("tour.booked", "tour.booked")
        await hooks.fan_out()
        receiving.says(400)
        await hooks.deliver()
        assert [row.state for row in await hooks.rows()] == [DEAD, DEAD]
        assert len(receiving.got) == 2


class TestSchedule:
    async def test_ten_attempts_over_three_days(self, hooks: Hooks, receiving: Receiver) -> None:
        await hooks.subscribe(receiving.url)
        await hooks.happens("tour.booked")
        await hooks.fan_out()
        receiving.says(500)
        for pause in WEBHOOKS.pauses:
            assert await hooks.deliver() == 1
            [row] = await hooks.rows()
            assert row.state is FAILED
            wait = row.due_at - hooks.clock.now()
            assert pause * 0.8 <= wait <= pause * 1.2
            hooks.clock.advance(wait)
        assert await hooks.deliver() == 1
        [row] = await hooks.rows()
        assert (row.state, row.attempts, row.error) == (DEAD, 10, "status_500")
        assert len(set(receiving.ids())) == 1

    @pytest.mark.parametrize("status", [302, 301, 408, 425, 429, 500, 502, 503, 504])
    async def test_what_is_tried_again(
        self, hooks: Hooks, receiving: Receiver, status: int
    ) -> None:
        await hooks.subscribe(receiving.url)
        await hooks.happens("tour.booked")
        await hooks.fan_out()
        receiving.says(status, {"location": receiving.url})
        assert await hooks.deliver() == 1
        [row] = await hooks.rows()
        assert (row.state, row.error) == (FAILED, f"status_{status}")
        assert len(receiving.got) == 1

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 422, 451])
    async def test_what_is_dead_at_once(
        self, hooks: Hooks, receiving: Receiver, status: int
    ) -> None:
        await hooks.subscribe(receiving.url)
        await hooks.happens("tour.booked")
        await hooks.fan_out()
        receiving.says(status)
        await hooks.deliver()
        [row] = await hooks.rows()
        assert (row.state, row.error) == (DEAD, f"status_{status}")

    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            ("120", 120),
            ("Mon, 02 Mar 2026 18:10:00 GMT", 600),
            ("999999999", 86400),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 86400),
            ("-5", 5), ("soon", 5), ("", 5), ("1e9", 5), ("Mon, 02 Mar 1926 18:10:00 GMT", 5),
            ("٣٠", 5), ("9" * 400, 86400),
        ],
    )  # fmt: skip
    async def test_a_receiver_may_say_when(
        self, hooks: Hooks, receiving: Receiver, value: str, seconds: int
    ) -> None:
        await hooks.subscribe(receiving.url)
        await hooks.happens("tour.booked")
        await hooks.fan_out()
        receiving.says(429, {"retry-after": value} if value.isascii() else {})
        await hooks.deliver()
        [row] = await hooks.rows()
        wait = row.due_at - hooks.clock.now()
        assert timedelta(seconds=seconds * 0.8) <= wait <= timedelta(seconds=seconds * 1.2)


class TestReceiver:
    async def test_gone_drops_the_subscription(self, hooks: Hooks, receiving: Receiver) -> None:
        await hooks.subscribe(receiving.url)
        await hooks.happens("tour.booked", "tour.booked")
        await hooks.fan_out()
        receiving.says(410)
        await hooks.deliver()
        assert [row.state for row in await hooks.rows()] == [DEAD, DEAD]
        assert len(receiving.got) == 1
        assert await hooks.services.webhooks.subscriptions(TENANT) == []

    async def test_days_of_failure_disable_it_until_it_subscribes_anew(
        self, hooks: Hooks, receiving: Receiver
    ) -> None:
        made = await hooks.subscribe(receiving.url)
        receiving.says(500)
        await hooks.happens("tour.booked")
        await hooks.fan_out()
        await hooks.deliver()
        hooks.clock.advance(service.DISABLED_AFTER)
        await hooks.deliver()
        [row] = await hooks.rows()
        assert row.state is DEAD
        [standing] = await hooks.services.webhooks.subscriptions(TENANT)
        assert standing.status == "disabled"
        await hooks.happens("tour.booked", first=1)
        await hooks.fan_out()
        assert len(await hooks.rows()) == 1
        assert (await hooks.subscribe(receiving.url)).subscription_id == made.subscription_id
        receiving.answer = None
        await hooks.happens("tour.booked", first=2)
        await hooks.fan_out()
        await hooks.deliver()
        assert (await hooks.rows())[-1].state is DONE

    async def test_a_success_in_between_starts_the_days_anew(
        self, hooks: Hooks, receiving: Receiver
    ) -> None:
        await hooks.subscribe(receiving.url)
        for first in range(3):
            receiving.says(500)
            await hooks.happens("tour.booked", first=first)
            await hooks.fan_out()
            await hooks.deliver()
            hooks.clock.advance(timedelta(days=3))
            receiving.answer = None
            await hooks.deliver()
        assert {row.state for row in await hooks.rows()} == {DONE}

    async def test_an_expired_or_deleted_subscription_gets_nothing(
        self, hooks: Hooks, receiving: Receiver
    ) -> None:
        webhooks, now = hooks.services.webhooks, hooks.clock.now()
        await webhooks.subscribe(TENANT, receiving.url, ["tour.booked"], now + timedelta(minutes=1))
        gone = await hooks.subscribe(receiving.url + "?2")
        await hooks.happens("tour.booked")
        await hooks.fan_out()
        await webhooks.unsubscribe(TENANT, gone.subscription_id)
        hooks.clock.advance(timedelta(minutes=1))
        await hooks.deliver()
        assert {row.state for row in await hooks.rows()} == {DEAD}
        assert receiving.got == []

    async def test_an_endless_answer_a_slow_one_and_none(
        self, hooks: Hooks, receiving: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("agent.webhooks.sender.READ_SECONDS", 0.1)

        async def endless(request: Request, channel: Channel) -> None:
            await channel.start(200, {"content-type": "text/plain"})
            while True:
                await channel.send(b"x" * 65536)

        async def slow(request: Request, channel: Channel) -> None:
            await channel.start(200, {"content-type": "text/plain"})
            for _ in range(1000):
                await channel.send(b"x")
                await asyncio.sleep(0.01)

        async def cut(request: Request, channel: Channel) -> None:
            await channel.start(200, {"content-length": "100"})
            channel.cut()

        async def none(request: Request, channel: Channel) -> None:
            channel.reset()

        await hooks.subscribe(receiving.url)
        for first, answer in enumerate((endless, slow, cut)):
            receiving.answer = answer
            await hooks.happens("tour.booked", first=first)
            await hooks.fan_out()
            await hooks.deliver()
        assert [row.state for row in await hooks.rows()] == [DONE] * 3
        receiving.answer = none
        await hooks.happens("tour.booked", first=3)
        await hooks.fan_out()
        await hooks.deliver()
        assert (await hooks.rows())[-1].error in ("receiver_broken", "receiver_away")

    async def test_a_receiver_that_hangs_is_given_up(
        self, hooks: Hooks, receiving: Receiver
    ) -> None:
        hooks.services.webhooks._sender._seconds = 0.1

        async def hang(request: Request, channel: Channel) -> None:
            await channel.pause(5)

        receiving.answer = hang
        await hooks.subscribe(receiving.url)
        await hooks.happens("tour.booked")
        await hooks.fan_out()
        await hooks.deliver()
        [row] = await hooks.rows()
        assert (row.state, row.error) == (FAILED, "receiver_silent")

    async def test_bad_tls_and_nobody_there(self, hooks: Hooks, receiving: Receiver) -> None:
        await hooks.subscribe(receiving.url.replace("http:", "https:"))
        await hooks.subscribe("http://127.0.0.1:1/")
        await hooks.happens("tour.booked")
        await hooks.fan_out()
        await hooks.deliver()
        assert {(row.state, row.error) for row in await hooks.rows()} == {(FAILED, "receiver_away")}


async def test_a_thousand_subscriptions(hooks: Hooks, repository: Repository) -> None:
    rows = repository.scoped("subscriptions", TENANT)
    await hooks.subscribe("https://hooks.example.com/0")
    [row] = await rows.find({})
    await rows.insert_many(
        [row | {"subscription_id": f"sub_{n}", "same": f"same_{n}"} for n in range(999)]
    )
    await hooks.happens("tour.booked")
    await hooks.fan_out()
    assert await repository.scoped("outbox", TENANT).count({}) == 1000


async def test_a_tenant_that_breaks_holds_up_no_other(
    hooks: Hooks, receiving: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hooks.subscribe(receiving.url)
    store = hooks.services.events
    many = [Event(type="tour.booked")] * 120
    await store.append("acme", "thr_0", 0, many, hooks.clock.now() - timedelta(hours=1))
    await hooks.happens("tour.booked")
    take = store.take_due

    async def breaks(tenant_id: str, *, limit: int) -> list[StoredEvent]:
        if tenant_id == "acme":
            raise ValueError("no event")
        return await take(tenant_id, limit=limit)

    monkeypatch.setattr(store, "take_due", breaks)
    await hooks.fan_out()
    assert len(await hooks.rows()) == 1


async def test_a_connection_that_rests_for_long_is_ended(
    hooks: Hooks, receiving: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "IDLE_SECONDS", 0.05)
    targets = Targets(loopback=True)
    ours = sender.Sender(targets, hooks.clock)
    await ours.post(receiving.url, {}, b"{}")
    assert ours._idle
    await asyncio.sleep(0.15)
    assert not ours._idle
    await ours.close()
