"""Writes down what came of attempts, many at once: rows and audit in one transaction a tenant."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from agent.audit.service import AuditService
from agent.mongo.repository import Repository
from agent.outbox.models import Delivery
from agent.outbox.store import OutboxStore

_AT_ONCE = 100
_GATHER_SECONDS = 0.002


@dataclass(slots=True)
class _Outcome:
    delivery: Delivery
    changes: dict[str, Any]
    siblings: list[Delivery]
    written: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Outcomes:
    """What is handed in while a write runs is written together by the next one."""

    def __init__(self, repository: Repository, store: OutboxStore, audit: AuditService) -> None:
        self._repository = repository
        self._store = store
        self._audit = audit
        self._waiting: dict[str, list[_Outcome]] = defaultdict(list)
        self._writing: asyncio.Task[None] | None = None

    async def write(
        self,
        tenant_id: str,
        delivery: Delivery,
        changes: dict[str, Any],
        *,
        siblings: list[Delivery] | None = None,
    ) -> None:
        """Return when it is durable; nothing is written where the lease is lost.

        `siblings` are queued beside it.
        """
        outcome = _Outcome(delivery, changes, siblings or [])
        self._waiting[tenant_id].append(outcome)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        await outcome.written

    async def _write_all(self) -> None:
        # those that end together are written together
        await asyncio.sleep(_GATHER_SECONDS)
        while self._waiting:
            tenant_id, waiting = next(iter(self._waiting.items()))
            batch, rest = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
            if rest:
                self._waiting[tenant_id] = rest
            else:
                del self._waiting[tenant_id]
            await self._settle(tenant_id, batch)

    async def _settle(self, tenant_id: str, batch: list[_Outcome]) -> None:
        events = [outcome for outcome in batch if outcome.delivery.action_id is None]
        actions = [outcome for outcome in batch if outcome.delivery.action_id is not None]
        try:
            # of an event there is no audit: one write, which the fence alone guards
            await self._store.mark(tenant_id, [(each.delivery, each.changes) for each in events])
            if actions:
                await self._repository.transact(lambda: self._write(tenant_id, actions))
        except BaseException as error:
            for outcome in batch:
                if not outcome.written.done():
                    outcome.written.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            for outcome in batch:
                if not outcome.written.done():
                    outcome.written.set_result(None)

    async def _write(self, tenant_id: str, batch: list[_Outcome]) -> None:
        held = await self._store.held(tenant_id, [outcome.delivery for outcome in batch])
        ours = [
            outcome
            for outcome in batch
            if (outcome.delivery.delivery_id, outcome.delivery.fence) in held
        ]
        if not ours:
            return
        siblings = [sibling for outcome in ours for sibling in outcome.siblings]
        changed = [(outcome.delivery, outcome.changes) for outcome in ours]
        if any("lane" in outcome.changes for outcome in ours):
            # a lane is entered at its end
            first = await self._store.positions(tenant_id, len(ours) + len(siblings))
            changed = [
                (delivery, changes | ({"position": place} if "lane" in changes else {}))
                for place, (delivery, changes) in enumerate(changed, first)
            ]
            siblings = [
                sibling.model_copy(update={"position": place})
                for place, sibling in enumerate(siblings, first + len(ours))
            ]
        await self._store.mark(tenant_id, changed)
        await self._store.insert_many(tenant_id, siblings)
        await self._audit.record_many(
            tenant_id,
            [
                (
                    f"delivery.{outcome.changes['state']}",
                    outcome.delivery.action_id,
                    {
                        "delivery_id": outcome.delivery.delivery_id,
                        "attempts": outcome.delivery.attempts,
                        "connector": outcome.delivery.connector,
                    },
                    outcome.delivery.thread_id,
                )
                for outcome in ours
                if outcome.delivery.action_id is not None and "error" in outcome.changes
            ],
        )
