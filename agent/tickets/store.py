"""Every query of tickets. `indexed` is false while the search has not followed a change."""

import re
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from agent.mongo.paging import Order, Page, page
from agent.mongo.repository import Collection as Rows
from agent.mongo.repository import Repository
from agent.tickets.models import RESOLVED, Case, Status, Ticket

_ORDER = Order(at="created_at", key="ticket_id")
_OPEN = (Status.PENDING, Status.IN_PROGRESS)
_RESOLVED = (
    "ticket_id", "subject", "product", "kb_id", "knowledge_id", "script_id", "resolved_at",
)  # fmt: skip
_SEARCHED = ("ticket_id", "conversation_id", "subject", "description", "transcript")
_LISTED = tuple(field for field in Ticket.model_fields if field != "grounds")


class TicketStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def insert(self, tenant_id: str, tickets: Sequence[Ticket]) -> None:
        await self._rows(tenant_id).insert_many([ticket.model_dump() for ticket in tickets])

    async def get(self, tenant_id: str, ticket_id: str) -> Ticket | None:
        return _one(await self._rows(tenant_id).find_one({"ticket_id": ticket_id}))

    async def by_ids(self, tenant_id: str, ticket_ids: Iterable[str]) -> dict[str, Ticket]:
        """ticket_id -> ticket, for those that exist."""
        rows = await self._rows(tenant_id).find({"ticket_id": {"$in": [*ticket_ids]}})
        return {row["ticket_id"]: Ticket.model_validate(row) for row in rows}

    async def known(self, tenant_id: str, ticket_ids: Collection[str]) -> set[str]:
        """Those of these ids that are tickets."""
        rows = await self._rows(tenant_id).find(
            {"ticket_id": {"$in": [*ticket_ids]}}, projection=["ticket_id"]
        )
        return {row["ticket_id"] for row in rows}

    async def conversations(
        self, tenant_id: str, conversation_ids: Collection[str]
    ) -> dict[str, dict[str, Any]]:
        """conversation_id -> ticket_id, job_id and row of the ticket that has it."""
        return await self._origins(tenant_id, "conversation_id", conversation_ids)

    async def origins(
        self, tenant_id: str, ticket_ids: Collection[str]
    ) -> dict[str, dict[str, Any]]:
        """ticket_id -> job_id and row of those that are tickets."""
        return await self._origins(tenant_id, "ticket_id", ticket_ids)

    async def page(
        self,
        tenant_id: str,
        *,
        status: Sequence[Status] = (),
        product: str | None = None,
        category: str | None = None,
        priority: str | None = None,
        assigned_to: str | None = None,
        created_by: str | None = None,
        job_id: str | None = None,
        q: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Ticket]:
        """The newest first, without their grounds.

        `q` is looked for as it stands, in any case, in ids and texts.
        """
        wanted = {
            "product": product,
            "category": category,
            "priority": priority,
            "assigned_to": assigned_to,
            "created_by": created_by,
            "job_id": job_id,
        }
        query: dict[str, Any] = {name: said for name, said in wanted.items() if said is not None}
        if status:
            query["status"] = {"$in": [*status]}
        if q:
            like = {"$regex": re.escape(q), "$options": "i"}
            query["$or"] = [{field: like} for field in _SEARCHED]
        return await page(
            self._rows(tenant_id),
            Ticket,
            query,
            _ORDER,
            limit=limit,
            cursor=cursor,
            projection=_LISTED,
        )

    async def resolved_by(self, tenant_id: str, job_id: str) -> int:
        """How many tickets of a job have a resolution."""
        return await self._rows(tenant_id).count(
            {"job_id": job_id, "resolution_content": {"$ne": None}}
        )

    async def unresolved(
        self, tenant_id: str, limit: int, *, after: str | None = None, job_id: str | None = None
    ) -> list[Ticket]:
        """Those that wait for a resolution, by ticket_id; with `job_id` only the job's own."""
        query: dict[str, Any] = {
            "status": {"$in": [*_OPEN]},
            "resolution_content": None,
            "forgotten_at": None,
        }
        if job_id is not None:
            query["job_id"] = job_id
        if after is not None:
            query["ticket_id"] = {"$gt": after}
        rows = await self._rows(tenant_id).find(query, sort=[("ticket_id", 1)], limit=limit)
        return [Ticket.model_validate(row) for row in rows]

    async def scored(
        self, tenant_id: str, score: int, *, limit: int, after: str | None = None
    ) -> list[Ticket]:
        """Open ones with a resolution of at least this score, by ticket_id."""
        query: dict[str, Any] = {
            "status": {"$in": [*_OPEN]},
            "relevancy_score": {"$gte": score},
        }
        if after is not None:
            query["ticket_id"] = {"$gt": after}
        rows = await self._rows(tenant_id).find(query, sort=[("ticket_id", 1)], limit=limit)
        return [Ticket.model_validate(row) for row in rows]

    async def approved(self, tenant_id: str) -> AsyncIterator[Ticket]:
        async for row in self._rows(tenant_id).stream({"status": Status.APPROVED}):
            yield Ticket.model_validate(row)

    async def resolved(
        self, tenant_id: str, ticket_ids: Collection[str]
    ) -> dict[str, dict[str, Any]]:
        """ticket_id -> subject, product and what it rests on, of approved ones with their words."""
        if not ticket_ids:
            return {}
        rows = await self._rows(tenant_id).find(
            {
                "ticket_id": {"$in": [*ticket_ids]},
                "status": Status.APPROVED,
                "forgotten_at": None,
            },
            projection=_RESOLVED,
        )
        return {row["ticket_id"]: row for row in rows}

    async def examples(self, tenant_id: str, limit: int) -> list[dict[str, Any]]:
        """The newest approved ones, to learn labels from."""
        return await self._rows(tenant_id).find(
            {"status": Status.APPROVED, "forgotten_at": None},
            sort=[("created_at", -1)],
            limit=limit,
            projection=(*Case.model_fields, "confidence"),
        )

    async def approved_mark(self, tenant_id: str) -> tuple[int, datetime | None]:
        """Changes with the set of approved tickets: how many, and when the last one was changed."""
        rows = await self._rows(tenant_id).aggregate(
            [
                {"$match": {"status": Status.APPROVED}},
                {"$group": {"_id": None, "n": {"$sum": 1}, "last": {"$max": "$updated_at"}}},
            ]
        )
        return (rows[0]["n"], rows[0]["last"]) if rows else (0, None)

    async def change(
        self,
        tenant_id: str,
        ticket_id: str,
        version: int,
        changes: Mapping[str, Any],
        steps: Sequence[Mapping[str, Any]] = (),
    ) -> Ticket | None:
        """Change a ticket that is still at this version; None when it has moved on."""
        update: dict[str, Any] = {"$set": dict(changes), "$inc": {"version": 1}}
        if steps:
            update["$push"] = {"steps": {"$each": [*steps]}}
        return _one(
            await self._rows(tenant_id).find_and_update(
                {"ticket_id": ticket_id, "version": version}, update
            )
        )

    async def unquote(self, tenant_id: str, ticket_id: str) -> None:
        """Take the passages of a ticket out of what others were resolved on."""
        await self._rows(tenant_id).update_many(
            {"grounds.tickets.id": ticket_id}, {"$pull": {"grounds.tickets": {"id": ticket_id}}}
        )

    async def of_contact(self, tenant_id: str, hashes: Mapping[str, str]) -> list[str]:
        """Ids of the tickets whose contact has one of these e-mail or phone hashes."""
        ways = [
            {f"contact_hashes.{kind}": hashes[kind]}
            for kind in ("email", "phone")
            if kind in hashes
        ]
        if not ways:
            return []
        rows = await self._rows(tenant_id).find({"$or": ways}, projection=["ticket_id"])
        return [row["ticket_id"] for row in rows]

    async def remembered(
        self, tenant_id: str, before: datetime, *, limit: int, after: str = ""
    ) -> list[str]:
        """Ids, in order, of those that were decided before and still tell of their contact."""
        rows = await self._rows(tenant_id).find(
            {"resolved_at": {"$lt": before}, "forgotten_at": None, "ticket_id": {"$gt": after}},
            sort=[("ticket_id", 1)],
            limit=limit,
            projection=["ticket_id"],
        )
        return [row["ticket_id"] for row in rows]

    async def decided(self, tenant_id: str) -> list[dict[str, Any]]:
        """How many decided tickets there are by `score`, `status` and whether `edited`."""
        edited = {
            "$cond": [{"$eq": [{"$ifNull": ["$edited_resolution", None]}, None]}, False, True]
        }
        rows = await self._rows(tenant_id).aggregate(
            [
                {"$match": {"status": {"$in": [*RESOLVED]}, "relevancy_score": {"$type": "int"}}},
                {
                    "$group": {
                        "_id": {
                            "score": "$relevancy_score",
                            "status": "$status",
                            "edited": edited,
                        },
                        "n": {"$sum": 1},
                    }
                },
            ]
        )
        return [{**row["_id"], "n": row["n"]} for row in rows]

    async def behind(self, tenant_id: str, *, limit: int) -> list[Ticket]:
        """Those that the search has not followed yet."""
        rows = await self._rows(tenant_id).find({"indexed": False}, limit=limit)
        return [Ticket.model_validate(row) for row in rows]

    async def tenants_behind(self) -> list[str]:
        """Tenants whose search has to follow, for a background worker."""
        found: list[str] = await self._repository.across_tenants("tickets").distinct(
            "tenant_id", {"indexed": False}
        )
        return found

    async def followed(self, tenant_id: str, tickets: Sequence[Ticket]) -> int:
        """Note that the search has these very versions; how many of them still stand."""
        same = [{"ticket_id": each.ticket_id, "version": each.version} for each in tickets]
        if not same:
            return 0
        return await self._rows(tenant_id).update_many({"$or": same}, {"$set": {"indexed": True}})

    async def fell_behind(self, tenant_id: str, tickets: Sequence[Ticket]) -> None:
        """Let the search follow those of them once more that have changed."""
        other = [
            {"ticket_id": each.ticket_id, "version": {"$ne": each.version}} for each in tickets
        ]
        await self._rows(tenant_id).update_many({"$or": other}, {"$set": {"indexed": False}})

    async def _origins(
        self, tenant_id: str, field: str, values: Collection[str]
    ) -> dict[str, dict[str, Any]]:
        rows = await self._rows(tenant_id).find(
            {field: {"$in": [*values]}},
            projection=("conversation_id", "ticket_id", "job_id", "row"),
        )
        return {row[field]: row for row in rows}

    def _rows(self, tenant_id: str) -> Rows:
        return self._repository.scoped("tickets", tenant_id)


def _one(row: Mapping[str, Any] | None) -> Ticket | None:
    return Ticket.model_validate(row) if row else None
