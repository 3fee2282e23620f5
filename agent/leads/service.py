"""Who a lead is: reachable only through the vault."""

from collections.abc import Sequence

from agent.errors import NotFound
from agent.kit.clock import Clock
from agent.kit.ids import new_id
from agent.leads.models import Consent, ConsentRecord, Lead, LeadProfile
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
            if consent.sms:
                await self._record(tenant_id, [lead], consent)

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

    async def reached_by(self, tenant_id: str, contact: Contact) -> list[Lead]:
        """Who has the phone number or e-mail address of `contact`, the newest first."""
        return await self.store.reached_by(tenant_id, self._vault.hashes(tenant_id, contact))

    async def opt_out(
        self, tenant_id: str, lead_id: str, *, source: str = "chat", text: str = ""
    ) -> list[Lead]:
        """End the consent of everyone with the lead's number or address; whose it has ended.

        Joins the caller's transaction.
        """
        lead = await self.get(tenant_id, lead_id)
        same = await self.store.reached_by(tenant_id, lead.hashes)
        ending = [
            each
            for each in {each.lead_id: each for each in (lead, *same)}.values()
            if each.consent.opted_out_at is None
        ]
        now = self._clock.now()
        for each in ending:
            await self.store.set_opted_out(tenant_id, each.lead_id, now)
        withdrawn = Consent(sms=False, text=text, source=source)
        await self._record(tenant_id, ending, withdrawn)
        return ending

    async def opt_in(self, tenant_id: str, lead_id: str, *, source: str, text: str) -> None:
        """Record a consent to be texted, given anew; joins the caller's transaction."""
        lead = await self.get(tenant_id, lead_id)
        now = self._clock.now()
        given = Consent(sms=True, text=text, at=now, source=source)
        await self.store.set_consent(tenant_id, lead_id, given, now)
        await self._record(tenant_id, [lead], given)

    async def introduce(self, tenant_id: str, lead_id: str) -> None:
        """Note that a text has told the lead who writes; joins the caller's transaction."""
        lead = await self.get(tenant_id, lead_id)
        if lead.consent.introduced_at is None:
            await self.store.set_introduced(tenant_id, lead_id, self._clock.now())

    async def refuses(self, tenant_id: str, lead: Lead) -> bool:
        """Whether somebody with the lead's number or address opted out after the lead agreed."""
        return any(
            each.consent.opted_out_at
            and (lead.consent.at is None or each.consent.opted_out_at > lead.consent.at)
            for each in await self.store.reached_by(tenant_id, lead.hashes)
        )

    async def _record(self, tenant_id: str, leads: Sequence[Lead], consent: Consent) -> None:
        now = self._clock.now()
        await self.store.record(
            tenant_id,
            [
                ConsentRecord(
                    lead_id=lead.lead_id,
                    given=consent.sms,
                    text=consent.text,
                    source=consent.source,
                    at=now,
                    phone=lead.hashes.get("phone"),
                )
                for lead in leads
            ],
        )

    async def save_profile(self, tenant_id: str, lead_id: str, profile: LeadProfile) -> None:
        await self.store.set_profile(tenant_id, lead_id, profile, self._clock.now())
