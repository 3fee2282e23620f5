"""Leads, for staff and programs; who they are only for those who may know."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from agent.leads.intake import LeadDraft
from agent.leads.models import Consent, Lead, LeadProfile, SaidConsent
from agent.leads.reveal import reveal
from agent.privacy.models import Contact
from graphs.erasure import ErasureReport, forget
from server.actors import Actor
from server.contact import ContactFields, Name
from server.deps import Id, TheServices, scoped
from server.errors import problems
from server.listed import Cursor, Limit, Listed
from server.moments import Moment
from server.routes.threads import ThreadSummary
from server.scopes import Scope

router = APIRouter(prefix="/api/leads/leads", tags=["leads"])

Reader = Annotated[Actor, Depends(scoped(Scope.LEADS_READ))]
Writer = Annotated[Actor, Depends(scoped(Scope.LEADS_WRITE))]
Eraser = Annotated[Actor, Depends(scoped(Scope.PII_ERASE))]
EXTERNAL_ID = r"^[A-Za-z0-9_.:/-]{1,200}$"
"""Shown in events, so no address and no number with a plus."""


class SmsConsent(SaidConsent):
    model_config = ConfigDict(extra="forbid")

    sms: bool
    """Whether the lead agreed to be texted."""


class LeadRequest(ContactFields):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "external_id": "crm-4711",
                "name": "Sam Lee",
                "email": "sam@lee.example",
                "source": "crm",
                "consent": {"sms": True, "text": "Text me about homes.", "source": "web form"},
                "profile": {"bedrooms": 2, "budget": 2600},
            }
        },
    )

    external_id: str | None = Field(default=None, pattern=EXTERNAL_ID)
    """The lead's id in your program."""
    source: Name | None = None
    consent: SmsConsent | None = None
    profile: LeadProfile = Field(default_factory=LeadProfile)
    """What is said replaces what is known; what is not said stays."""


class LeadTaken(BaseModel):
    lead_id: str
    created: bool
    profile: LeadProfile
    duplicates: list[str]
    """Other leads with the same e-mail address or number; nobody is merged."""


class LeadSummary(BaseModel):
    lead_id: str
    external_id: str | None
    source: str | None
    profile: LeadProfile
    consent: Consent
    hashes: dict[str, str]
    """Keyed hashes of what the vault knows: name, email, phone."""
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, lead: Lead) -> "LeadSummary":
        return cls.model_validate(lead, from_attributes=True)


class LeadDetail(LeadSummary):
    threads: list[ThreadSummary]
    """The newest first, at most 200."""
    contact: Contact | None = None
    """Only with `reveal`."""


@router.post(
    "",
    summary="Add a lead, or add to a known one",
    description="Known is who has the `external_id`; else the newest lead with the e-mail address, "
    "else with the number, that has no other `external_id`. The contact goes to the vault. "
    "Subscribers hear of a new lead as `lead.created`.",
    responses=problems(400, 401, 403, 413, 415),
)
async def put_lead(body: LeadRequest, services: TheServices, actor: Writer) -> LeadTaken:
    draft = LeadDraft(
        external_id=body.external_id,
        contact=body.contact(),
        source=body.source,
        consent=body.consent.consent("api") if body.consent else None,
        profile=body.profile,
    )
    taken = await services.intake.take_in(actor.tenant_id, draft)
    return LeadTaken(
        lead_id=taken.lead.lead_id,
        created=taken.created,
        profile=taken.lead.profile,
        duplicates=taken.duplicates,
    )


@router.get("", summary="Leads, the newest first", responses=problems(401, 403))
async def list_leads(
    services: TheServices,
    actor: Reader,
    source: Annotated[str | None, Query(max_length=200)] = None,
    external_id: Annotated[str | None, Query(pattern=EXTERNAL_ID)] = None,
    updated_after: Moment | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[LeadSummary]:
    page = await services.leads.store.page(
        actor.tenant_id,
        source=source,
        external_id=external_id,
        updated_after=updated_after,
        limit=limit,
        cursor=cursor,
    )
    return Listed(items=[LeadSummary.of(lead) for lead in page.items], next_cursor=page.next_cursor)


@router.get(
    "/{lead_id}",
    summary="One lead",
    description="With `reveal=1` also the name, e-mail and phone, for keys with `pii:read`. "
    "Each reading is audited: as `lead.read`, with `reveal` as `lead.revealed`.",
    responses=problems(401, 403, 404),
)
async def read_lead(
    lead_id: Id,
    services: TheServices,
    actor: Reader,
    revealed: Annotated[bool, Query(alias="reveal")] = False,
) -> LeadDetail:
    contact = None
    if revealed:
        actor.require(Scope.PII_READ)
        contact = await reveal(
            services.leads,
            services.vault,
            services.audit,
            actor.tenant_id,
            lead_id,
            actor=actor.name,
        )
    lead = await services.leads.get(actor.tenant_id, lead_id)
    if not revealed:
        await services.audit.record(actor.tenant_id, "lead.read", lead_id, {}, actor=actor.name)
    threads = await services.threads.store.page(actor.tenant_id, lead_id=lead_id, limit=200)
    return LeadDetail.model_validate(
        {
            **dict(lead),
            "threads": [ThreadSummary.of(thread) for thread in threads.items],
            "contact": contact,
        }
    )


@router.delete(
    "/{lead_id}",
    summary="Forget a lead",
    description="Erases the contact data, everything the lead and the agent said, and all that was "
    "made of it; cancels the lead's tours. The audit keeps that it was done. Again: the same "
    "report.",
    responses=problems(401, 403, 404),
)
async def erase_lead(lead_id: Id, services: TheServices, actor: Eraser) -> ErasureReport:
    return await forget(services, actor.tenant_id, lead_id, actor=actor.name)
