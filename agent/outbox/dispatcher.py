"""Takes queued deliveries, hands them to connectors, and has it written down what came of it."""

import asyncio
import logging
import random
import traceback
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from agent.audit.service import AuditService
from agent.errors import LatchkeyError, TooBusy, Unavailable
from agent.kit.clock import Clock
from agent.kit.digests import args_hash
from agent.kit.failpoints import Failpoints
from agent.kit.ids import new_id
from agent.kit.telemetry import Telemetry
from agent.mongo.repository import Repository
from agent.outbox.models import (
    Connector,
    Delivery,
    DeliveryState,
    Held,
    Readdressed,
    Refused,
)
from agent.outbox.outcomes import Outcomes
from agent.outbox.store import Claim, OutboxStore

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
CALL_SECONDS = 20.0
"""Shorter than the lease: nobody else takes a row while it is being delivered."""
SLOTS = 64
"""Deliveries at once in one process."""
RETRY_SECONDS = 1.0
GATHER_SECONDS = 0.002

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
        telemetry: Telemetry | None = None,
    ) -> None:
        self._store = store
        self._outcomes = Outcomes(repository, store, audit)
        self._clock = clock
        self._failpoints = failpoints
        self._connectors = connectors
        self._rng = rng
        self._guard = guard
        self._telemetry = telemetry

    async def run_once(self) -> int:
        """Deliver what is due, up to a full house, and return how many were tried."""
        claims = await self._store.claim(self._clock.now(), lease=LEASE, limit=SLOTS)
        done = await asyncio.gather(*map(self._deliver, claims), return_exceptions=True)
        for result in done:
            if isinstance(result, BaseException):
                raise result
        return len(claims)

    async def run(self, stopping: asyncio.Event, *, pause: float) -> None:
        """Deliver until `stopping`, then finish what has begun.

        Looks anew whenever some have ended, and every `pause` seconds.
        """
        running: set[asyncio.Task[None]] = set()
        failing = False
        while not stopping.is_set():
            try:
                claims = await self._store.claim(
                    self._clock.now(), lease=LEASE, limit=SLOTS - len(running)
                )
                failing = False
            except Exception as error:
                if not failing:
                    log.warning("deliveries wait: %s", _name(error))
                claims, failing = [], True
            running |= {asyncio.create_task(self._delivered(claim)) for claim in claims}
            running = await _room(running, stopping, RETRY_SECONDS if failing else pause)
        await asyncio.gather(*running)

    async def _delivered(self, claim: Claim) -> None:
        try:
            await self._deliver(claim)
        except Exception as error:
            # its lease lapses, and then it is delivered again
            log.warning("delivery %s waits: %s", claim.delivery.delivery_id, _name(error))

    async def _deliver(self, claim: Claim) -> None:
        tenant_id, delivery = claim.tenant_id, claim.delivery
        connector = self._connectors.get(delivery.connector)
        if connector is None:
            await self._close(
                tenant_id, delivery, DeliveryState.DEAD, f"no connector {delivery.connector!r}"
            )
        elif claim.died and (
            not connector.idempotent or delivery.attempts > connector.retry.attempts
        ):
            await self._close(
                tenant_id, delivery, DeliveryState.UNKNOWN, "the sender died during the call"
            )
        elif args_hash(delivery.args) != delivery.args_hash:
            await self._close(
                tenant_id, delivery, DeliveryState.DEAD, "arguments were changed after approval"
            )
        elif self._clock.now() + timedelta(seconds=CALL_SECONDS) <= delivery.due_at:
            await self._attempt(tenant_id, delivery, connector)

    async def _attempt(self, tenant_id: str, delivery: Delivery, connector: Connector) -> None:
        self._failpoints.reach("before_delivery")
        try:
            async with asyncio.timeout(CALL_SECONDS):
                if self._guard is not None:
                    await self._guard(tenant_id, delivery)
                reference = await connector.deliver(tenant_id, delivery)
        except Refused as refusal:
            await self._close(tenant_id, delivery, DeliveryState.DEAD, str(refusal))
        except Held as held:
            await self._outcomes.write(
                tenant_id,
                delivery,
                {
                    "state": DeliveryState.PENDING,
                    "due_at": held.until,
                    "attempts": delivery.attempts - 1,
                },
            )
        except Readdressed as readdressed:
            await self._readdress(tenant_id, delivery, readdressed.lanes)
        except (TooBusy, Unavailable) as error:
            wait = timedelta(seconds=error.retry_after or 0)
            await self._retry(tenant_id, delivery, connector, error.code, at_least=wait)
        except Exception as error:
            name = type(error).__name__
            if connector.idempotent:
                await self._retry(tenant_id, delivery, connector, name)
            else:
                await self._close(tenant_id, delivery, DeliveryState.UNKNOWN, name)
        else:
            self._failpoints.reach("after_delivery")
            await self._close(tenant_id, delivery, DeliveryState.DONE, None, reference)

    async def _readdress(self, tenant_id: str, delivery: Delivery, lanes: list[str]) -> None:
        """Queue it again at the end of its first lane, and a sibling in every other one."""
        base = delivery.key.partition("@")[0]
        others = await self._store.family(tenant_id, base, but=delivery.delivery_id)
        served = {lane for _, lane in others}
        taken = {key for key, _ in others} | {delivery.key}
        lanes = [lane for lane in lanes if lane not in served]
        if not lanes:
            await self._close(tenant_id, delivery, DeliveryState.DEAD, "nobody is left to tell")
            return
        now = self._clock.now()
        fresh = {"state": DeliveryState.PENDING, "attempts": 0, "due_at": now}
        siblings = [
            delivery.model_copy(
                update={
                    **fresh,
                    "delivery_id": new_id("dlv"),
                    "key": f"{base}@{lane}",
                    "lane": lane,
                    "fence": 0,
                    "created_at": now,
                }
            )
            for lane in lanes[1:]
            if f"{base}@{lane}" not in taken
        ]
        await self._outcomes.write(
            tenant_id, delivery, {**fresh, "lane": lanes[0]}, siblings=siblings
        )

    async def _retry(
        self,
        tenant_id: str,
        delivery: Delivery,
        connector: Connector,
        error: str,
        *,
        at_least: timedelta = timedelta(),
    ) -> None:
        retry = connector.retry
        if delivery.attempts >= retry.attempts:
            await self._close(tenant_id, delivery, DeliveryState.DEAD, error)
            return
        pause = max(min(retry.longest, at_least), retry.pause(delivery.attempts, self._rng))
        await self._outcomes.write(
            tenant_id,
            delivery,
            {"state": DeliveryState.FAILED, "error": error, "due_at": self._clock.now() + pause},
        )
        self._count(delivery, DeliveryState.FAILED)

    async def _close(
        self,
        tenant_id: str,
        delivery: Delivery,
        state: DeliveryState,
        error: str | None,
        reference: str | None = None,
    ) -> None:
        changes = {"state": state, "error": error, "done_at": self._clock.now()}
        if reference is not None:
            changes["reference"] = reference
        await self._outcomes.write(tenant_id, delivery, changes)
        self._count(delivery, state)

    def _count(self, delivery: Delivery, state: DeliveryState) -> None:
        if self._telemetry is not None:
            action = delivery.action if delivery.action_id else None
            self._telemetry.delivery(delivery.connector, state, action)


async def _room(
    running: set[asyncio.Task[None]], stopping: asyncio.Event, pause: float
) -> set[asyncio.Task[None]]:
    """Wait for `pause` seconds, less once something has ended; those that still run."""
    stop = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({*running, stop}, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        # those that end together make room together
        await asyncio.sleep(GATHER_SECONDS)
    finally:
        stop.cancel()
    return {task for task in running if not task.done()}


def _name(error: Exception) -> str:
    """Its code, or its type and place; never its text."""
    if isinstance(error, LatchkeyError):
        return error.code
    where = traceback.extract_tb(error.__traceback__)[-1:]
    return " at ".join([type(error).__name__, *(f"{at.name}:{at.lineno}" for at in where)])
