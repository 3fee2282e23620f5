"""Turns what happened into deliveries: one for every subscription that wants to hear of it."""

from collections.abc import Sequence

from agent.events.models import StoredEvent
from agent.events.store import EventStore
from agent.mongo.repository import Repository
from agent.outbox.models import Told
from agent.outbox.service import OutboxService
from agent.webhooks.payloads import payload
from agent.webhooks.service import WebhookService

_AT_ONCE = 100


class FanOut:
    def __init__(
        self,
        repository: Repository,
        events: EventStore,
        webhooks: WebhookService,
        outbox: OutboxService,
        *,
        done_events: frozenset[str],
    ) -> None:
        """`done_events`: types that say that an action was carried out."""
        self._repository = repository
        self._events = events
        self._webhooks = webhooks
        self._outbox = outbox
        self._done_events = done_events

    async def run_once(self) -> bool:
        """Queue the events that wait, of every tenant; whether there were any."""
        tenants = await self._events.tenants_due(limit=_AT_ONCE)
        for tenant_id in tenants:
            await self._repository.transact(lambda t=tenant_id: self._tell(t))  # type: ignore[misc]
        return bool(tenants)

    async def _tell(self, tenant_id: str) -> None:
        listening = await self._webhooks.all_listening(tenant_id)
        events = await self._events.take_due(tenant_id, limit=_AT_ONCE)
        if not listening:
            return
        carried = await self._carried(tenant_id, events)
        told = [
            Told(
                lane=subscription.subscription_id,
                key=f"{tenant_id}:{event.thread_id}:{event.seq}@{subscription.subscription_id}",
                type=event.type,
                thread_id=event.thread_id,
                payload=payload(event).model_dump(mode="json"),
            )
            for event in events
            if event.data.get("action_id") not in carried or event.type not in self._done_events
            for subscription in listening
            if event.type in subscription.events
        ]
        await self._outbox.tell(tenant_id, told)

    async def _carried(self, tenant_id: str, events: Sequence[StoredEvent]) -> set[str]:
        """Actions that reach their subscribers as deliveries of their own, with the contact."""
        action_ids = {
            event.data["action_id"]
            for event in events
            if event.type in self._done_events and "action_id" in event.data
        }
        return await self._outbox.carried(tenant_id, action_ids) if action_ids else set()
