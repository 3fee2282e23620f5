"""The form that Zillow Rentals sends for a lead."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel, ValidationError

from agent.errors import InvalidInput
from agent.kit.digests import args_hash
from agent.kit.text import clean
from agent.leads.intake import LeadDraft
from agent.leads.models import LeadProfile
from agent.privacy.models import Contact
from agent.privacy.phones import e164
from agent.privacy.pii import redact
from graphs.inbound import conversing
from graphs.opening import open_thread
from graphs.runtime import Runtime

SOURCE = "zillow"
CONTACT = ("name", "email", "phone")
TEXT = ("message", "introduction")
WISHES = (
    "movingDate",
    "numBedroomsSought",
    "numBathroomsSought",
    "leaseLengthMonths",
    "neighborhoods",
)
NOTED = (
    "listingId",
    "listingStreet",
    "listingUnit",
    "listingCity",
    "listingPostalCode",
    "listingState",
    "propertyTypesDesired",
    "parkingTypeDesired",
    "moveInTimeframe",
    "leadType",
    "providerModelId",
)
"""Kept with the thread, for staff."""
LEFT_OUT = (
    "listingContactEmail",
    "smoker",
    "petDetailsJson",
    "movingFromCity",
    "movingFromState",
    "reasonForMoving",
    "incomeYearly",
    "creditScoreRangeJson",
    "employmentStatus",
    "jobTitle",
    "employer",
    "employmentStartDate",
    "employmentDetailsJson",
)
"""Known, and neither stored nor logged."""
FIELDS = (*CONTACT, *TEXT, *WISHES, *NOTED, *LEFT_OUT)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LONGEST = 200


class Intake(BaseModel):
    """What became of a form."""

    lead_id: str | None
    """None once the lead was erased, as `thread_id`."""
    thread_id: str | None
    duplicate: bool = False
    """The same person asked the same of the same home in the last 24 hours."""
    ignored_fields: int = 0
    """Fields of the form that are none of Zillow's."""


async def take_in(runtime: Runtime, tenant_id: str, form: Sequence[tuple[str, str]]) -> Intake:
    """Add the lead with a thread and what it wrote; the agent's answer follows by itself.

    Raises InvalidInput `lead_unreachable`, TooLarge.
    """
    services = runtime.services
    said = {name: clean(value) for name, value in form if name in FIELDS}
    contact = _contact(said)
    text = "\n\n".join(said[name] for name in TEXT if said.get(name))
    heard = await conversing.heard(services, tenant_id, text, "chat") if text else None
    listing_id = said.get("listingId", "")[:_LONGEST]
    home = await services.listings.named(tenant_id, listing_id) if listing_id else None
    community = await services.tenants.community(tenant_id, home.community_id if home else None)
    draft = LeadDraft(contact=contact, source=SOURCE, profile=_profile(said))
    metadata: dict[str, Any] = {"zillow": _noted(said)}
    if home is not None:
        metadata["listing_id"] = home.listing_id

    async def work() -> Mapping[str, Any]:
        lead = (await services.intake.take_in(tenant_id, draft)).lead
        thread = await open_thread(
            services, tenant_id, lead.lead_id, community, source=SOURCE, metadata=metadata
        )
        if heard is None:
            return {"lead_id": lead.lead_id, "thread_id": thread.thread_id}
        return await conversing.say(services, tenant_id, thread, heard, channel="chat")

    key = _key(services.vault.hashes(tenant_id, contact), listing_id, said, text)
    result, now = await services.inbound.once(tenant_id, SOURCE, key, "zillow.lead", work)
    if now and result.get("answer"):
        runtime.wake(tenant_id, str(result["thread_id"]))
    return Intake(
        lead_id=result.get("lead_id"),
        thread_id=result.get("thread_id"),
        duplicate=not now,
        ignored_fields=sum(name not in FIELDS for name, _ in form),
    )


def _contact(said: Mapping[str, str]) -> Contact:
    """Name, address and number, as far as they can be read."""
    email, phone = said.get("email", ""), said.get("phone", "")
    contact = Contact(
        name=said.get("name", "")[:_LONGEST] or None,
        email=email.lower() if _EMAIL.fullmatch(email) and len(email) <= 320 else None,
        phone=e164(phone) if len(phone) <= 40 else None,
    )
    if not contact.reachable:
        raise InvalidInput(
            "lead_unreachable", "Send an email or a phone that can be read, else nobody can answer."
        )
    return contact


def _profile(said: Mapping[str, str]) -> LeadProfile:
    """The wishes that can be read; the others are left out."""
    wishes: dict[str, Any] = {
        "move_date": _day(said.get("movingDate", "")),
        "bedrooms": _number(said.get("numBedroomsSought", ""), 20),
        "bathrooms": _number(said.get("numBathroomsSought", ""), 20),
        "lease_months": _number(said.get("leaseLengthMonths", ""), 60),
    }
    areas = [part[:80] for part in map(str.strip, said.get("neighborhoods", "").split(",")) if part]
    try:
        return LeadProfile(**wishes, areas=[redact(area).text for area in areas[:10]])
    except ValidationError:
        return LeadProfile()


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if re.fullmatch(r"[0-9]{8}", written) else None
    except ValueError:
        return None


def _number(written: str, most: int) -> float | int | None:
    if not re.fullmatch(r"\d{1,3}(\.[05]\d?)?", written, re.ASCII) or float(written) > most:
        return None
    value = float(written)
    return int(value) if value.is_integer() else value


def _noted(said: Mapping[str, str]) -> dict[str, str]:
    """Without what may be personal: these fields are free text of a stranger."""
    street = {"listingStreet", "listingUnit"}
    return {
        name: said[name][:_LONGEST] if name in street else redact(said[name][:_LONGEST]).text
        for name in NOTED
        if said.get(name)
    }


def _key(hashes: Mapping[str, str], listing_id: str, said: Mapping[str, str], text: str) -> str:
    who = {kind: hashes[kind] for kind in ("email", "phone") if kind in hashes}
    what = hashlib.sha256(text.encode()).hexdigest()
    moving = said.get("movingDate", "")
    return args_hash({"who": who, "listing": listing_id, "moving": moving, "message": what})
