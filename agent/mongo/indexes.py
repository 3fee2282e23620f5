"""Every index of every collection, in one table."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

from pymongo import IndexModel
from pymongo.errors import OperationFailure

from agent.mongo.client import Database
from agent.mongo.faults import translated

_DAY = 24 * 60 * 60
_CHANGED = (85, 86)
META = "meta"
"""Says which indexes a database has."""


@dataclass(frozen=True)
class Index:
    collection: str
    keys: tuple[str, ...]
    """Field names, ascending; descending with a leading minus."""
    unique: bool = False
    only: dict[str, Any] = field(default_factory=dict)
    """The documents it covers; all for {}."""
    ttl_seconds: int | None = None

    @property
    def name(self) -> str:
        return "_".join(key.replace(".", "_").lstrip("-") for key in self.keys)

    def model(self) -> IndexModel:
        options: dict[str, Any] = {"name": self.name}
        if self.unique:
            options["unique"] = True
        if self.only:
            options["partialFilterExpression"] = self.only
        if self.ttl_seconds is not None:
            options["expireAfterSeconds"] = self.ttl_seconds
        return IndexModel(
            [(key.lstrip("-"), -1 if key[0] == "-" else 1) for key in self.keys], **options
        )


def _unique(collection: str, *keys: str, only: dict[str, Any] | None = None) -> Index:
    return Index(collection, ("tenant_id", *keys), unique=True, only=only or {})


def _plain(collection: str, *keys: str) -> Index:
    return Index(collection, ("tenant_id", *keys))


_HAS_EXTERNAL_ID = {"external_id": {"$type": "string"}}

INDEXES: tuple[Index, ...] = (
    _unique("tenants"),
    _unique("communities", "community_id"),
    Index("communities", ("site_key",), unique=True, only={"site_key": {"$type": "string"}}),
    _unique("identity_secrets", "community_id"),
    _unique("leads", "lead_id"),
    _unique("leads", "external_id", only=_HAS_EXTERNAL_ID),
    _plain("leads", "hashes.email"),
    _plain("leads", "hashes.phone"),
    _plain("consents", "lead_id"),
    _plain("leads", "-updated_at", "lead_id"),
    _unique("threads", "thread_id"),
    _plain("threads", "-updated_at"),
    _plain("threads", "-created_at"),
    _plain("threads", "lead_id", "-updated_at"),
    Index("threads", ("lease.until",), only={"unanswered": {"$gt": 0}}),
    Index("threads", ("unfiled.through",), only={"unfiled.through": {"$gte": 0}}),
    _unique("messages", "thread_id", "turn_index"),
    _unique("messages", "thread_id", "message_id"),
    _plain("messages", "stage", "-timestamp"),
    _plain("messages", "role"),
    Index("messages", ("unsent", "timestamp"), only={"unsent": True}),
    _unique("raw_messages", "thread_id", "message_id"),
    _unique("listings", "listing_id"),
    _plain("listings", "external_id"),
    _plain("listings", "available", "area_key", "bedrooms", "rent"),
    _plain("listings", "available", "rent", "name", "listing_id"),
    _plain("listings", "words"),
    _unique("inventory_versions"),
    _unique("tours", "tour_id"),
    _unique("tours", "community_id", "starts_at", "seat", only={"active": True}),
    _plain("tours", "thread_id"),
    _plain("tours", "lead_id"),
    _plain("tours", "replaces"),
    _plain("tours", "starts_at"),
    _plain("tours", "-created_at"),
    Index("tours", ("hold_until",), only={"active": True}),
    Index("tours", ("remind_at",), only={"remind_at": {"$type": "date"}}),
    _unique("tour_links", "link_id"),
    Index("tour_links", ("expires_at",), ttl_seconds=_DAY),
    _unique("applications", "application_id"),
    _plain("applications", "thread_id"),
    _plain("applications", "-created_at"),
    _unique("approvals", "action_id"),
    _plain("approvals", "lead_id"),
    _unique("approvals", "thread_id", "turn", "action", "args_hash"),
    _unique("approvals", "thread_id", "answers", only={"answers": {"$type": "string"}}),
    _plain("approvals", "status", "-created_at"),
    Index("approvals", ("status", "expires_at")),
    Index("approvals", ("undo_until",), only={"told": False}),
    _unique("outbox", "key"),
    Index("outbox", ("delivery_id",), unique=True),
    _plain("outbox", "action_id"),
    _plain("outbox", "thread_id"),
    _plain("outbox", "-created_at", "delivery_id"),
    Index(
        "outbox", ("tenant_id", "args.tour_id"), only={"reference": {"$type": "string"}}
    ),
    Index("outbox", ("open", "lane", "due_at"), only={"open": True}),
    Index("outbox", ("open", "lane", "position"), only={"open": True}),
    _unique("positions"),
    _unique("subscriptions", "subscription_id"),
    _unique("subscriptions", "same"),
    _unique("recorded", "key"),
    _unique("vault", "contact_ref"),
    _unique("audit", "audit_id"),
    _plain("audit", "subject"),
    _plain("audit", "thread_id"),
    _plain("audit", "actor", "-at"),
    _plain("audit", "-at", "audit_id"),
    _plain("audit", "seq"),
    Index("audit", ("sealed", "tenant_id"), only={"sealed": False}),
    _unique("audit_heads"),
    _unique("rate_windows", "key"),
    Index("rate_windows", ("expires_at",), ttl_seconds=0),
    _unique("events", "thread_id", "seq"),
    _plain("events", "at", "thread_id", "seq"),
    Index("events", ("at",), ttl_seconds=7 * _DAY),
    Index("events", ("due", "at"), only={"due": True}),
    Index("events", ("tenant_id", "due", "at"), only={"due": True}),
    _unique("knowledge", "knowledge_id"),
    _plain("knowledge", "-updated_at", "knowledge_id"),
    Index("knowledge", ("indexed",), only={"indexed": False}),
    _unique("knowledge_versions", "knowledge_id", "version"),
    _unique("counters", "name"),
    _unique("tickets", "ticket_id"),
    _unique("tickets", "conversation_id"),
    _plain("tickets", "-created_at", "ticket_id"),
    _plain("tickets", "status", "-created_at"),
    _plain("tickets", "assigned_to", "-created_at"),
    _plain("tickets", "created_by", "-created_at"),
    _plain("tickets", "contact_hashes.email"),
    _plain("tickets", "contact_hashes.phone"),
    Index("tickets", ("indexed",), only={"indexed": False}),
    Index(
        "tickets",
        ("tenant_id", "resolution_content", "ticket_id"),
        only={"resolution_content": None},
    ),
    _unique("chunk_heads", "corpus"),
    _unique("chunks", "corpus", "embedding_version", "source_id", "chunk_index"),
    _plain("chunks", "corpus", "embedding_version", "seq"),
    _plain("chunks", "corpus", "source_id"),
    _unique("embedding_manifest", "run_id"),
    _plain("embedding_manifest", "corpus", "-started_at"),
    _unique("embedding_cache", "model", "text_hash"),
    _plain("embedding_cache", "text_hash"),
    _unique("keys", "key_id"),
    Index("keys", ("key_hash",), unique=True),
    _unique("users", "user_id"),
    _unique("users", "agent_id", only={"agent_id": {"$type": "string"}}),
    _plain("users", "-created_at", "user_id"),
    Index("users", ("email_hash",), unique=True),
    Index("sessions", ("session_id",), unique=True),
    _plain("sessions", "user_id"),
    Index("sessions", ("expires_at",), ttl_seconds=0),
    _unique("idempotency", "request_id"),
    Index("idempotency", ("expires_at",), ttl_seconds=0),
    Index("jobs", ("job_id",), unique=True),
    _unique("jobs", "key", only={"key": {"$type": "string"}}),
    _plain("jobs", "-created_at"),
    Index("jobs", ("status", "due_at")),
    Index("jobs", ("finished_at",), ttl_seconds=30 * _DAY),
    _unique("chats", "thread_id"),
    Index("chats", ("expires_at",), ttl_seconds=0),
    _unique("uploads", "upload_id"),
    _unique("uploads", "purpose", "sha256"),
    Index("uploads", ("expires_at",), ttl_seconds=0),
    _unique("upload_chunks", "upload_id", "index"),
    Index("upload_chunks", ("expires_at",), ttl_seconds=0),
    _unique("datasets", "dataset_id"),
    _plain("datasets", "-created_at"),
    _unique("dataset_builds", "build"),
    _unique("dataset_chunks", "build", "file", "number"),
    _plain("dataset_chunks", "threads"),
    _unique("models", "version"),
    _plain("models", "-created_at", "version"),
    _unique("model_artefacts", "version", "number"),
    _unique("deployments", "slot"),
    _unique("prompts", "name", "digest"),
    Index("inbound_sources", ("source_id",), unique=True),
    _plain("inbound_sources", "created_at"),
    _unique("inbound_receipts", "source_id", "message_id"),
    Index("inbound_receipts", ("received_at",), ttl_seconds=_DAY),
    _unique("inbound_marks", "subject"),
    _plain("inbound_receipts", "result.lead_id"),
    _plain("inbound_receipts", "result.thread_id"),
    _unique("erasures", "lead_id"),
    Index("erasures", ("due_at",), only={"due_at": {"$type": "date"}}),
)  # fmt: skip


async def ensure(database: Database) -> None:
    """Create what is missing and rebuild what has changed; one read when nothing has."""
    wanted = hashlib.sha256(repr(INDEXES).encode()).hexdigest()
    with translated(database.fault):
        meta = database.handle[META]
        if await meta.find_one({"_id": "indexes", "fingerprint": wanted}):
            return
        tables = groupby(sorted(INDEXES, key=attrgetter("collection")), attrgetter("collection"))
        await asyncio.gather(*(_create(database, name, list(rows)) for name, rows in tables))
        await meta.update_one({"_id": "indexes"}, {"$set": {"fingerprint": wanted}}, upsert=True)


async def _create(database: Database, collection: str, indexes: list[Index]) -> None:
    rows = database.handle[collection]
    try:
        await rows.create_indexes([index.model() for index in indexes])
    except OperationFailure as error:
        if error.code not in _CHANGED:
            raise
        for index in indexes:
            await _rebuild(database, index)


async def _rebuild(database: Database, index: Index) -> None:
    rows = database.handle[index.collection]
    try:
        await rows.create_indexes([index.model()])
    except OperationFailure as error:
        if error.code not in _CHANGED:
            raise
        await rows.drop_index(index.name)
        await rows.create_indexes([index.model()])
