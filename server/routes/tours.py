"""Tours: a list, free times, booking by staff, what becomes of them, and calendar files."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from agent.services import Services
from agent.tours.calendar import TYPE, calendar
from agent.tours.models import Slot, Tour, TourQuery, TourStatus
from agent.tours.slots import label
from agent.tours.steps import CANCELED
from graphs import tour_desk
from server.actors import Actor
from server.deps import Id, TheRuntime, TheServices, scoped
from server.errors import problems
from server.listed import Cursor, Limit, Listed
from server.moments import Day, Moment
from server.scopes import Scope

router = APIRouter(prefix="/api/tours", tags=["tours"])

Reader = Annotated[Actor, Depends(scoped(Scope.TOURS_READ))]
Writer = Annotated[Actor, Depends(scoped(Scope.TOURS_WRITE))]
Text = Annotated[str, Query(max_length=200)]
At = Annotated[Moment, Query(description="With a zone, such as 2026-03-05T18:00:00Z.")]
FILE: dict[int | str, dict[str, Any]] = {200: {"content": {TYPE: {"schema": {"type": "string"}}}}}
STATUSES: dict[str, tour_desk.Outcome] = {
    "visited": TourStatus.VISITED,
    "no_show": TourStatus.NO_SHOW,
}


class TourItem(BaseModel):
    tour_id: str
    thread_id: str
    lead_id: str
    listing_id: str
    community_id: str
    status: TourStatus
    starts_at: datetime
    ends_at: datetime
    zone: str
    label: str
    """Its time as a person would say it there."""
    hold_until: datetime | None
    """While proposed: when the time is free again."""
    version: int
    created_at: datetime
    updated_at: datetime


class Slots(BaseModel):
    items: list[Slot]
    zone: str


class BookRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "thread_id": "thr_1",
                "listing_id": "lst_1",
                "starts_at": "2026-03-05T18:00:00Z",
            }
        },
    )

    thread_id: str = Field(min_length=1, max_length=200)
    """The conversation of whoever comes."""
    listing_id: str = Field(min_length=1, max_length=200)
    slot_id: str | None = Field(default=None, max_length=200)
    starts_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one_time(self) -> "BookRequest":
        if (self.slot_id is None) == (self.starts_at is None):
            raise ValueError("send either slot_id or starts_at")
        return self


class ChangeRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"status": "visited", "version": 2}}
    )

    status: Literal["visited", "no_show", "canceled_by_manager"] | None = None
    starts_at: AwareDatetime | None = None
    """The time to move it to."""
    version: int | None = Field(default=None, ge=1, le=2**31, strict=True)
    """The version that was read; 409 when it is stale."""

    @model_validator(mode="after")
    def _one_change(self) -> "ChangeRequest":
        if (self.status is None) == (self.starts_at is None):
            raise ValueError("send either status or starts_at")
        return self


@router.get("", summary="Tours, the latest first", responses=problems(401, 403))
async def list_tours(
    services: TheServices,
    actor: Reader,
    starts_from: Annotated[At | None, Query(alias="from")] = None,
    starts_before: Annotated[At | None, Query(alias="to")] = None,
    community: Text | None = None,
    status: TourStatus | None = None,
    thread_id: Text | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[TourItem]:
    query = TourQuery(
        community_id=community,
        thread_id=thread_id,
        statuses=[status] if status else [],
        starts_from=starts_from,
        starts_before=starts_before,
    )
    page = await services.tours.page(actor.tenant_id, query, limit=limit, cursor=cursor)
    return Listed(
        items=[await _item(services, actor.tenant_id, tour) for tour in page.items],
        next_cursor=page.next_cursor,
    )


@router.get("/slots", summary="Free times of a home", responses=problems(401, 403, 404))
async def list_slots(
    services: TheServices,
    actor: Reader,
    listing_id: Annotated[str, Query(min_length=1, max_length=200)],
    first: Annotated[
        Day | None, Query(alias="from", description="A local date there; default: today.")
    ] = None,
    days: Annotated[int, Query(ge=1, le=60)] = 7,
) -> Slots:
    listing = await services.listings.get(actor.tenant_id, listing_id)
    community = await services.tenants.community(actor.tenant_id, listing.community_id)
    free = await services.tours.free_slots(
        actor.tenant_id, listing_id, community, first=first, days=days
    )
    return Slots(items=free, zone=community.zone)


@router.post(
    "",
    status_code=201,
    summary="Book a tour",
    description="Goes through an approval that is decided by whoever books; the lead is told.",
    responses=problems(400, 401, 403, 404, 409, 415),
)
async def book(body: BookRequest, runtime: TheRuntime, actor: Writer) -> TourItem:
    tour = await tour_desk.book(
        runtime.services,
        actor.tenant_id,
        body.thread_id,
        listing_id=body.listing_id,
        starts_at=body.starts_at,
        slot_id=body.slot_id,
        actor=actor.name,
    )
    runtime.wake(actor.tenant_id, tour.thread_id)
    return await _item(runtime.services, actor.tenant_id, tour)


@router.get(
    "/{tour_id}.ics",
    summary="A tour as a calendar file",
    response_class=Response,
    responses=FILE | problems(401, 403, 404),
)
async def read_calendar(tour_id: Id, services: TheServices, actor: Reader) -> Response:
    tour = await services.tours.get(actor.tenant_id, tour_id)
    return await _file(services, actor.tenant_id, tour)


@router.get(
    "/{tour_id}",
    summary="One tour",
    description="With `Accept: text/calendar` the calendar file.",
    response_model=TourItem,
    responses=FILE | problems(401, 403, 404),
)
async def read_tour(
    request: Request, tour_id: Id, services: TheServices, actor: Reader
) -> TourItem | Response:
    tour = await services.tours.get(actor.tenant_id, tour_id)
    if TYPE in request.headers.get("accept", ""):
        return await _file(services, actor.tenant_id, tour)
    return await _item(services, actor.tenant_id, tour)


@router.patch(
    "/{tour_id}",
    summary="Mark, move or cancel a tour",
    description="`visited` and `no_show` after it began; `canceled_by_manager` and `starts_at` go "
    "through an approval that is decided by whoever asks, and the lead is told.",
    responses=problems(400, 401, 403, 404, 409, 415),
)
async def change(tour_id: Id, body: ChangeRequest, runtime: TheRuntime, actor: Writer) -> TourItem:
    tour = await _changed(runtime.services, actor, tour_id, body)
    runtime.wake(actor.tenant_id, tour.thread_id)
    return await _item(runtime.services, actor.tenant_id, tour)


async def _changed(services: Services, actor: Actor, tour_id: str, body: ChangeRequest) -> Tour:
    asked = (services, actor.tenant_id, tour_id)
    by, version = actor.name, body.version
    if body.starts_at is not None:
        return await tour_desk.move(*asked, body.starts_at, actor=by, version=version)
    if body.status in STATUSES:
        return await tour_desk.mark(*asked, STATUSES[body.status], actor=by, version=version)
    return await tour_desk.cancel(*asked, actor=by, version=version)


async def _item(services: Services, tenant_id: str, tour: Tour) -> TourItem:
    community = await services.tenants.community(tenant_id, tour.community_id)
    said = label(community, tour.starts_at)
    return TourItem.model_validate({**dict(tour), "label": said})


async def _file(services: Services, tenant_id: str, tour: Tour) -> Response:
    community = await services.tenants.community(tenant_id, tour.community_id)
    home = await services.listings.get(tenant_id, tour.listing_id)
    file = calendar(
        tour,
        community,
        where=home.address or community.address,
        canceled=tour.status in CANCELED,
    )
    return Response(
        file,
        media_type=f"{TYPE}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{tour.tour_id}.ics"'},
    )
