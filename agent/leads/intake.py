"""A person whom somebody else knows already: found again by id or contact, or taken in."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from pydantic import BaseModel

from agent.ai.understanding.protected import is_protected
from agent.errors import Duplicate
from agent.events.models import Event
from agent.events.store import EventStore
from agent.kit.clock import Clock
from agent.kit.ids import new_id, stable_id
from agent.leads.models import Consent, ConsentRecord, Lead, LeadProfile
from agent.leads.store import LeadStore
from agent.mongo.repository import Repository
from agent.privacy.models import Contact
from agent.privacy.pii import redact
from agent.privacy.vault import Vault

_SHOWN = 10
_TRIES = 4


class LeadDraft(BaseModel):
    """What is known of a person; None and absent: not said."""

    external_id: str | None = None
    contact: Contact = Contact()
    source: str | None = None
    consent: Consent | None = None
    """`at` None: said just now."""
    profile: LeadProfile = LeadProfile()


@dataclass(frozen=True, slots=True)
class TakenIn:
    lead: Lead
    created: bool
    duplicates: list[str] = field(default_factory=list)
    """lead_ids of others with the same address or number, the newest first; at most 10."""


class LeadIntake:
    def __init__(
        self,
        repository: Repository,
        store: LeadStore,
        vault: Vault,
        events: EventStore,
        clock: Clock,
    ) -> None:
        self._repository = repository
        self._store = store
        self._vault = vault
        self._events = events
        self._clock = clock

    async def take_in(self, tenant_id: str, draft: LeadDraft) -> TakenIn:
        """Add a person, or write what is new over what is known; several at once make one.

        Known is who has the external_id; else the newest with the e-mail address, else with the
        number, unless another external_id names them. Whoever only claimed in a chat to have them
        is not known: a stranger may have. Nobody is merged: others with the same address or number
        are told in `duplicates`. An opt-out gives way only to a consent of a later date.
        """
        hashes = self._vault.hashes(tenant_id, draft.contact)
        named = next((hashes[kind] for kind in ("email", "phone") if kind in hashes), None)
        # of several at once that find nobody, this id lets one in; the others find that one
        lead_id = stable_id("lead", named) if named else new_id("lead")
        write = partial(self._write, tenant_id, draft, hashes, lead_id)
        for _ in range(_TRIES):
            with suppress(Duplicate):
                return await self._repository.transact(write)
        return await self._repository.transact(write)

    async def _write(
        self, tenant_id: str, draft: LeadDraft, hashes: dict[str, str], lead_id: str
    ) -> TakenIn:
        same = await self._store.reached_by(tenant_id, hashes)
        lead = await self._known(tenant_id, draft, hashes, same)
        others = [each.lead_id for each in same if lead is None or each.lead_id != lead.lead_id]
        now = self._clock.now()
        created = lead is None
        if lead is None:
            if await self._store.get(tenant_id, lead_id):
                # whose it was has other contact data by now
                lead_id = new_id("lead")
            lead = Lead(lead_id=lead_id, vouched=True, created_at=now, updated_at=now)
        changed = await self._changed(tenant_id, lead, draft)
        if created:
            await self._store.insert(tenant_id, changed)
            data = {"lead_id": changed.lead_id, "source": changed.source}
            if changed.external_id:
                data["external_id"] = changed.external_id
            await self._events.tell(tenant_id, Event(type="lead.created", data=data), now)
        elif changed != lead:
            changed = changed.model_copy(update={"updated_at": now})
            await self._store.put_many(tenant_id, new=(), known=[changed])
        if changed.consent != lead.consent and (changed.consent.sms or lead.consent.sms):
            await self._store.record(tenant_id, [_record(changed, now)])
        return TakenIn(changed, created, others[:_SHOWN])

    async def _known(
        self, tenant_id: str, draft: LeadDraft, hashes: dict[str, str], same: list[Lead]
    ) -> Lead | None:
        if draft.external_id is not None:
            if lead := await self._store.by_external_id(tenant_id, draft.external_id):
                return lead
            same = [each for each in same if each.external_id is None]
        same = [each for each in same if each.vouched]
        for kind in ("email", "phone"):
            for each in same:
                if kind in hashes and each.hashes.get(kind) == hashes[kind]:
                    return each
        return None

    async def _changed(self, tenant_id: str, lead: Lead, draft: LeadDraft) -> Lead:
        changes: dict[str, object] = {
            "external_id": draft.external_id or lead.external_id,
            "source": lead.source or draft.source,
            "profile": LeadProfile.model_validate(
                lead.profile.known() | _fit(draft.profile).known()
            ),
            "consent": self._consent(lead.consent, draft.consent),
        }
        if draft.contact != Contact():
            known = await self._vault.get(tenant_id, lead.contact_ref) if lead.contact_ref else None
            merged = draft.contact.over(known or Contact())
            if merged != known:
                ref = await self._vault.put(tenant_id, merged, ref=lead.contact_ref)
                changes |= {
                    "contact_ref": ref,
                    "hashes": self._vault.hashes(tenant_id, merged),
                }
        return lead.model_copy(update=changes)

    def _consent(self, standing: Consent, said: Consent | None) -> Consent:
        if said is None or (said.sms, said.text, said.at or standing.at) == (
            standing.sms,
            standing.text,
            standing.at,
        ):
            return standing
        out = standing.opted_out_at
        if out is not None and (not said.sms or said.at is None or said.at <= out):
            return standing
        return standing.model_copy(
            update={
                "sms": said.sms,
                "text": said.text,
                "source": said.source,
                "at": said.at or self._clock.now(),
                "opted_out_at": None,
            }
        )


def _fit(profile: LeadProfile) -> LeadProfile:
    """Without contact data, and without wishes that fair housing keeps out of a profile."""
    wishes = [redact(each).text for each in profile.preferences if not is_protected(each)]
    return profile.model_copy(
        update={
            "preferences": wishes,
            "areas": [redact(each).text for each in profile.areas],
            "property": redact(profile.property).text if profile.property else None,
        }
    )


def _record(lead: Lead, now: datetime) -> ConsentRecord:
    return ConsentRecord(
        lead_id=lead.lead_id,
        given=lead.consent.sms,
        text=lead.consent.text,
        source=lead.consent.source,
        at=lead.consent.at or now,
        phone=lead.hashes.get("phone"),
    )
