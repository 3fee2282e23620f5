from collections.abc import Sequence
from datetime import datetime

from agent.events.models import Event, StoredEvent
from agent.mongo.repository import Repository


class EventStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def append(
        self, tenant_id: str, thread_id: str, first_seq: int, events: Sequence[Event], at: datetime
    ) -> None:
        """Write `events` under the sequence numbers the caller reserved on the thread."""
        if not events:
            return
        rows = [
            StoredEvent(thread_id=thread_id, seq=seq, at=at, **event.model_dump()).model_dump()
            for seq, event in enumerate(events, first_seq)
        ]
        await self._repository.scoped("events", tenant_id).insert_many(rows)

    async def after(
        self, tenant_id: str, thread_id: str, seq: int, *, limit: int = 100
    ) -> list[StoredEvent]:
        rows = await self._repository.scoped("events", tenant_id).find(
            {"thread_id": thread_id, "seq": {"$gt": seq}}, sort=[("seq", 1)], limit=limit
        )
        return [StoredEvent.model_validate(row) for row in rows]
