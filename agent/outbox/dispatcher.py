"""Takes queued deliveries, hands them to connectors, and writes down what came of it."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from agent.audit.service import AuditService
from agent.errors import TooBusy, Unavailable
from agent.kit.clock import Clock
from agent.kit.digests import args_hash
from agent.kit.failpoints import Failpoints
from agent.mongo.repository import Repository
from agent.outbox.models import Connector, Delivery, DeliveryState, Held, Refused
from agent.outbox.store import OutboxStore

LEASE = timedelta(seconds=30)
CALL_SECONDS = 20.0
"""Shorter than the lease: nobody else takes a row while it is being delivered."""
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=5)
ATTEMPTS = 10

Guard = Callable[[str, Delivery], Awaitable[None]]
"""Whether a row may leave now: raises Refused where it may not, Held where it may later."""


class Dispatcher:
    def __init__(
        self,
        repository: Repository,
        store: OutboxStore,
        audit: AuditService,
        clock: Clock,
        failpoints: Failpoints,
        connectors: Mapping[str, Connector],
        rng: random.Random,
        guard: Guard | None = None,
    ) -> None:
        self._repository = repository
        self._store = store
        self._audit = audit
        self._clock = clock
        self._failpoints = failpoints
        self._connectors = connectors
        self._rng = rng
        self._guard = guard

    async def run_once(self) -> bool:
        """Deliver the next due row; False when nothing is due."""
        claimed = await self._store.claim(self._clock.now(), lease=LEASE)
        if claimed is None:
            return False
        tenant_id, delivery, before = claimed
        died = before is DeliveryState.LEASED
        connector = self._connectors.get(delivery.connector)
        if connector is None:
            await self._close(
                tenant_id, delivery, DeliveryState.DEAD, f"no connector {delivery.connector!r}"
            )
        elif died and (not connector.idempotent or delivery.attempts > ATTEMPTS):
            await self._close(
                tenant_id, delivery, DeliveryState.UNKNOWN, "the sender died during the call"
            )
        elif args_hash(delivery.args) != delivery.args_hash:
            await self._close(
                tenant_id, delivery, DeliveryState.DEAD, "arguments were changed after approval"
            )
        else:
            await self._attempt(tenant_id, delivery, connector)
        return True

    async def _attempt(self, tenant_id: str, delivery: Delivery, connector: Connector) -> None:
        self._failpoints.reach("before_delivery")
        try:
            async with asyncio.timeout(CALL_SECONDS):
                if self._guard is not None:
                    await self._guard(tenant_id, delivery)
                await connector.deliver(tenant_id, delivery)
        except Refused as refusal:
            await self._close(tenant_id, delivery, DeliveryState.DEAD, str(refusal))
        except Held as held:
            await self._hold(tenant_id, delivery, held.until)
        except (TooBusy, Unavailable) as error:
            wait = timedelta(seconds=error.retry_after or 0)
            await self._retry(tenant_id, delivery, error.code, at_least=wait)
        except Exception as error:
            name = type(error).__name__
            if connector.idempotent:
                await self._retry(tenant_id, delivery, name)
            else:
                await self._close(tenant_id, delivery, DeliveryState.UNKNOWN, name)
        else:
            self._failpoints.reach("after_delivery")
            await self._close(tenant_id, delivery, DeliveryState.DONE, None)

    async def _retry(
        self, tenant_id: str, delivery: Delivery, error: str, *, at_least: timedelta = timedelta()
    ) -> None:
        if delivery.attempts >= ATTEMPTS:
            await self._close(tenant_id, delivery, DeliveryState.DEAD, error)
            return
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (delivery.attempts - 1))
        pause = min(LONGEST_PAUSE, max(at_least, longest * self._rng.random()))
        await self._write(
            tenant_id, delivery, DeliveryState.FAILED, error, {"due_at": self._clock.now() + pause}
        )

    async def _hold(self, tenant_id: str, delivery: Delivery, until: datetime) -> None:
        """Put the row back as if nobody had tried it."""
        changes = {
            "state": DeliveryState.PENDING,
            "due_at": until,
            "attempts": delivery.attempts - 1,
        }
        await self._store.mark(tenant_id, delivery, changes)

    async def _close(
        self, tenant_id: str, delivery: Delivery, state: DeliveryState, error: str | None
    ) -> None:
        await self._write(tenant_id, delivery, state, error, {"done_at": self._clock.now()})

    async def _write(
        self,
        tenant_id: str,
        delivery: Delivery,
        state: DeliveryState,
        error: str | None,
        times: Mapping[str, datetime],
    ) -> None:
        """Write down and audit what came of the attempt, unless the lease is lost."""

        async def write() -> None:
            changes = {"state": state, "error": error, **times}
            if await self._store.mark(tenant_id, delivery, changes):
                await self._audit.record(
                    tenant_id,
                    f"delivery.{state}",
                    delivery.action_id,
                    {"delivery_id": delivery.delivery_id, "attempts": delivery.attempts},
                )

        await self._repository.transact(write)
