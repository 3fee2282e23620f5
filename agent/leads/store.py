from collections.abc import Sequence
from datetime import datetime
from typing import Any

from agent.leads.models import Lead, LeadProfile
from agent.mongo.repository import Repository


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

    async def set_profile(
        self, tenant_id: str, lead_id: str, profile: LeadProfile, now: datetime
    ) -> None:
        await self._set(tenant_id, lead_id, {"profile": profile.known()}, now)

    async def set_contact(
        self, tenant_id: str, lead_id: str, ref: str, hashes: dict[str, str], now: datetime
    ) -> None:
        await self._set(tenant_id, lead_id, {"contact_ref": ref, "hashes": hashes}, now)

    async def set_opted_out(self, tenant_id: str, lead_id: str, now: datetime) -> None:
        changes = {"consent.sms": False, "consent.opted_out_at": now}
        await self._set(tenant_id, lead_id, changes, now)

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
