"""What a lead's own link shows and does: cancel a tour, or ask for another time."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from agent.errors import InvalidInput
from agent.tours.models import Slot, TourStatus
from agent.tours.slots import label
from graphs import tour_desk
from server.deps import TheRuntime, TheServices
from server.errors import problems

router = APIRouter(prefix="/api/tours/links", tags=["tours"])

Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,2000}$")]


class LinkedTour(BaseModel):
    purpose: Literal["cancel", "reschedule"]
    used: bool
    """It works once."""
    status: TourStatus
    home: str
    community: str
    starts_at: datetime
    label: str
    """Its time as a person would say it there."""
    expires_at: datetime
    slots: list[Slot]
    """To reschedule: times to choose from."""


class LinkRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {}})

    slot_id: str | None = Field(default=None, max_length=200)
    """To reschedule: one of the slots."""


class LinkDone(BaseModel):
    status: TourStatus
    """Of the tour, as it is now."""
    action_id: str | None = None
    """To reschedule: what waits for a person."""


@router.get("/{token}", summary="What a link is for", responses=problems(404, 410))
async def read_link(token: Token, services: TheServices) -> LinkedTour:
    link = services.tour_links.read(token)
    tour = await services.tours.get(link.tenant_id, link.tour_id)
    home = await services.listings.get(link.tenant_id, tour.listing_id)
    community = await services.tenants.community(link.tenant_id, tour.community_id)
    slots: list[Slot] = []
    if link.purpose == "reschedule":
        offer = await services.tours.slots(link.tenant_id, tour.listing_id, community, limit=12)
        slots = offer.slots
    return LinkedTour(
        purpose=link.purpose,
        used=await services.tour_links.used(link),
        status=tour.status,
        home=home.title,
        community=community.name,
        starts_at=tour.starts_at,
        label=label(community, tour.starts_at),
        expires_at=link.expires_at,
        slots=slots,
    )


@router.post(
    "/{token}",
    summary="Cancel, or ask for another time, once",
    description="A cancellation is the lead's own and takes place at once; another time waits for "
    "a person.",
    responses=problems(400, 404, 409, 410, 415),
)
async def use_link(token: Token, body: LinkRequest, runtime: TheRuntime) -> LinkDone:
    services = runtime.services
    link = services.tour_links.read(token)
    if link.purpose == "cancel":
        tour = await tour_desk.cancel_by_link(services, link)
        runtime.wake(link.tenant_id, tour.thread_id)
        return LinkDone(status=tour.status)
    if body.slot_id is None:
        raise InvalidInput("tour_slot_missing", "Send the slot_id of one of the slots.")
    approval = await tour_desk.move_by_link(services, link, body.slot_id)
    tour = await services.tours.get(link.tenant_id, link.tour_id)
    return LinkDone(status=tour.status, action_id=approval.action_id)
