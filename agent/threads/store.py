"""Every query of threads, and the right to run their turns; their messages come with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agent.mongo.paging import Order, Page, cursor_at, page
from agent.threads.filing import Unfiled
from agent.threads.finishing import finished, finishing, held_at, waiting
from agent.threads.models import Lease, Message, Stage, Thread, ThreadStatus, TurnResult
from agent.threads.queue import FREE, Claim, held, queued
from agent.threads.transcripts import Transcripts

_ORDER = Order(at="updated_at", key="thread_id")
_SHOWN = dict.fromkeys(("graph", "unfiled.messages", "unfiled.events"), 0)
"""Left out of a thread: what its graph remembers, and what turns have for other collections."""
_AT_WORK = {**_SHOWN, "recent": 0}


class ThreadStore(Transcripts):
    async def create(self, tenant_id: str, thread: Thread) -> None:
        await self._threads(tenant_id).insert(
            {**thread.model_dump(mode="python"), "lease": FREE, "event_seq": 0}
        )

    async def get(self, tenant_id: str, thread_id: str) -> Thread | None:
        row = await self._threads(tenant_id).find_one({"thread_id": thread_id}, projection=_SHOWN)
        return Thread.model_validate(row) if row else None

    async def graph(self, tenant_id: str, thread_id: str) -> dict[str, Any] | None:
        """What the thread's graph remembers, as a turn has written it; None where none has."""
        row = await self._threads(tenant_id).find_one(
            {"thread_id": thread_id}, projection=("graph", "checkpoint_id")
        )
        graph: dict[str, Any] | None = (row or {}).get("graph")
        # another program may have written a newer one where LangGraph keeps them
        return graph if row and graph and graph["checkpoint_id"] == row["checkpoint_id"] else None

    async def page(
        self,
        tenant_id: str,
        *,
        stage: Stage | None = None,
        status: ThreadStatus | None = None,
        lead_id: str | None = None,
        updated_after: datetime | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Thread]:
        query: dict[str, Any] = {}
        if stage is not None:
            query["stage"] = stage
        if status is not None:
            query["status"] = status
        if lead_id is not None:
            query["lead_id"] = lead_id
        if updated_after is not None:
            query["updated_at"] = {"$gt": updated_after}
        return await page(
            self._threads(tenant_id),
            Thread,
            query,
            _ORDER,
            limit=limit,
            cursor=cursor,
            projection=_SHOWN,
        )

    def cursor_at(self, thread: Thread) -> str:
        """Where the page after `thread` starts."""
        return cursor_at(thread, _ORDER)

    async def search(
        self,
        tenant_id: str,
        *,
        ids: Sequence[str] | None = None,
        but_not: Sequence[str] = (),
        unanswered: bool | None = None,
        metadata: Mapping[str, str | int | float | bool | None] = {},
        sort: tuple[str, int] = ("updated_at", -1),
        offset: int = 0,
        limit: int = 10,
    ) -> list[Thread]:
        """Threads by place in a list; `unanswered` asks whether anything waits for the agent."""
        query: dict[str, Any] = {f"metadata.{name}": value for name, value in metadata.items()}
        if ids is not None or but_not:
            query["thread_id"] = {"$nin": list(but_not)} if ids is None else {"$in": list(ids)}
        if unanswered is not None:
            query["unanswered"] = {"$gt": 0} if unanswered else {"$lte": 0}
        rows = await self._threads(tenant_id).find(
            query, sort=[sort, ("thread_id", 1)], skip=offset, limit=limit, projection=_SHOWN
        )
        return [Thread.model_validate(row) for row in rows]

    async def set_metadata(
        self, tenant_id: str, thread_id: str, metadata: Mapping[str, Any], now: datetime
    ) -> None:
        """Write these names; the others stay."""
        changes = {f"metadata.{name}": value for name, value in metadata.items()}
        await self._threads(tenant_id).update(
            {"thread_id": thread_id}, {"$set": {**changes, "updated_at": now}}
        )

    async def enqueue(
        self,
        tenant_id: str,
        thread_id: str,
        message: Message,
        *,
        events: int = 0,
        lease: Claim | None = None,
        where: Mapping[str, Any] = {},
        instead: bool = False,
    ) -> tuple[Thread, int, Lease | None] | None:
        """Put a message that waits for an answer into the queue, in one write.

        Its turn_index and stage come from the thread; `events` event seqs are reserved; `lease` is
        taken where it asks for it. `instead`: the queue's lead messages make room. None where no
        thread is as `where` says or it has this message_id already. Returns the thread as it is
        now, its first reserved event seq and the lease.
        """
        row = await self._threads(tenant_id).find_and_update(
            {
                "thread_id": thread_id,
                "queue.message_id": {"$ne": message.message_id},
                "recent": {"$ne": message.message_id},
                **where,
            },
            [{"$set": queued(message, events, instead)}, *([lease.taken()] if lease else [])],
            projection=_AT_WORK,
        )
        if row is None:
            return None
        leased = row["lease"]
        taken = lease is not None and leased["owner"] == lease.owner
        return (
            Thread.model_validate(row),
            row["event_seq"] - events,
            Lease(owner=leased["owner"], fence=leased["fence"]) if taken else None,
        )

    async def take_lease(
        self, tenant_id: str, thread_id: str, claim: Claim
    ) -> tuple[Lease, Thread] | None:
        """The lease and the thread, where something waits and nobody holds it."""
        row = await self._threads(tenant_id).find_and_update(
            {"thread_id": thread_id, "lease.until": {"$lt": claim.now}, "unanswered": {"$gt": 0}},
            {
                "$set": {"lease.owner": claim.owner, "lease.until": claim.until},
                "$inc": {"lease.fence": 1},
            },
            projection=_AT_WORK,
        )
        if row is None:
            return None
        return Lease(owner=claim.owner, fence=row["lease"]["fence"]), Thread.model_validate(row)

    async def renew_lease(
        self, tenant_id: str, thread_id: str, lease: Lease, until: datetime
    ) -> bool:
        """Whether it is still ours."""
        matched = await self._threads(tenant_id).update(
            held(thread_id, lease), {"$set": {"lease.until": until}}
        )
        return bool(matched)

    async def abandon_lease(self, tenant_id: str, thread_id: str, lease: Lease) -> None:
        """Let anyone take over at once."""
        await self._threads(tenant_id).update(
            held(thread_id, lease), {"$set": {"lease.until": FREE["until"]}}
        )

    async def take_over(self, tenant_id: str, thread_id: str, now: datetime) -> Thread | None:
        """Empty the queue and void the lease; the thread as it was before."""
        row = await self._threads(tenant_id).find_and_update(
            {"thread_id": thread_id},
            {
                "$set": {
                    "status": ThreadStatus.STAFF,
                    "queue": [],
                    "unanswered": 0,
                    "lease.owner": None,
                    "lease.until": FREE["until"],
                    "updated_at": now,
                },
                "$inc": {"lease.fence": 1, "version": 1},
            },
            before=True,
            projection=_SHOWN,
        )
        return Thread.model_validate(row) if row else None

    async def finish_turn(
        self,
        tenant_id: str,
        thread_id: str,
        lease: Lease,
        result: TurnResult,
        reply: Message,
        *,
        now: datetime,
    ) -> tuple[Thread, Unfiled] | None:
        """Mark the turn's messages answered, if `lease` is still ours and `was` still the stage.

        All that the turn has made is in this write. When nothing else waits the lease is released
        too. Returns the thread as it is now, and what is to be filed of it: the reply with its
        turn_index and stage.
        """
        told = waiting(result, reply)
        row = await self._threads(tenant_id).find_and_update(
            held_at(thread_id, lease, result), finishing(result, told, now), projection=_AT_WORK
        )
        return finished(row, result, told) if row else None

    async def note(
        self,
        tenant_id: str,
        thread_id: str,
        *,
        now: datetime,
        messages: int,
        events: int,
        lease: Lease | None = None,
    ) -> tuple[Thread, int] | None:
        """Reserve turn indexes and event seqs for what needs no answer (staff, disclosure).

        None where there is no such thread, or `lease` is not its own.
        """
        row = await self._threads(tenant_id).find_and_update(
            held(thread_id, lease) if lease else {"thread_id": thread_id},
            {"$inc": {"next_turn": messages, "event_seq": events}, "$set": {"updated_at": now}},
            before=True,
            projection=_AT_WORK,
        )
        return (Thread.model_validate(row), row["event_seq"]) if row else None

    async def note_action(
        self,
        tenant_id: str,
        thread_id: str,
        *,
        favorites: Sequence[str],
        handoff: str | None,
    ) -> None:
        threads = self._threads(tenant_id)
        await threads.update(
            {"thread_id": thread_id}, {"$addToSet": {"favorites": {"$each": list(favorites)}}}
        )
        if handoff:
            # where a person answers already there is nothing to hand off
            await threads.update(
                {"thread_id": thread_id, "status": {"$ne": ThreadStatus.STAFF}},
                {"$set": {"status": ThreadStatus.HANDED_OFF, "handoff_reason": handoff}},
            )

    async def set_proposed(self, tenant_id: str, thread_id: str) -> None:
        await self._threads(tenant_id).update(
            {"thread_id": thread_id, "proposed": False}, {"$set": {"proposed": True}}
        )

    async def set_stage(self, tenant_id: str, thread_id: str, stage: Stage) -> None:
        await self._threads(tenant_id).update(
            {"thread_id": thread_id}, {"$set": {"stage": stage}, "$inc": {"version": 1}}
        )

    async def abandoned(self, now: datetime, *, limit: int = 100) -> list[tuple[str, str]]:
        """(tenant_id, thread_id) of threads where something waits and nobody holds the lease."""
        rows = await self._repository.across_tenants("threads").find(
            {"unanswered": {"$gt": 0}, "lease.until": {"$lt": now}},
            projection={"tenant_id": 1, "thread_id": 1},
            limit=limit,
        )
        return [(row["tenant_id"], row["thread_id"]) for row in rows]

    async def unsent(self, *, limit: int = 100) -> list[tuple[str, str, Message]]:
        """(tenant_id, thread_id, reply) of replies whose way out is yet to be proposed."""
        rows = await self._repository.across_tenants("messages").find(
            {"unsent": True}, sort=[("timestamp", 1)], limit=limit
        )
        return [(row["tenant_id"], row["thread_id"], Message.model_validate(row)) for row in rows]
