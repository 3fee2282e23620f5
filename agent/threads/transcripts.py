"""Every query of the messages of threads, those that wait in a thread's row among them."""

import re
from collections.abc import Mapping, Sequence, Set
from typing import Any

from agent.mongo.repository import Repository
from agent.threads.models import Message, Role, Thread
from agent.threads.queue import FREE, row_of


class Transcripts:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

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

    async def append(self, tenant_id: str, thread_id: str, messages: Sequence[Message]) -> None:
        rows = [{**row_of(message), "thread_id": thread_id} for message in messages]
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
