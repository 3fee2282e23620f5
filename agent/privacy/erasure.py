"""What erasing a person does to each collection; what is erased beside rows is the caller's."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from agent.mongo.repository import Collection, Repository

NOBODY = "erased"
"""In place of the ids of a lead and its threads, in rows that are kept for counting."""
RECHECKS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
"""When, after an erasure, work that was under way then is looked for."""


@dataclass(frozen=True, slots=True)
class Traces:
    """The ids under which a person is found; random ones, so that they may be kept."""

    lead_id: str
    contact_refs: list[str] = field(default_factory=list)
    thread_ids: list[str] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    """How many turns each of the threads has."""
    action_ids: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    """Of deliveries."""
    files: list[str] = field(default_factory=list)
    """Names of the files that threads came from."""

    @property
    def source_ids(self) -> list[str]:
        """Of the messages, as the search knows them."""
        return [
            f"{thread_id}/{turn}"
            for thread_id, turns in zip(self.thread_ids, self.turns, strict=True)
            for turn in range(turns)
        ]


Where = Callable[[Traces], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Erased:
    """What happens to the rows of a collection that tell of a person."""

    collection: str
    where: Where
    strip: Mapping[str, Any] | None = None
    """The fields that are overwritten; None: the row is deleted."""


def _in_threads(traces: Traces) -> dict[str, Any]:
    return {"thread_id": {"$in": traces.thread_ids}}


def _of_lead(traces: Traces) -> dict[str, Any]:
    return {"lead_id": traces.lead_id}


def _either(*ways: Where) -> Where:
    return lambda traces: {"$or": [way(traces) for way in ways]}


_UNNAMED = {"lead_id": NOBODY, "thread_id": NOBODY}

PLAN = (
    # the key first: what it sealed is gone with it, wherever a copy lies
    Erased("vault", lambda traces: {"contact_ref": {"$in": traces.contact_refs}}),
    Erased("leads", _of_lead),
    Erased("threads", _either(_of_lead, _in_threads)),
    Erased("messages", _in_threads),
    Erased(
        "chats",
        lambda traces: {"owner": {"$in": [f"visitor:{each}" for each in traces.thread_ids]}},
    ),
    Erased("raw_messages", _in_threads),
    Erased("approvals", _either(_of_lead, _in_threads)),
    Erased("outbox", _in_threads),
    Erased("recorded", lambda traces: {"key": {"$in": traces.keys}}),
    Erased(
        "events",
        _either(
            _in_threads,
            lambda traces: {"data.lead_id": traces.lead_id},
            lambda traces: {"data.thread_id": {"$in": traces.thread_ids}},
        ),
    ),
    Erased("tours", _either(_of_lead, _in_threads), _UNNAMED),
    Erased("applications", _either(_of_lead, _in_threads), _UNNAMED),
    Erased("consents", _of_lead, {"lead_id": NOBODY, "text": "", "phone": None}),
    Erased(
        "inbound_receipts",
        _either(
            lambda traces: {"result.lead_id": traces.lead_id},
            lambda traces: {"result.thread_id": {"$in": traces.thread_ids}},
        ),
        {"result": {}},
    ),
)
ELSEWHERE = {
    "checkpoints": "by the name of the thread, in whichever tenant",
    "checkpoint_writes": "with the checkpoints",
    "chunks": "by the chunks' own rules, for rebuilds that run",
    "chunk_heads": "counters of the chunks",
    "embedding_cache": "with the chunks",
    "datasets": "emptied where they hold one of the threads",
    "dataset_builds": "ended, where they run",
    "dataset_chunks": "with the datasets",
    "uploads": "the files that the threads came from, while they wait",
    "upload_chunks": "with the uploads",
    "erasures": "what is left to be looked for, under random ids",
}
"""Collections that lose what tells of a person by other means than PLAN."""
KEPT = {
    "audit": "append-only; ids and a salted tombstone, nothing personal",
    "audit_heads": "the audit's own",
    "idempotency": "answers sealed under the caller's key, which we do not have; gone in 25 hours",
    "jobs": "counts and file names",
    "tour_links": "which links were used; gone in a day",
    "rate_windows": "counts under hashes; gone with their window",
    "positions": "a counter",
    "inbound_marks": "ids of tours and times",
    "embedding_manifest": "counts",
    "tenants": "no lead",
    "communities": "no lead",
    "listings": "no lead",
    "inventory_versions": "no lead",
    "inbound_sources": "no lead",
    "subscriptions": "no lead",
    "identity_secrets": "no lead",
    "keys": "no lead",
    "users": "no lead",
    "sessions": "no lead",
    "knowledge": "redacted before it is kept; no lead",
    "knowledge_versions": "as knowledge",
    "counters": "numbers of entries",
    "tickets": "no lead; redacted, and a ticket's contact is forgotten by itself",
    "models": "no text",
    "model_artefacts": "weights of words, no text",
    "deployments": "no lead",
    "prompts": "no lead",
}
"""Collections in which nothing tells of a person, and why."""


def tombstone(hashes: Mapping[str, str]) -> dict[str, str]:
    """Lets who brings an address or a number see that it was erased, and tells nobody else."""
    salt = secrets.token_hex(16)
    return {"salt": salt} | {
        kind: hashlib.sha256(f"{salt}{hashes[kind]}".encode()).hexdigest()
        for kind in ("email", "phone")
        if kind in hashes
    }


class Erasures:
    """Finds the rows that tell of a person, erases them, and remembers to look again."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def traces(self, tenant_id: str, lead_id: str, contact_ref: str | None) -> Traces:
        rows = self._repository.scoped
        threads = await rows("threads", tenant_id).find(
            {"lead_id": lead_id},
            projection=["thread_id", "message_count", "next_turn", "source_file"],
        )
        thread_ids = [row["thread_id"] for row in threads]
        within = {"thread_id": {"$in": thread_ids}}
        approvals = await rows("approvals", tenant_id).find(within, projection=["action_id"])
        outbox = await rows("outbox", tenant_id).find(within, projection=["key"])
        return Traces(
            lead_id=lead_id,
            contact_refs=[contact_ref] if contact_ref else [],
            thread_ids=thread_ids,
            turns=[max(row.get("message_count") or 0, row["next_turn"]) for row in threads],
            action_ids=[row["action_id"] for row in approvals],
            keys=[row["key"] for row in outbox],
            files=sorted({row["source_file"] for row in threads if row.get("source_file")}),
        )

    async def erase(self, tenant_id: str, traces: Traces) -> dict[str, int]:
        """Carry PLAN out; rows by collection. Joins the caller's transaction."""
        done = {}
        for step in PLAN:
            # what turns have yet to file goes with their thread; that of others is none of ours
            rows = self._repository.scoped(step.collection, tenant_id, settled=False)
            where = step.where(traces)
            if step.strip is None:
                done[step.collection] = await rows.delete_many(where)
            else:
                done[step.collection] = await rows.update_many(where, {"$set": dict(step.strip)})
        return done

    async def erase_checkpoints(self, tenant_id: str, thread_ids: Sequence[str]) -> int:
        """What the graphs remember; their own rows name the tenant in the thread's place only."""
        places = [f"{tenant_id}/{thread_id}" for thread_id in thread_ids]
        where = {"thread_id": {"$in": places}}
        await self._repository.across_tenants("checkpoint_writes").delete_many(where)
        return await self._repository.across_tenants("checkpoints").delete_many(where)

    async def uploads(self, tenant_id: str, files: Sequence[str]) -> list[str]:
        """Ids of the uploads with these names."""
        rows = await self._repository.scoped("uploads", tenant_id).find(
            {"name": {"$in": [*files]}}, projection=["upload_id"]
        )
        return [row["upload_id"] for row in rows]

    async def note(self, tenant_id: str, traces: Traces, now: datetime) -> None:
        """Remember to look again; joins the caller's transaction."""
        await self._rows(tenant_id).insert(
            {
                "lead_id": traces.lead_id,
                "erased_at": now,
                "report": None,
                "looks": 0,
                "due_at": now + RECHECKS[0],
                "traces": asdict(traces),
            }
        )

    async def keep_report(self, tenant_id: str, lead_id: str, report: Mapping[str, Any]) -> None:
        await self._rows(tenant_id).update({"lead_id": lead_id}, {"$set": {"report": dict(report)}})

    async def standing(
        self, tenant_id: str, lead_id: str
    ) -> tuple[Traces | None, dict[str, Any] | None] | None:
        """The traces and the report of an erasure, None where there was none.

        Without a report it was cut short; without traces all looks have been taken.
        """
        row = await self._rows(tenant_id).find_one({"lead_id": lead_id})
        if row is None:
            return None
        return Traces(**row["traces"]) if row["traces"] else None, row["report"]

    async def looks_for(self, tenant_id: str, thread_id: str) -> bool:
        """Whether what comes under this id would be taken for what an erasure has left."""
        where = {"traces.thread_ids": thread_id}
        return await self._rows(tenant_id).find_one(where) is not None

    async def due(self, now: datetime) -> tuple[str, Traces] | None:
        """Take the erasure that is to be looked at again the longest."""
        row = await self._repository.across_tenants("erasures").find_and_update(
            {"due_at": {"$lte": now}},
            {"$set": {"due_at": now + RECHECKS[0]}},
            sort=[("due_at", 1)],
        )
        return (row["tenant_id"], Traces(**row["traces"])) if row else None

    async def looked(self, tenant_id: str, lead_id: str) -> None:
        """Note that nothing was left; after the last look the ids are dropped too."""
        row = await self._rows(tenant_id).find_one({"lead_id": lead_id})
        if row is None:
            return
        looks = row["looks"] + 1
        changes: dict[str, Any] = {"looks": looks, "due_at": None, "traces": None}
        if looks < len(RECHECKS):
            changes = {"looks": looks, "due_at": row["erased_at"] + RECHECKS[looks]}
        await self._rows(tenant_id).update({"lead_id": lead_id}, {"$set": changes})

    def _rows(self, tenant_id: str) -> Collection:
        return self._repository.scoped("erasures", tenant_id)
