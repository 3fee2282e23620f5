"""Takes queued deliveries, hands them to connectors, and writes down what came of it."""

import random
from collections.abc import Mapping
from datetime import timedelta

from agent.audit.service import AuditService
from agent.kit.clock import Clock
from agent.kit.failpoints import Failpoints
from agent.outbox.models import Connector, Delivery, DeliveryState, Refused
from agent.outbox.store import OutboxStore

LEASE = timedelta(seconds=30)
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=5)
ATTEMPTS = 10


class Dispatcher:
    def __init__(
        self,
        store: OutboxStore,
        audit: AuditService,
        clock: Clock,
        failpoints: Failpoints,
        connectors: Mapping[str, Connector],
        rng: random.Random,
    ) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock
        self._failpoints = failpoints
        self._connectors = connectors
        self._rng = rng

    async def run_once(self) -> bool:
        """Deliver the next due row; False when nothing is due."""
        claimed = await self._store.claim(self._clock.now(), lease=LEASE)
        if claimed is None:
            return False
        tenant_id, delivery, before = claimed
        connector = self._connectors.get(delivery.connector)
        if connector is None:
            await self._dead(tenant_id, delivery, f"no connector {delivery.connector!r}")
        elif before is DeliveryState.LEASED and not connector.idempotent:
            await self._close(
                tenant_id, delivery, DeliveryState.UNKNOWN, "the sender died during the call"
            )
        else:
            await self._attempt(tenant_id, delivery, connector)
        return True

    async def _attempt(self, tenant_id: str, delivery: Delivery, connector: Connector) -> None:
        self._failpoints.reach("before_delivery")
        try:
            await connector.deliver(tenant_id, delivery)
        except Refused as refusal:
            await self._dead(tenant_id, delivery, str(refusal))
        except Exception as error:
            await self._retry(tenant_id, delivery, type(error).__name__)
        else:
            self._failpoints.reach("after_delivery")
            await self._close(tenant_id, delivery, DeliveryState.DONE, None)

    async def _retry(self, tenant_id: str, delivery: Delivery, error: str) -> None:
        if delivery.attempts >= ATTEMPTS:
            await self._dead(tenant_id, delivery, error)
            return
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**delivery.attempts)
        due_at = self._clock.now() + longest * self._rng.random()
        await self._store.mark(
            tenant_id,
            delivery,
            {"state": DeliveryState.FAILED, "error": error, "due_at": due_at},
        )

    async def _dead(self, tenant_id: str, delivery: Delivery, error: str) -> None:
        await self._close(tenant_id, delivery, DeliveryState.DEAD, error)

    async def _close(
        self, tenant_id: str, delivery: Delivery, state: DeliveryState, error: str | None
    ) -> None:
        changes = {"state": state, "error": error, "done_at": self._clock.now()}
        if await self._store.mark(tenant_id, delivery, changes):
            await self._audit.record(
                tenant_id,
                f"delivery.{state}",
                delivery.action_id,
                {"delivery_id": delivery.delivery_id, "attempts": delivery.attempts},
            )
