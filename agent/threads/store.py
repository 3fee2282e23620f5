"""Transcripts and the turn lease: every query of threads and messages."""

from collections.abc import Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta
from typing import Any

from agent.mongo.paging import Order, Page, page
from agent.mongo.repository import Repository
from agent.threads.models import Lease, Message, Role, Stage, Thread, ThreadStatus, TurnResult

FREE = {"owner": None, "until": datetime(1970, 1, 1, tzinfo=UTC), "fence": 0}

_ORDER = Order(at="updated_at", key="thread_id")


class ThreadStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def create(self, tenant_id: str, thread: Thread) -> None:
        await self._threads(tenant_id).insert(
            {**thread.model_dump(mode="python"), "lease": FREE, "event_seq": 0}
        )

    async def get(self, tenant_id: str, thread_id: str) -> Thread | None:
        row = await self._threads(tenant_id).find_one({"thread_id": thread_id})
        return Thread.model_validate(row) if row else None

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
            self._threads(tenant_id), Thread, query, _ORDER, limit=limit, cursor=cursor
        )

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
            query, sort=[sort, ("thread_id", 1)], skip=offset, limit=limit
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
        self, tenant_id: str, thread_id: str, *, now: datetime, events: int
    ) -> tuple[Thread, int] | None:
        """Reserve a turn index for a message that waits for an answer, and `events` event seqs.

        Returns the thread as it was before, and its first reserved event seq.
        """
        row = await self._threads(tenant_id).find_and_update(
            {"thread_id": thread_id},
            {
                "$inc": {"next_turn": 1, "unanswered": 1, "event_seq": events},
                "$set": {"updated_at": now},
            },
            before=True,
        )
        return (Thread.model_validate(row), row["event_seq"]) if row else None

    async def append(self, tenant_id: str, thread_id: str, messages: Sequence[Message]) -> None:
        collection = self._repository.scoped("messages", tenant_id)
        for message in messages:
            row = message.model_dump(mode="python", exclude_none=True, exclude_defaults=True)
            await collection.insert({**row, "thread_id": thread_id})

    async def message(self, tenant_id: str, thread_id: str, message_id: str) -> Message | None:
        row = await self._repository.scoped("messages", tenant_id).find_one(
            {"thread_id": thread_id, "message_id": message_id}
        )
        return Message.model_validate(row) if row else None

    async def messages(
        self, tenant_id: str, thread_id: str, *, after: int = -1, limit: int = 200
    ) -> list[Message]:
        rows = await self._repository.scoped("messages", tenant_id).find(
            {"thread_id": thread_id, "turn_index": {"$gt": after}},
            sort=[("turn_index", 1)],
            limit=limit,
        )
        return [Message.model_validate(row) for row in rows]

    async def transcripts(
        self, tenant_id: str, threads: Sequence[Thread], *, newest: int
    ) -> dict[str, list[Message]]:
        """thread_id -> its `newest` messages at most, in order."""
        if not threads:
            return {}
        places = [
            {"thread_id": thread.thread_id, "turn_index": {"$gte": thread.next_turn - newest}}
            for thread in threads
        ]
        rows = await self._repository.scoped("messages", tenant_id).find(
            {"$or": places}, sort=[("turn_index", 1)]
        )
        found: dict[str, list[Message]] = {thread.thread_id: [] for thread in threads}
        for row in rows:
            found[row["thread_id"]].append(Message.model_validate(row))
        return found

    async def lines(
        self, tenant_id: str, places: Sequence[tuple[str, int]]
    ) -> dict[tuple[str, int], Message]:
        """The messages at these (thread_id, turn_index), where there are any."""
        if not places:
            return {}
        rows = await self._repository.scoped("messages", tenant_id).find(
            {"$or": [{"thread_id": thread_id, "turn_index": at} for thread_id, at in places]}
        )
        return {(row["thread_id"], row["turn_index"]): Message.model_validate(row) for row in rows}

    async def counts(self, tenant_id: str, thread_ids: Sequence[str]) -> dict[str, int]:
        """Of the transcripts that stand among these: how many messages each row tells of."""
        rows = await self._threads(tenant_id).find(
            {"thread_id": {"$in": list(thread_ids)}}, projection=("thread_id", "message_count")
        )
        return {row["thread_id"]: row.get("message_count") or 0 for row in rows}

    async def imported(
        self, tenant_id: str, import_id: str, messages: Mapping[str, Set[str]]
    ) -> int:
        """How many of these messages (thread_id -> message_ids) one import has written."""
        rows = await self._repository.scoped("messages", tenant_id).find(
            {
                "thread_id": {"$in": list(messages)},
                "message_id": {"$in": list({each for ids in messages.values() for each in ids})},
                "import_id": import_id,
            },
            projection=("thread_id", "message_id"),
        )
        return sum(row["message_id"] in messages[row["thread_id"]] for row in rows)

    async def message_ids(
        self, tenant_id: str, thread_ids: Sequence[str], *, start: int, end: int
    ) -> dict[str, dict[int, str]]:
        """thread_id -> turn_index -> message_id, of the turns from `start` until `end`."""
        rows = await self._repository.scoped("messages", tenant_id).find(
            {"thread_id": {"$in": list(thread_ids)}, "turn_index": {"$gte": start, "$lt": end}},
            projection=("thread_id", "turn_index", "message_id"),
        )
        found: dict[str, dict[int, str]] = {}
        for row in rows:
            found.setdefault(row["thread_id"], {})[row["turn_index"]] = row["message_id"]
        return found

    async def add_messages(self, tenant_id: str, rows: Sequence[Mapping[str, Any]]) -> int:
        """Write messages of transcripts; how many are new."""
        return await self._repository.scoped("messages", tenant_id).insert_many(rows)

    async def put_transcripts(self, tenant_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows of transcripts; one that tells of fewer messages than the standing is late."""
        threads = self._threads(tenant_id)
        closed = {"lease": FREE, "event_seq": 0}
        if await threads.insert_many([{**closed, **row} for row in rows]) == len(rows):
            return
        for row in rows:
            fewer = {"thread_id": row["thread_id"], "message_count": {"$lt": row["message_count"]}}
            await threads.update(fewer, {"$set": dict(row)})

    async def waiting(self, tenant_id: str, thread: Thread) -> list[Message]:
        """What has not been answered yet: lead messages and outcomes of decisions, in order."""
        rows = await self._repository.scoped("messages", tenant_id).find(
            {
                "thread_id": thread.thread_id,
                "turn_index": {"$gt": thread.answered_through},
                "role": {"$in": [Role.LEAD, Role.SYSTEM]},
            },
            sort=[("turn_index", 1)],
            limit=thread.unanswered,
        )
        return [Message.model_validate(row) for row in rows]

    async def latest(self, tenant_id: str, thread_id: str, role: Role) -> Message | None:
        row = await self._repository.scoped("messages", tenant_id).find_one(
            {"thread_id": thread_id, "role": role}, sort=[("turn_index", -1)]
        )
        return Message.model_validate(row) if row else None

    async def answer_to(self, tenant_id: str, thread_id: str, message: Message) -> Message | None:
        row = await self._repository.scoped("messages", tenant_id).find_one(
            {
                "thread_id": thread_id,
                "turn_index": {"$gt": message.turn_index},
                "answers": message.message_id,
            }
        )
        return Message.model_validate(row) if row else None

    async def take_lease(
        self, tenant_id: str, thread_id: str, *, owner: str, now: datetime, seconds: float
    ) -> Lease | None:
        row = await self._threads(tenant_id).find_and_update(
            {"thread_id": thread_id, "lease.until": {"$lt": now}, "unanswered": {"$gt": 0}},
            {
                "$set": {"lease.owner": owner, "lease.until": now + timedelta(seconds=seconds)},
                "$inc": {"lease.fence": 1},
            },
            before=True,
        )
        if row is None:
            return None
        held = row["lease"]
        return Lease(owner=owner, fence=held["fence"] + 1, recovered=held["owner"] is not None)

    async def renew_lease(
        self, tenant_id: str, thread_id: str, lease: Lease, *, now: datetime, seconds: float
    ) -> bool:
        until = now + timedelta(seconds=seconds)
        matched = await self._threads(tenant_id).update(
            _held(thread_id, lease), {"$set": {"lease.until": until}}
        )
        return bool(matched)

    async def abandon_lease(self, tenant_id: str, thread_id: str, lease: Lease) -> None:
        """Let anyone take over at once; they see that the turn was not finished."""
        await self._threads(tenant_id).update(
            _held(thread_id, lease), {"$set": {"lease.until": FREE["until"]}}
        )

    async def finish_turn(
        self, tenant_id: str, thread_id: str, lease: Lease, result: TurnResult, *, now: datetime
    ) -> tuple[Thread, int] | None:
        """Mark the turn's messages answered, if `lease` is still ours.

        When nothing else waits the lease is released in the same write. Returns the thread as it
        is now and the first reserved event seq.
        """
        changes: dict[str, Any] = {
            "next_turn": {"$add": ["$next_turn", 1]},
            "unanswered": {"$subtract": ["$unanswered", len(result.answers)]},
            "answered_through": result.through,
            "event_seq": {"$add": ["$event_seq", len(result.events)]},
            "stage": {"$literal": result.stage},
            "favorites": {"$setUnion": ["$favorites", {"$literal": result.favorites}]},
            "updated_at": now,
        }
        if result.listings:
            changes["shortlist"] = {"$literal": result.listings}
        if result.handoff_reason:
            changes["status"] = ThreadStatus.HANDED_OFF
            changes["handoff_reason"] = {"$literal": result.handoff_reason}
        idle = {"$eq": ["$unanswered", 0]}
        row = await self._threads(tenant_id).find_and_update(
            _held(thread_id, lease),
            [
                {"$set": changes},
                {
                    "$set": {
                        "lease.owner": {"$cond": [idle, None, "$lease.owner"]},
                        "lease.until": {"$cond": [idle, FREE["until"], "$lease.until"]},
                    }
                },
            ],
        )
        return (Thread.model_validate(row), row["event_seq"] - len(result.events)) if row else None

    async def note(
        self, tenant_id: str, thread_id: str, *, now: datetime, messages: int, events: int
    ) -> tuple[Thread, int] | None:
        """Reserve turn indexes and event seqs for what needs no answer (staff, disclosure)."""
        row = await self._threads(tenant_id).find_and_update(
            {"thread_id": thread_id},
            {"$inc": {"next_turn": messages, "event_seq": events}, "$set": {"updated_at": now}},
            before=True,
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
        changes: dict[str, Any] = {"$addToSet": {"favorites": {"$each": list(favorites)}}}
        if handoff:
            changes["$set"] = {"status": ThreadStatus.HANDED_OFF, "handoff_reason": handoff}
        await self._threads(tenant_id).update({"thread_id": thread_id}, changes)

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

    def _threads(self, tenant_id: str) -> Any:
        return self._repository.scoped("threads", tenant_id)


def _held(thread_id: str, lease: Lease) -> dict[str, Any]:
    return {"thread_id": thread_id, "lease.owner": lease.owner, "lease.fence": lease.fence}
