"""Every aggregation over what others have written; writes nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agent.approvals.models import ApprovalStatus
from agent.insight.models import Begun, Talk, Tokens
from agent.mongo.repository import Repository

BATCH = 1_000
"""Threads that one aggregation looks at."""


class InsightStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def begun(
        self, tenant_id: str, since: datetime, until: datetime, community_id: str | None
    ) -> list[Begun]:
        """The conversations of the period; imported ones are none."""
        rows = await self._repository.scoped("threads", tenant_id).find(
            {"created_at": _within(since, until), "message_count": None, **_at(community_id)},
            projection=("thread_id", "lead_id", "community_id", "handoff_reason", "feedback"),
        )
        return [
            Begun.model_validate({**row, "scores": _scores(row.get("feedback"))}) for row in rows
        ]

    async def talks(self, tenant_id: str, thread_ids: Sequence[str]) -> dict[str, Talk]:
        """By thread; one without messages is absent."""
        found: dict[str, Talk] = {}
        for start in range(0, len(thread_ids), BATCH):
            for row in await self._messages(tenant_id, thread_ids[start : start + BATCH], _TALK):
                found[row["_id"]] = Talk.model_validate(row)
        return found

    async def tokens(self, tenant_id: str, thread_ids: Sequence[str]) -> list[Tokens]:
        spent: list[Tokens] = []
        for start in range(0, len(thread_ids), BATCH):
            rows = await self._messages(tenant_id, thread_ids[start : start + BATCH], _TOKENS)
            spent += [Tokens.model_validate({**row, "model": row["_id"]}) for row in rows]
        return spent

    async def lookups(self, tenant_id: str, thread_ids: Sequence[str]) -> tuple[int, int]:
        """Replies that needed what is written down, and those of them that found it."""
        messages = self._repository.scoped("messages", tenant_id)
        asked = found = 0
        for start in range(0, len(thread_ids), BATCH):
            some = {"thread_id": {"$in": list(thread_ids[start : start + BATCH])}}
            asked += await messages.count({**some, **_ASKED})
            found += await messages.count({**some, **_FOUND})
        return asked, found

    async def tours(
        self, tenant_id: str, since: datetime, until: datetime, community_id: str | None
    ) -> dict[str, int]:
        """By status, of those created in the period."""
        return await self._counts(
            "tours",
            tenant_id,
            {"created_at": _within(since, until), "replaces": None, **_at(community_id)},
            "$status",
        )

    async def applications(
        self, tenant_id: str, since: datetime, until: datetime, community_id: str | None
    ) -> int:
        return await self._repository.scoped("applications", tenant_id).count(
            {"created_at": _within(since, until), "status": "started", **_at(community_id)}
        )

    async def opted_out(self, tenant_id: str, lead_ids: Sequence[str]) -> int:
        leads = self._repository.scoped("leads", tenant_id)
        count = 0
        for start in range(0, len(lead_ids), BATCH):
            some = {"$in": list(lead_ids[start : start + BATCH])}
            count += await leads.count({"lead_id": some, "consent.opted_out_at": {"$type": "date"}})
        return count

    async def waiting(self, tenant_id: str, community_id: str | None) -> list[datetime]:
        """Since when each pending approval waits."""
        rows = await self._repository.scoped("approvals", tenant_id).find(
            {"status": ApprovalStatus.PENDING}, projection=("thread_id", "created_at")
        )
        if community_id is not None:
            threads = await self._repository.scoped("threads", tenant_id).find(
                {"thread_id": {"$in": [row["thread_id"] for row in rows]}, **_at(community_id)},
                projection=("thread_id",),
            )
            here = {thread["thread_id"] for thread in threads}
            rows = [row for row in rows if row["thread_id"] in here]
        return [row["created_at"] for row in rows]

    async def outcomes(self, tenant_id: str, thread_ids: Sequence[str]) -> dict[str, int]:
        """State -> deliveries of actions in these threads."""
        total: dict[str, int] = {}
        for start in range(0, len(thread_ids), BATCH):
            some = {"$in": list(thread_ids[start : start + BATCH])}
            query = {"thread_id": some, "action_id": {"$ne": None}}
            for state, count in (await self._counts("outbox", tenant_id, query, "$state")).items():
                total[state] = total.get(state, 0) + count
        return total

    async def waiting_everywhere(self) -> list[dict[str, Any]]:
        """Of every tenant together: `{action, count, oldest}`."""
        return await self._everywhere(
            "approvals",
            {"status": ApprovalStatus.PENDING},
            {"action": "$action"},
            oldest={"$min": "$created_at"},
        )

    async def deliveries_everywhere(self) -> list[dict[str, Any]]:
        """`{connector, state, count}` of what has not come to an end."""
        keys = {"connector": "$connector", "state": "$state"}
        return await self._everywhere("outbox", {"open": True}, keys)

    async def jobs_everywhere(self) -> list[dict[str, Any]]:
        """`{kind, status, count}` of the last 30 days."""
        return await self._everywhere("jobs", {}, {"kind": "$kind", "status": "$status"})

    async def unsealed_everywhere(self) -> int:
        return await self._repository.across_tenants("audit").count({"sealed": False})

    async def _messages(
        self, tenant_id: str, thread_ids: Sequence[str], pipeline: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        of_these = {"$match": {"thread_id": {"$in": list(thread_ids)}}}
        return await self._repository.scoped("messages", tenant_id).aggregate([of_these, *pipeline])

    async def _counts(
        self, collection: str, tenant_id: str, query: Mapping[str, Any], by: str
    ) -> dict[str, int]:
        rows = await self._repository.scoped(collection, tenant_id).aggregate(
            [{"$match": query}, {"$group": {"_id": by, "count": {"$sum": 1}}}]
        )
        return {row["_id"]: row["count"] for row in rows}

    async def _everywhere(
        self, collection: str, query: Mapping[str, Any], by: Mapping[str, str], **sums: Any
    ) -> list[dict[str, Any]]:
        group = {"_id": dict(by), "count": {"$sum": 1}, **sums}
        rows = await self._repository.across_tenants(collection).aggregate(
            [{"$match": dict(query)}, {"$group": group}]
        )
        return [{**row.pop("_id"), **row} for row in rows]


def _within(since: datetime, until: datetime) -> dict[str, datetime]:
    return {"$gte": since, "$lt": until}


def _at(community_id: str | None) -> dict[str, str]:
    return {} if community_id is None else {"community_id": community_id}


def _scores(feedback: Mapping[str, Any] | None) -> list[int]:
    return [given["score"] for given in (feedback or {}).values()]


def _first(when: Any) -> dict[str, Any]:
    return {"$min": {"$cond": [when, "$timestamp", None]}}


_CACHED = "$why.model.cached_tokens"
_IS_REPLY = {
    "$or": [
        {"$eq": ["$role", "staff"]},
        {
            "$and": [
                {"$eq": ["$role", "agent"]},
                {"$gt": [{"$size": {"$ifNull": ["$answers", []]}}, 0]},
            ]
        },
    ]
}
_TALK: list[dict[str, Any]] = [
    {"$match": {"role": {"$in": ["lead", "agent", "staff"]}}},
    {
        "$group": {
            "_id": "$thread_id",
            "asked_at": _first({"$eq": ["$role", "lead"]}),
            "answered_at": _first(_IS_REPLY),
        }
    },
]
_TOKENS: list[dict[str, Any]] = [
    {"$match": {"why.model.calls": {"$gt": 0}}},
    {
        "$group": {
            "_id": "$why.model.name",
            "fresh": {"$sum": {"$subtract": ["$why.model.input_tokens", _CACHED]}},
            "cached": {"$sum": _CACHED},
            "output": {"$sum": "$why.model.output_tokens"},
        }
    },
]
_ANSWERED = {"why.rules": {"$regex": "^answer:"}}
_NOT_FOUND = {"why.rules": "say:unknown_answer"}
_LOOKED_UP = {"why.rules": {"$regex": "^tool:search_(knowledge|conversations)$"}}
_FOUND = {"$or": [_ANSWERED, {**_LOOKED_UP, "why.retrieved.0": {"$exists": True}}]}
_ASKED = {"$or": [_ANSWERED, _NOT_FOUND, _LOOKED_UP]}
