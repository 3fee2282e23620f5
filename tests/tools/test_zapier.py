"""Actions that a subscriber carries out: whom it reaches, with what, and that only once."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from agent.approvals.models import Decision
from agent.bootstrap import build_services
from agent.demo.load import load_demo
from agent.kit.clock import ManualClock
from agent.mongo.client import Database
from agent.outbox.models import DeliveryState
from agent.privacy.models import Contact
from agent.services import Services
from agent.settings import Settings
from graphs.runtime import open_runtime
from tests.agent.webhooks.conftest import Hooks
from tests.agent.webhooks.receiver import Receiver, receiver

TENANT = "default"
TO_A_TOUR = (
    "2 bedrooms in Denver under 2300, moving in May, no pets",
    "I'd like to tour the second one",
    "the first time",
    "yes please",
)


@pytest.fixture
async def hooks(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Hooks]:
    settings = Settings(data_dir=tmp_path, webhook_targets="loopback")
    services = build_services(settings, database, clock)
    await load_demo(services.tenants, services.listings, services.clock)
    tenant = await services.tenants.tenant(TENANT)
    await services.tenants.put(
        tenant.model_copy(
            update={"connectors": {"schedule_tour": "zapier", "send_message": "zapier"}}
        )
    )
    yield Hooks(services, clock)
    await services.webhooks.close()


@pytest.fixture
async def receiving() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


async def booked(services: Services) -> str:
    """A tour whose proposal a person has approved; its action_id."""
    async with open_runtime(services) as runtime:
        opened = await runtime.start(TENANT, contact=Contact(name="Kim", email="kim@example.com"))
        for text in TO_A_TOUR:
            answer = await runtime.reply(TENANT, opened.thread_id, text)
        [action] = answer.pending_actions
        await runtime.decide(
            TENANT, action.action_id, Decision(decision="approve"), actor="user:office"
        )
        await runtime.caught_up(TENANT, opened.thread_id)
    return action.action_id


def bodies(receiving: Receiver, kind: str) -> list[dict[str, Any]]:
    told = [json.loads(request.body) for request in receiving.got]
    return [body for body in told if body["type"] == kind]


async def test_a_tour_reaches_every_subscriber_once_with_contact_and_calendar(
    hooks: Hooks, receiving: Receiver
) -> None:
    await hooks.subscribe(receiving.url, "tour.booked", "tour.proposed")
    await hooks.subscribe(receiving.url + "?2", "tour.booked")
    action_id = await booked(hooks.services)
    await hooks.fan_out()
    await hooks.deliver()
    first, second = bodies(receiving, "tour.booked")
    assert {first["id"], second["id"]} == {
        row.key for row in await hooks.rows() if row.action_id == action_id
    }
    data = first["data"]
    assert data["contact"] == {"name": "Kim", "email": "kim@example.com", "phone": None}
    assert data["action_id"] == action_id
    assert data["starts_at"] < data["ends_at"]
    assert data["calendar"]["text"].startswith("BEGIN:VCALENDAR")
    assert data["home"]
    assert "hold_id" not in data
    [proposed] = bodies(receiving, "tour.proposed")
    assert "contact" not in proposed["data"]
    assert len(receiving.got) == 3
    assert "kim@example.com" not in str([row.model_dump() for row in await hooks.rows()])


async def test_one_that_fails_does_not_bring_the_other_a_second_time(
    hooks: Hooks, receiving: Receiver
) -> None:
    async with receiver() as good:
        await hooks.subscribe(receiving.url)
        await hooks.subscribe(good.url)
        await booked(hooks.services)
        receiving.says(400)
        await hooks.fan_out()
        await hooks.deliver()
        states = {row.state for row in await hooks.rows()}
        assert states == {DeliveryState.DONE, DeliveryState.DEAD}
        [dead] = [row for row in await hooks.rows() if row.state is DeliveryState.DEAD]
        receiving.answer = None
        await hooks.services.outbox.replay(TENANT, dead.delivery_id, actor="user:office")
        await hooks.deliver()
        assert {row.state for row in await hooks.rows()} == {DeliveryState.DONE}
        assert len(good.got) == 1
        assert len(receiving.got) == 2


async def test_without_a_subscriber_it_is_dead_until_there_is_one(
    hooks: Hooks, receiving: Receiver
) -> None:
    action_id = await booked(hooks.services)
    await hooks.deliver()
    [row] = await hooks.rows()
    assert (row.state, row.error) == (DeliveryState.DEAD, "nobody subscribes to tour.booked")
    await hooks.subscribe(receiving.url)
    await hooks.services.outbox.replay(TENANT, row.delivery_id, actor="user:office")
    await hooks.deliver()
    [told] = bodies(receiving, "tour.booked")
    assert told["data"]["action_id"] == action_id


async def test_a_tour_that_was_called_off_meanwhile_does_not_leave(
    hooks: Hooks, receiving: Receiver
) -> None:
    await hooks.subscribe(receiving.url)
    await booked(hooks.services)
    [row] = await hooks.rows()
    await hooks.services.tours.cancel(TENANT, str(row.args["tour_id"]), by="renter")
    await hooks.deliver()
    [row] = await hooks.rows()
    assert (row.state, row.error) == (DeliveryState.DEAD, "tour_changed")
    assert receiving.got == []
