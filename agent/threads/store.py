"""Transcripts and the turn lease: every query of threads and messages."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agent.mongo.paging import Order, Page, cursor_at, page
from agent.mongo.repository import Repository
from agent.threads.filing import Unfiled
from agent.threads.models import Lease, Message, Role, Stage, Thread, ThreadStatus, TurnResult

RECENT = 60
"""message_ids a thread remembers of what has left its queue; more than can be in it."""
_QUEUE = {"$ifNull": ["$queue", []]}
FREE = {"owner": None, "until": datetime(1970, 1, 1, tzinfo=UTC), "fence": 0}

_ORDER = Order(at="updated_at", key="thread_id")
_SHOWN = dict.fromkeys(("graph", "unfiled.messages", "unfiled.events"), 0)
"""Left out of a thread: what its graph remembers, and what turns have for other collections."""
_AT_WORK = {**_SHOWN, "recent": 0}


@dataclass(frozen=True, slots=True)
class Claim:
    """Who wants the right to run a thread's turns, from now until a time."""

    owner: str
    """Another one for every claim."""
    now: datetime
    until: datetime
    always: bool = False
    """Whoever holds it loses it."""

    def taken(self) -> dict[str, Any]:
        """The stage of an update that takes the lease where it is free."""
        mine = {
            "owner": {"$literal": self.owner},
            "until": self.until,
            "fence": {"$add": ["$lease.fence", 1]},
        }
        if self.always:
            return {"$set": {"lease": mine}}
        free = {"$lt": ["$lease.until", self.now]}
        return {"$set": {"lease": {"$cond": [free, mine, "$lease"]}}}


class ThreadStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

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

    async def saying(
        self, tenant_id: str, thread_ids: Sequence[str], words: Sequence[str]
    ) -> set[str]:
        """Those of the threads in which each of `words` begins a word of some line."""
        messages = self._repository.scoped("messages", tenant_id)
        left = set(thread_ids)
        for word in words:
            if not left:
                break
            among = {"thread_id": {"$in": [*left]}}
            begins = {"$regex": rf"(?<!\w){re.escape(word)}", "$options": "i"}
            waiting = await self._threads(tenant_id).distinct(
                "thread_id", {**among, "queue.text": begins}
            )
            left = {*waiting, *await messages.distinct("thread_id", {**among, "text": begins})}
        return left

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
            [{"$set": _queued(message, events, instead)}, *([lease.taken()] if lease else [])],
            projection=_AT_WORK,
        )
        if row is None:
            return None
        held = row["lease"]
        taken = lease is not None and held["owner"] == lease.owner
        return (
            Thread.model_validate(row),
            row["event_seq"] - events,
            Lease(owner=held["owner"], fence=held["fence"]) if taken else None,
        )

    async def append(self, tenant_id: str, thread_id: str, messages: Sequence[Message]) -> None:
        rows = [{**_row(message), "thread_id": thread_id} for message in messages]
        await self._repository.scoped("messages", tenant_id).insert_many(rows)

    async def message(self, tenant_id: str, thread_id: str, message_id: str) -> Message | None:
        # the queue first: what leaves it meanwhile is found among the filed ones
        waiting = await self._queue(tenant_id, thread_id)
        row = await self._repository.scoped("messages", tenant_id).find_one(
            {"thread_id": thread_id, "message_id": message_id}
        )
        if row is not None:
            return Message.model_validate(row)
        return next((m for m in waiting if m.message_id == message_id), None)

    async def messages(
        self, tenant_id: str, thread_id: str, *, after: int = -1, limit: int = 200
    ) -> list[Message]:
        """In order, those that wait for an answer included."""
        waiting = await self._queue(tenant_id, thread_id)
        rows = await self._repository.scoped("messages", tenant_id).find(
            {"thread_id": thread_id, "turn_index": {"$gt": after}},
            sort=[("turn_index", 1)],
            limit=limit,
        )
        found = {m.turn_index: m for m in waiting if m.turn_index > after}
        found |= {row["turn_index"]: Message.model_validate(row) for row in rows}
        return [found[at] for at in sorted(found)][:limit]

    async def transcripts(
        self, tenant_id: str, threads: Sequence[Thread], *, newest: int
    ) -> dict[str, list[Message]]:
        """thread_id -> its `newest` messages at most, in order, with those that wait."""
        places = [
            {"thread_id": thread.thread_id, "turn_index": {"$gte": thread.next_turn - newest}}
            for thread in threads
        ]
        if not places:
            return {}
        rows = await self._repository.scoped("messages", tenant_id).find(
            {"$or": places}, sort=[("turn_index", 1)]
        )
        # what has left the queue since the threads were read stands among the rows too
        found = {each.thread_id: {m.turn_index: m for m in each.queue} for each in threads}
        for row in rows:
            found[row["thread_id"]][row["turn_index"]] = Message.model_validate(row)
        return {name: [lines[at] for at in sorted(lines)] for name, lines in found.items()}

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

    async def latest(self, tenant_id: str, thread_id: str, role: Role) -> Message | None:
        row = await self._repository.scoped("messages", tenant_id).find_one(
            {"thread_id": thread_id, "role": role}, sort=[("turn_index", -1)]
        )
        return Message.model_validate(row) if row else None

    async def answer_to(self, tenant_id: str, thread_id: str, message: Message) -> Message | None:
        """The reply to a message, or the message itself once it is withdrawn."""
        row = await self._repository.scoped("messages", tenant_id).find_one(
            {
                "thread_id": thread_id,
                "$or": [
                    {"turn_index": {"$gt": message.turn_index}, "answers": message.message_id},
                    {"turn_index": message.turn_index, "withdrawn": True},
                ],
            }
        )
        return Message.model_validate(row) if row else None

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
            _held(thread_id, lease), {"$set": {"lease.until": until}}
        )
        return bool(matched)

    async def abandon_lease(self, tenant_id: str, thread_id: str, lease: Lease) -> None:
        """Let anyone take over at once."""
        await self._threads(tenant_id).update(
            _held(thread_id, lease), {"$set": {"lease.until": FREE["until"]}}
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
        messages = [_row(each) for each in (*result.answered, reply)]
        events = [event.model_dump() for event in result.events]
        told = {"through": result.through, "messages": messages, "events": events}
        of_thread = {"turn": "$next_turn", "seq": "$event_seq", "stage": "$stage"}
        if result.moves:
            of_thread["stage"] = result.stage
        changes: dict[str, Any] = {
            "next_turn": {"$add": ["$next_turn", 1]},
            "unanswered": {"$subtract": ["$unanswered", len(result.answered)]},
            "answered_through": result.through,
            "queue": {
                "$filter": {
                    "input": _QUEUE,
                    "cond": {"$gt": ["$$this.turn_index", result.through]},
                }
            },
            "recent": _recently([message.message_id for message in result.answered]),
            "checkpoint_id": result.checkpoint_id,
            "event_seq": {"$add": ["$event_seq", len(result.events)]},
            "favorites": {"$setUnion": ["$favorites", {"$literal": result.favorites}]},
            "updated_at": now,
            "unfiled": {
                "$concatArrays": [
                    {"$ifNull": ["$unfiled", []]},
                    [{"$mergeObjects": [{"$literal": told}, of_thread]}],
                ]
            },
        }
        if result.graph is not None:
            changes["graph"] = {"$literal": result.graph}
        held = _held(thread_id, lease)
        if result.moves:
            changes["stage"] = result.stage
            if result.was is not None:
                held["stage"] = result.was
        if result.listings:
            changes["shortlist"] = {"$literal": result.listings}
        if result.handoff_reason:
            changes["status"] = ThreadStatus.HANDED_OFF
            changes["handoff_reason"] = {"$literal": result.handoff_reason}
        idle = {"$eq": ["$unanswered", 0]}
        row = await self._threads(tenant_id).find_and_update(
            held,
            [
                {"$set": changes},
                {
                    "$set": {
                        "lease.owner": {"$cond": [idle, None, "$lease.owner"]},
                        "lease.until": {"$cond": [idle, FREE["until"], "$lease.until"]},
                    }
                },
            ],
            projection=_AT_WORK,
        )
        if row is None:
            return None
        thread = Thread.model_validate(row)
        return thread, Unfiled.model_construct(
            through=result.through,
            turn=thread.next_turn - 1,
            stage=thread.stage,
            seq=row["event_seq"] - len(events),
            messages=messages,
            events=result.events,
        )

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
            _held(thread_id, lease) if lease else {"thread_id": thread_id},
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

    async def mark_sent(self, tenant_id: str, thread_id: str, message_id: str) -> bool:
        """Whether the reply was unsent until now."""
        matched = await self._repository.scoped("messages", tenant_id).update(
            {"thread_id": thread_id, "message_id": message_id, "unsent": True},
            {"$unset": {"unsent": ""}},
        )
        return bool(matched)

    async def _queue(self, tenant_id: str, thread_id: str) -> list[Message]:
        row = await self._threads(tenant_id).find_one(
            {"thread_id": thread_id}, projection=("queue",)
        )
        return [Message.model_validate(item) for item in (row or {}).get("queue", [])]

    def _threads(self, tenant_id: str) -> Any:
        return self._repository.scoped("threads", tenant_id)


def _queued(message: Message, events: int, instead: bool) -> dict[str, Any]:
    """The changes that put a message into the queue of its thread."""
    item = {
        "$mergeObjects": [
            {"$literal": _row(message)},
            {"turn_index": "$next_turn", "stage": "$stage"},
        ]
    }
    kept: Any = _QUEUE
    count: Any = "$unanswered"
    changes: dict[str, Any] = {}
    if instead:
        kept = {"$filter": {"input": _QUEUE, "cond": {"$ne": ["$$this.role", Role.LEAD]}}}
        count = {"$size": kept}
        changes["recent"] = _recently({"$map": {"input": _QUEUE, "in": "$$this.message_id"}})
    return {
        **changes,
        "queue": {"$concatArrays": [kept, [item]]},
        "unanswered": {"$add": [count, 1]},
        "next_turn": {"$add": ["$next_turn", 1]},
        "event_seq": {"$add": ["$event_seq", events]},
        "updated_at": message.timestamp,
    }


def _recently(message_ids: Any) -> dict[str, Any]:
    known = {"$ifNull": ["$recent", []]}
    return {"$slice": [{"$concatArrays": [known, message_ids]}, -RECENT]}


def _row(message: Message) -> dict[str, Any]:
    return message.model_dump(mode="python", exclude_none=True, exclude_defaults=True)


def _held(thread_id: str, lease: Lease) -> dict[str, Any]:
    return {"thread_id": thread_id, "lease.owner": lease.owner, "lease.fence": lease.fence}
