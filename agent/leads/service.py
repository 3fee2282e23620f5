"""Who a lead is: reachable only through the vault."""

from agent.errors import NotFound
from agent.kit.clock import Clock
from agent.kit.ids import new_id
from agent.leads.models import Consent, Lead, LeadProfile
from agent.leads.store import LeadStore
from agent.mongo.repository import Repository
from agent.privacy.models import Contact
from agent.privacy.vault import Vault


class LeadService:
    def __init__(
        self, repository: Repository, store: LeadStore, vault: Vault, clock: Clock
    ) -> None:
        self._repository = repository
        self.store = store
        self._vault = vault
        self._clock = clock

    async def get(self, tenant_id: str, lead_id: str) -> Lead:
        lead = await self.store.get(tenant_id, lead_id)
        if lead is None:
            raise NotFound("lead_not_found", f"There is no lead {lead_id[:80]!r}.")
        return lead

    async def create(
        self, tenant_id: str, *, contact: Contact, consent: Consent, source: str | None
    ) -> Lead:
        now = self._clock.now()
        lead = Lead(
            lead_id=new_id("lead"),
            source=source,
            consent=consent,
            profile=LeadProfile(),
            created_at=now,
            updated_at=now,
        )

        async def write() -> None:
            if contact != Contact():
                lead.contact_ref = await self._vault.put(tenant_id, contact)
                lead.hashes = self._vault.hashes(tenant_id, contact)
            await self.store.insert(tenant_id, lead)

        await self._repository.transact(write)
        return lead

    async def learn_contact(self, tenant_id: str, lead_id: str, contact: Contact) -> Lead:
        """Add what a message gave away to the vault; returns the lead as it is now."""

        async def write() -> Lead:
            lead = await self.get(tenant_id, lead_id)
            if contact == Contact():
                return lead
            known = await self._vault.get(tenant_id, lead.contact_ref) if lead.contact_ref else None
            merged = contact.over(known or Contact())
            ref = await self._vault.put(tenant_id, merged, ref=lead.contact_ref)
            hashes = self._vault.hashes(tenant_id, merged)
            await self.store.set_contact(tenant_id, lead_id, ref, hashes, self._clock.now())
            return lead.model_copy(update={"contact_ref": ref, "hashes": hashes})

        return await self._repository.transact(write)

    async def opt_out(self, tenant_id: str, lead_id: str) -> None:
        """End the consent to be written to; joins the caller's transaction."""
        lead = await self.get(tenant_id, lead_id)
        if lead.consent.opted_out_at is None:
            await self.store.set_opted_out(tenant_id, lead_id, self._clock.now())

    async def save_profile(self, tenant_id: str, lead_id: str, profile: LeadProfile) -> None:
        await self.store.set_profile(tenant_id, lead_id, profile, self._clock.now())
