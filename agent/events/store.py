from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agent.events.models import OUTBOUND, Event, StoredEvent
from agent.kit.ids import new_id
from agent.mongo.repository import Repository

APART = "evt_"
"""How the thread_id of what belongs to no thread begins."""
Place = tuple[datetime, str, int]
"""(at, thread_id, seq)"""


class EventStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def append(
        self, tenant_id: str, thread_id: str, first_seq: int, events: Sequence[Event], at: datetime
    ) -> None:
        """Write `events` under the sequence numbers the caller reserved on the thread."""
        rows = rows_of(thread_id, first_seq, events, at)
        await self._repository.scoped("events", tenant_id).insert_many(rows)

    async def tell(self, tenant_id: str, event: Event, at: datetime) -> None:
        """Write what belongs to no thread, such as a new lead; joins the caller's transaction."""
        await self.tell_all(tenant_id, [event], at)

    async def tell_all(self, tenant_id: str, events: Sequence[Event], at: datetime) -> None:
        """The same for several at once, under one id."""
        await self.append(tenant_id, new_id(APART[:-1]), 0, events, at)

    async def after(
        self, tenant_id: str, thread_id: str, seq: int, *, limit: int = 100
    ) -> list[StoredEvent]:
        rows = await self._repository.scoped("events", tenant_id).find(
            {"thread_id": thread_id, "seq": {"$gt": seq}}, sort=[("seq", 1)], limit=limit
        )
        return [StoredEvent.model_validate(row) for row in rows]

    async def since(self, tenant_id: str, at: datetime) -> Sequence[Mapping[str, Any]]:
        """The fields of all of the tenant's events from `at` on, by time; read over and over.

        What is not filed yet is found by a later look.
        """
        return await self._repository.scoped("events", tenant_id, settled=False).find(
            {"at": {"$gte": at}},
            sort=[("at", 1), ("thread_id", 1), ("seq", 1)],
            projection=["type", "data", "thread_id", "seq", "at"],
        )

    async def places(self, tenant_id: str, after: Place, *, limit: int) -> list[Place]:
        """Where events stand behind `after`, by time; read from an index alone."""
        at, thread_id, seq = after
        rows = await self._repository.scoped("events", tenant_id).find(
            {
                "at": {"$gte": at},
                "$or": [
                    {"at": {"$gt": at}},
                    {"at": at, "thread_id": {"$gt": thread_id}},
                    {"at": at, "thread_id": thread_id, "seq": {"$gt": seq}},
                ],
            },
            sort=[("at", 1), ("thread_id", 1), ("seq", 1)],
            limit=limit,
            projection=["at", "thread_id", "seq"],
        )
        return [(row["at"], row["thread_id"], row["seq"]) for row in rows]

    async def at(self, tenant_id: str, places: Sequence[Place]) -> list[StoredEvent]:
        """The events at `places`, in no order."""
        if not places:
            return []
        wanted = [{"thread_id": thread_id, "seq": seq} for _, thread_id, seq in places]
        rows = await self._repository.scoped("events", tenant_id).find({"$or": wanted})
        return [StoredEvent.model_validate(row) for row in rows]

    async def tenants_due(self, *, limit: int) -> list[str]:
        """Tenants with events that wait to be told to subscribers, the longest waiting first."""
        rows = await self._repository.across_tenants("events").aggregate(
            [
                {"$match": {"due": True}},
                {"$group": {"_id": "$tenant_id", "at": {"$min": "$at"}}},
                {"$sort": {"at": 1}},
                {"$limit": limit},
            ]
        )
        return [row["_id"] for row in rows]

    async def take_due(self, tenant_id: str, *, limit: int) -> list[StoredEvent]:
        """The events that wait longest, which wait no more; joins the caller's transaction.

        By time; those of a thread in their own order.
        """
        events = self._repository.scoped("events", tenant_id, settled=False)
        rows = await events.find(
            {"due": True}, sort=[("at", 1), ("thread_id", 1), ("seq", 1)], limit=limit
        )
        if rows:
            taken = [{"thread_id": row["thread_id"], "seq": row["seq"]} for row in rows]
            await events.update_many({"$or": taken}, {"$unset": {"due": 1}})
        events_taken = [StoredEvent.model_validate(row) for row in rows]
        return in_order([each.thread_id for each in events_taken], events_taken)


def rows_of(
    thread_id: str, first_seq: int, events: Sequence[Event], at: datetime
) -> list[dict[str, Any]]:
    """The rows of events of one thread, which count on from `first_seq`."""
    return [
        {
            **event.model_dump(),
            "thread_id": thread_id,
            "seq": seq,
            "at": at,
            **({"due": True} if event.type in OUTBOUND else {}),
        }
        for seq, event in enumerate(events, first_seq)
    ]


def in_order(thread_ids: Sequence[str], events: Sequence[StoredEvent]) -> list[StoredEvent]:
    """The events, at each place one of the thread named there, each thread's by its own count."""
    of: dict[str, list[StoredEvent]] = defaultdict(list)
    for event in sorted(events, key=lambda each: each.seq, reverse=True):
        of[event.thread_id].append(event)
    return [of[thread_id].pop() for thread_id in thread_ids if of[thread_id]]
