import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from agent.audit.service import AuditService
from agent.kit.clock import ManualClock
from agent.kit.digests import args_hash
from agent.kit.retry import SOON, Retry
from agent.outbox.dispatcher import LEASE, Dispatcher
from agent.outbox.models import Delivery
from agent.outbox.outcomes import Outcomes
from agent.services import Services

TENANT = "default"


class Provider:
    """A connector whose answers a test decides; remembers what arrived."""

    name = "provider"
    retry: Retry = SOON

    def __init__(self) -> None:
        self.idempotent = True
        self.reference: str | None = None
        self.arrived: list[str] = []
        self.answer: Callable[[Delivery], Awaitable[None]] | None = None

    async def deliver(self, tenant_id: str, delivery: Delivery) -> str | None:
        if self.answer:
            await self.answer(delivery)
        self.arrived.append(delivery.key)
        return self.reference

    def fails(self, error: Exception, *, after: bool = False) -> None:
        """Raise `error` from now on; with `after`, once the delivery has arrived."""

        async def answer(delivery: Delivery) -> None:
            if after:
                self.arrived.append(delivery.key)
            raise error

        self.answer = answer


class Outbox:
    """The outbox of one tenant, a provider and dispatchers."""

    def __init__(self, services: Services, clock: ManualClock) -> None:
        self.services = services
        self.clock = clock
        self.provider = Provider()
        self.store = services.outbox.store

    def dispatcher(self, audit: AuditService | None = None) -> Dispatcher:
        return Dispatcher(
            self.services.repository,
            self.store,
            audit or self.services.audit,
            self.clock,
            self.services.failpoints,
            {"record": self.provider},
            random.Random(0),
        )

    def outcomes(self) -> Outcomes:
        return Outcomes(self.services.repository, self.store, self.services.audit)

    async def queue(self, *names: str, due_at: datetime | None = None) -> None:
        for name in names:
            await self.services.outbox.enqueue(
                TENANT,
                delivery_id=f"dlv_{name}",
                action_id=f"act_{name}",
                action="send_message",
                args={"text": name},
                args_hash=args_hash({"text": name}),
                thread_id="thr_1",
                due_at=due_at,
            )

    async def run(self) -> int:
        """Deliver until nothing is due; how many attempts that took."""
        dispatcher = self.dispatcher()
        attempts = 0
        while tried := await dispatcher.run_once():
            attempts += tried
        return attempts

    async def dies(self, name: str, *, arrived: bool = True) -> Delivery:
        """A dispatcher claims the row and dies during the call."""
        [claim] = await self.store.claim(self.clock.now(), lease=LEASE, limit=1)
        delivery = claim.delivery
        assert delivery.delivery_id == f"dlv_{name}"
        if arrived:
            self.provider.arrived.append(delivery.key)
        return delivery

    async def row(self, name: str) -> Delivery:
        [row] = (await self.store.page(TENANT, action_id=f"act_{name}")).items
        return row

    async def due_in(self, name: str) -> timedelta:
        due_at: datetime = (await self.row(name)).due_at
        return due_at - self.clock.now()

    async def audited(self, name: str) -> list[str]:
        records = await self.services.audit.store.about(TENANT, f"act_{name}")
        return sorted(record.kind for record in records)


@pytest.fixture
def outbox(services: Services, clock: ManualClock) -> Outbox:
    return Outbox(services, clock)
