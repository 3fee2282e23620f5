from datetime import datetime, timedelta

from agent.inbound.models import Receipt, Secrets, Source
from agent.mongo.repository import Collection, Repository

KEPT = timedelta(hours=24)


class InboundStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def insert(self, source: Source, sealed: bytes) -> None:
        row = source.model_dump(exclude={"tenant_id"}) | {"sealed": [sealed]}
        await self._sources(source.tenant_id).insert(row)

    async def secrets(self, source_id: str) -> Secrets | None:
        """Whose source this is, and how it signs."""
        row = await self._repository.across_tenants("inbound_sources").find_one(
            {"source_id": source_id}
        )
        return Secrets(source=Source.model_validate(row), sealed=row["sealed"]) if row else None

    async def set_secrets(
        self, tenant_id: str, source_id: str, sealed: list[bytes], now: datetime
    ) -> None:
        await self._sources(tenant_id).update(
            {"source_id": source_id}, {"$set": {"sealed": sealed, "rotated_at": now}}
        )

    async def sources(self, tenant_id: str) -> list[Source]:
        rows = await self._sources(tenant_id).find({}, sort=[("created_at", 1), ("source_id", 1)])
        return [Source.model_validate(row) for row in rows]

    async def remove(self, tenant_id: str, source_id: str) -> bool:
        return bool(await self._sources(tenant_id).delete_many({"source_id": source_id}))

    async def receipt(
        self, tenant_id: str, source_id: str, message_id: str, now: datetime
    ) -> Receipt | None:
        """The receipt of the last 24 hours."""
        row = await self._receipts(tenant_id).find_one(
            {
                "source_id": source_id,
                "message_id": message_id,
                "received_at": {"$gt": now - KEPT},
            }
        )
        return Receipt.model_validate(row) if row else None

    async def put_receipt(self, tenant_id: str, receipt: Receipt) -> None:
        """Write it over one that is older than a day; raises Duplicate where one stands."""
        old = {
            "source_id": receipt.source_id,
            "message_id": receipt.message_id,
            "received_at": {"$lte": receipt.received_at - KEPT},
        }
        await self._receipts(tenant_id).replace(old, receipt.model_dump(), upsert=True)

    async def known_as_of(self, tenant_id: str, subject: str) -> datetime | None:
        row = await self._marks(tenant_id).find_one({"subject": subject})
        return row["at"] if row else None

    async def mark(self, tenant_id: str, subject: str, at: datetime) -> None:
        await self._marks(tenant_id).update({"subject": subject}, {"$set": {"at": at}}, upsert=True)

    def _marks(self, tenant_id: str) -> Collection:
        return self._repository.scoped("inbound_marks", tenant_id)

    def _sources(self, tenant_id: str) -> Collection:
        return self._repository.scoped("inbound_sources", tenant_id)

    def _receipts(self, tenant_id: str) -> Collection:
        return self._repository.scoped("inbound_receipts", tenant_id)
