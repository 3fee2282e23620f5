from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.bootstrap import build_services
from agent.events.models import Event
from agent.kit.clock import ManualClock
from agent.mongo.client import Database
from agent.outbox.models import Delivery
from agent.services import Services
from agent.settings import Settings
from agent.webhooks.models import Subscription
from tests.agent.webhooks.receiver import Receiver, receiver
from tools.connectors.table import make_dispatcher, make_fan_out

TENANT = "default"


@dataclass
class Hooks:
    """Services that may reach loopback, and what runs beside them."""

    services: Services
    clock: ManualClock

    async def subscribe(self, url: str, *events: str, tenant: str = TENANT) -> Subscription:
        made, _ = await self.services.webhooks.subscribe(tenant, url, events or ["tour.booked"])
        return made

    async def happens(self, *types: str, thread: str = "thr_1", first: int = 0) -> None:
        events = [
            Event(type=kind, data={"action_id": f"act_{first + n}"}) for n, kind in enumerate(types)
        ]
        await self.services.events.append(TENANT, thread, first, events, self.clock.now())

    async def fan_out(self) -> None:
        step = make_fan_out(self.services)
        while await step.run_once():
            pass

    async def deliver(self) -> int:
        dispatcher = make_dispatcher(self.services)
        attempts = 0
        while tried := await dispatcher.run_once():
            attempts += tried
        return attempts

    async def rows(self) -> list[Delivery]:
        """Oldest first."""
        rows = (await self.services.outbox.store.page(TENANT, limit=200)).items
        return sorted(rows, key=lambda row: row.position)


@pytest.fixture
async def hooks(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Hooks]:
    settings = Settings(data_dir=tmp_path, webhook_targets="loopback")
    services = build_services(settings, database, clock)
    yield Hooks(services, clock)
    await services.webhooks.close()


@pytest.fixture
async def receiving() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made
