from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agent.leads.models import Consent, ConsentRecord, Lead, LeadProfile
from agent.mongo.paging import Order, Page, page
from agent.mongo.repository import Repository

_ORDER = Order(at="updated_at", key="lead_id")


class LeadStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def insert(self, tenant_id: str, lead: Lead) -> None:
        await self._rows(tenant_id).insert(_row(lead))

    async def put_many(
        self, tenant_id: str, *, new: Sequence[Lead], known: Sequence[Lead] = ()
    ) -> None:
        """Write leads: a new one where none stands, a known one over what stands."""
        rows = self._rows(tenant_id)
        await rows.insert_many([_row(lead) for lead in new])
        await rows.bulk_upsert(["lead_id"], [_row(lead) for lead in known])

    async def get(self, tenant_id: str, lead_id: str) -> Lead | None:
        row = await self._rows(tenant_id).find_one({"lead_id": lead_id})
        return Lead.model_validate(row) if row else None

    async def by_external_id(self, tenant_id: str, external_id: str) -> Lead | None:
        row = await self._rows(tenant_id).find_one({"external_id": external_id})
        return Lead.model_validate(row) if row else None

    async def page(
        self,
        tenant_id: str,
        *,
        source: str | None = None,
        external_id: str | None = None,
        updated_after: datetime | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Lead]:
        said = {"source": source, "external_id": external_id}
        query: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        if updated_after is not None:
            query["updated_at"] = {"$gt": updated_after}
        return await page(self._rows(tenant_id), Lead, query, _ORDER, limit=limit, cursor=cursor)

    async def set_profile(
        self, tenant_id: str, lead_id: str, profile: LeadProfile, now: datetime
    ) -> None:
        await self._set(tenant_id, lead_id, {"profile": profile.known()}, now)

    async def set_contact(
        self, tenant_id: str, lead_id: str, ref: str, hashes: dict[str, str], now: datetime
    ) -> None:
        await self._set(tenant_id, lead_id, {"contact_ref": ref, "hashes": hashes}, now)

    async def reached_by(
        self, tenant_id: str, hashes: Mapping[str, str], *, limit: int = 1000
    ) -> list[Lead]:
        """Who has one of these phone numbers or e-mail addresses, the newest first."""
        ways = [{f"hashes.{kind}": hashes[kind]} for kind in ("phone", "email") if kind in hashes]
        if not ways:
            return []
        rows = await self._rows(tenant_id).find(
            {"$or": ways}, sort=[("created_at", -1), ("lead_id", 1)], limit=limit
        )
        return [Lead.model_validate(row) for row in rows]

    async def set_opted_out(self, tenant_id: str, lead_id: str, now: datetime) -> None:
        changes = {"consent.sms": False, "consent.opted_out_at": now}
        await self._set(tenant_id, lead_id, changes, now)

    async def set_consent(
        self, tenant_id: str, lead_id: str, consent: Consent, now: datetime
    ) -> None:
        await self._set(tenant_id, lead_id, {"consent": consent.model_dump()}, now)

    async def set_introduced(self, tenant_id: str, lead_id: str, now: datetime) -> None:
        await self._set(tenant_id, lead_id, {"consent.introduced_at": now}, now)

    async def record(self, tenant_id: str, changes: Sequence[ConsentRecord]) -> None:
        rows = self._repository.scoped("consents", tenant_id)
        await rows.insert_many([change.model_dump() for change in changes])

    async def _set(
        self, tenant_id: str, lead_id: str, changes: dict[str, Any], now: datetime
    ) -> None:
        await self._rows(tenant_id).update(
            {"lead_id": lead_id}, {"$set": {**changes, "updated_at": now}}
        )

    def _rows(self, tenant_id: str) -> Any:
        return self._repository.scoped("leads", tenant_id)


def _row(lead: Lead) -> dict[str, Any]:
    row = lead.model_dump(mode="python", exclude_none=True)
    return {**row, "profile": lead.profile.known()}
