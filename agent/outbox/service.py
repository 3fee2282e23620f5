from datetime import datetime
from typing import Any

from agent.kit.clock import Clock
from agent.outbox.models import Delivery
from agent.outbox.store import OutboxStore


class OutboxService:
    """Queues approved actions; the dispatcher delivers them."""

    def __init__(self, store: OutboxStore, clock: Clock) -> None:
        self.store = store
        self._clock = clock

    async def enqueue(
        self,
        tenant_id: str,
        *,
        delivery_id: str,
        action_id: str,
        action: str,
        args: dict[str, Any],
        args_hash: str,
        thread_id: str,
        due_at: datetime | None = None,
        part: str = "",
    ) -> None:
        """Insert the one row of an approved action; joins the decision's transaction.

        It is not sent before `due_at`. `part` names one of several deliveries that the same
        approval covers; raises Duplicate when that one stands already.
        """
        now = self._clock.now()
        await self.store.insert(
            tenant_id,
            Delivery(
                delivery_id=delivery_id,
                key=":".join((tenant_id, action_id, *filter(None, [part]))),
                action_id=action_id,
                action=action,
                args=args,
                args_hash=args_hash,
                thread_id=thread_id,
                due_at=due_at or now,
                created_at=now,
            ),
        )

    async def cancel(self, tenant_id: str, delivery_id: str) -> bool:
        """Take back a row nobody has tried to send yet; whether it could be. Joins a transaction.

        Once canceled it stays so.
        """
        return await self.store.cancel(tenant_id, delivery_id, self._clock.now())
