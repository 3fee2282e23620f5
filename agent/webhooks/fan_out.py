"""Turns what happened into deliveries: one for every subscription that wants to hear of it."""

import logging
import time
from collections.abc import Sequence
from functools import partial

from agent.errors import LatchkeyError
from agent.events.models import StoredEvent
from agent.events.store import EventStore
from agent.mongo.repository import Repository
from agent.outbox.models import Told
from agent.outbox.service import OutboxService
from agent.webhooks.payloads import payload
from agent.webhooks.service import WebhookService

log = logging.getLogger(__name__)

_AT_ONCE = 100
_AGAIN_SECONDS = 2.0


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
        self._failing: dict[str, float] = {}

    async def run_once(self) -> bool:
        """Queue the events that wait, of every tenant; whether there were any.

        A tenant whose events cannot be queued is left alone for a while.
        """
        now = time.monotonic()
        self._failing = {tenant: until for tenant, until in self._failing.items() if until > now}
        due = await self._events.tenants_due(limit=_AT_ONCE)
        tenants = [tenant_id for tenant_id in due if tenant_id not in self._failing]
        for tenant_id in tenants:
            try:
                await self._repository.transact(partial(self._tell, tenant_id))
            except Exception as error:
                self._failing[tenant_id] = now + _AGAIN_SECONDS
                name = error.code if isinstance(error, LatchkeyError) else type(error).__name__
                log.warning("events of %s wait: %s", tenant_id, name)
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
