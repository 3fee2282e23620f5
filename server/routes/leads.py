"""Leads, for staff and programs; who they are only for those who may know."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from agent.leads.models import Consent, LeadProfile
from agent.leads.reveal import reveal
from agent.privacy.models import Contact
from server.actors import Actor
from server.deps import Id, TheServices, scoped
from server.errors import problems
from server.routes.threads import ThreadSummary
from server.scopes import Scope

router = APIRouter(prefix="/api/leads/leads", tags=["leads"])

Reader = Annotated[Actor, Depends(scoped(Scope.LEADS_READ))]


class LeadDetail(BaseModel):
    lead_id: str
    external_id: str | None
    source: str | None
    profile: LeadProfile
    consent: Consent
    hashes: dict[str, str]
    """Keyed hashes of what the vault knows: name, email, phone."""
    threads: list[ThreadSummary]
    """The newest first, at most 200."""
    contact: Contact | None = None
    """Only with `reveal`."""
    created_at: datetime
    updated_at: datetime


@router.get(
    "/{lead_id}",
    summary="One lead",
    description="With `reveal=1` also the name, e-mail and phone, for keys with `pii:read`; each "
    "such reading is audited.",
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
    threads = await services.threads.store.page(actor.tenant_id, lead_id=lead_id, limit=200)
    return LeadDetail.model_validate(
        {
            **dict(lead),
            "threads": [ThreadSummary.of(thread) for thread in threads.items],
            "contact": contact,
        }
    )
