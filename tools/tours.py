"""Times for a tour, and proposals to book, move or cancel one."""

from datetime import date, datetime, time
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from agent.approvals.models import EFFECTIVE, Approval
from agent.errors import Forbidden
from agent.listings.models import Listing
from agent.services import Services
from agent.tenants.models import Community
from agent.tours.models import SlotOffer, Tour, TourStatus
from agent.tours.slots import label
from tools.call import Call
from tools.text import FreeText

_ACTIVE = (TourStatus.PROPOSED, TourStatus.BOOKED)


class SlotsArgs(BaseModel):
    model_config = ConfigDict(extra="forbid")

    listing_id: str
    on: date | None = None
    around: time | None = None


class ProposeArgs(BaseModel):
    model_config = ConfigDict(extra="forbid")

    listing_id: str
    slot_id: str | None = None
    starts_at: AwareDatetime | None = None
    contact: str | None = None

    @model_validator(mode="after")
    def _one_time(self) -> "ProposeArgs":
        if (self.slot_id is None) == (self.starts_at is None):
            raise ValueError("give either slot_id or starts_at")
        return self


class RescheduleArgs(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tour_id: str
    slot_id: str


class CancelArgs(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tour_id: str
    reason: FreeText | None = Field(default=None, max_length=500)


class TourArgs(BaseModel):
    """The stored arguments of schedule_tour."""

    model_config = ConfigDict(extra="forbid")

    listing_id: str
    starts_at: AwareDatetime
    tour_id: str
    contact: str


class MoveArgs(BaseModel):
    """The stored arguments of reschedule_tour; `hold_id` keeps the new time meanwhile."""

    model_config = ConfigDict(extra="forbid")

    tour_id: str
    listing_id: str
    starts_at: AwareDatetime
    hold_id: str
    contact: str


class CancelStored(BaseModel):
    """The stored arguments of cancel_tour."""

    model_config = ConfigDict(extra="forbid")

    tour_id: str
    reason: FreeText | None = None
    contact: str | None = None
    by: Literal["renter", "manager"] = "renter"
    """Who cancels."""


async def tour_slots(call: Call, args: SlotsArgs) -> SlotOffer:
    """At most three free times, in the community's zone; they count as offered."""
    listing = await call.services.listings.seen(call.tenant_id, args.listing_id)
    community = await call.services.tenants.community_of(call.tenant_id, listing.community_id)
    offer = await call.services.tours.slots(
        call.tenant_id, listing.listing_id, community, on=args.on, around=args.around
    )
    call.slots.update({slot.slot_id: (listing.listing_id, slot.starts_at) for slot in offer.slots})
    return offer


async def propose_tour(call: Call, args: ProposeArgs) -> Approval:
    """Hold the time and ask a person to book it."""
    contact = call.contact()
    listing = await call.services.listings.get(call.tenant_id, args.listing_id)
    community = await call.services.tenants.community(call.tenant_id, listing.community_id)
    starts_at = args.starts_at or await _start(call, args.slot_id, listing, community)

    async def write() -> Approval:
        tour_id = await call.own_id("tour", listing.listing_id, starts_at)
        tour = await _hold(call, tour_id, listing, community, starts_at)
        stored = TourArgs(
            listing_id=listing.listing_id,
            starts_at=tour.starts_at,
            tour_id=tour.tour_id,
            contact=contact,
        )
        return await call.propose(
            "schedule_tour",
            stored.model_dump(mode="json"),
            f"Book a tour of {listing.title} on {label(community, tour.starts_at)}, and remind "
            "the lead 24 and 2 hours before.",
            supersedes={},
            made=frozenset({"tour_id"}),
            community=community,
        )

    return await call.services.repository.transact(write)


async def reschedule_tour(call: Call, args: RescheduleArgs) -> Approval:
    """Hold the new time and ask a person to move the tour to it."""
    contact = call.contact()
    tour = await own_tour(call, args.tour_id)
    listing = await call.services.listings.get(call.tenant_id, tour.listing_id)
    community = await call.services.tenants.community(call.tenant_id, tour.community_id)
    starts_at = await _start(call, args.slot_id, listing, community)

    async def write() -> Approval:
        hold_id = await call.own_id("tour", tour.tour_id, starts_at)
        held = await _hold(
            call,
            hold_id,
            listing,
            community,
            starts_at,
            action="reschedule_tour",
            replaces=tour.tour_id,
        )
        stored = MoveArgs(
            tour_id=tour.tour_id,
            listing_id=tour.listing_id,
            starts_at=held.starts_at,
            hold_id=hold_id,
            contact=contact,
        )
        return await call.propose(
            "reschedule_tour",
            stored.model_dump(mode="json"),
            f"Move the tour of {listing.title} from {label(community, tour.starts_at)} "
            f"to {label(community, held.starts_at)}, and remind the lead of the new time.",
            supersedes={"tour_id": tour.tour_id},
            made=frozenset({"hold_id"}),
            community=community,
        )

    return await call.services.repository.transact(write)


async def cancel_tour(call: Call, args: CancelArgs) -> Approval | None:
    """Ask a person to cancel a booked tour; what is only proposed is withdrawn at once."""
    tour = await own_tour(call, args.tour_id)
    services = call.services
    community = await services.tenants.community(call.tenant_id, tour.community_id)
    listing = await services.listings.get(call.tenant_id, tour.listing_id)
    stored = CancelStored(
        tour_id=tour.tour_id,
        reason=args.reason or None,
        contact=call.contact_ref,
        by="manager" if call.by_staff else "renter",
    )

    async def write() -> Approval | None:
        await _withdraw(call, tour)
        if tour.status is TourStatus.PROPOSED:
            return None
        return await call.propose(
            "cancel_tour",
            stored.model_dump(mode="json", exclude_none=True),
            f"Cancel the tour of {listing.title} on {label(community, tour.starts_at)}.",
            supersedes={"tour_id": tour.tour_id},
            community=community,
        )

    return await services.repository.transact(write)


async def _withdraw(call: Call, tour: Tour) -> None:
    """Close the pending proposals to book or move `tour`; joins a transaction."""
    from tools.settle import settle

    services = call.services
    for action in ("schedule_tour", "reschedule_tour"):
        for row in await services.approvals.store.pending(
            call.tenant_id, call.thread_id, action=action
        ):
            if row.args["tour_id"] == tour.tour_id:
                await services.approvals.withdraw(
                    call.tenant_id,
                    row,
                    settle=lambda old: settle(services, call.tenant_id, old),
                )


async def own_tour(call: Call, tour_id: str) -> Tour:
    for tour in await call.services.tours.of_thread(call.tenant_id, call.thread_id):
        if tour.tour_id == tour_id and tour.status in _ACTIVE:
            return tour
    raise Forbidden("id_not_offered", "This thread has no such tour.")


async def _start(
    call: Call, slot_id: str | None, listing: Listing, community: Community
) -> datetime:
    """When the slot begins: one offered in this thread; for a trusted caller, any free one."""
    offered = call.slots.get(slot_id or "")
    if offered and offered[0] == listing.listing_id:
        return offered[1]
    if call.trusted:
        free = await call.services.tours.free_slots(
            call.tenant_id, listing.listing_id, community, days=community.tour.horizon_days + 1
        )
        for slot in free:
            if slot.slot_id == slot_id:
                return slot.starts_at
    raise Forbidden("id_not_offered", "Choose one of the times that were offered.")


async def _hold(
    call: Call,
    tour_id: str,
    listing: Listing,
    community: Community,
    starts_at: datetime,
    *,
    action: str = "schedule_tour",
    replaces: str | None = None,
) -> Tour:
    return await call.services.tours.hold(
        call.tenant_id,
        tour_id=tour_id,
        thread_id=call.thread_id,
        lead_id=call.lead_id,
        listing_id=listing.listing_id,
        community=community,
        starts_at=starts_at,
        until=await call.expiry(action),
        replaces=replaces,
    )


async def settle_schedule(services: Services, tenant_id: str, approval: Approval) -> None:
    args = TourArgs.model_validate(approval.args)
    if approval.status not in EFFECTIVE:
        await services.tours.release(tenant_id, args.tour_id)
        return
    if approval.proposed_args is not None:
        await services.tours.move(tenant_id, args.tour_id, args.starts_at)
    await services.tours.book(tenant_id, args.tour_id, action_id=approval.action_id)


async def unsettle_schedule(
    services: Services, tenant_id: str, decided: Approval, reopened: Approval
) -> None:
    args = TourArgs.model_validate(reopened.args)
    await forget_reminders(services, tenant_id, args.tour_id)
    await services.tours.undo.book(
        tenant_id, args.tour_id, args.starts_at, until=reopened.expires_at
    )


async def settle_reschedule(services: Services, tenant_id: str, approval: Approval) -> None:
    args = MoveArgs.model_validate(approval.args)
    if approval.status in EFFECTIVE:
        await forget_reminders(services, tenant_id, args.tour_id)
        await services.tours.move(
            tenant_id, args.tour_id, args.starts_at, action_id=approval.action_id
        )
    # a hold that the move has used up is released already
    await services.tours.release(tenant_id, args.hold_id)


async def unsettle_reschedule(
    services: Services, tenant_id: str, decided: Approval, reopened: Approval
) -> None:
    args = MoveArgs.model_validate(reopened.args)
    await forget_reminders(services, tenant_id, args.tour_id)
    await services.tours.undo.move(
        tenant_id,
        args.tour_id,
        moved_to=MoveArgs.model_validate(decided.args).starts_at,
        hold_id=args.hold_id,
        held=args.starts_at,
        until=reopened.expires_at,
    )


async def settle_cancel(services: Services, tenant_id: str, approval: Approval) -> None:
    if approval.status in EFFECTIVE:
        args = CancelStored.model_validate(approval.args)
        await forget_reminders(services, tenant_id, args.tour_id)
        await services.tours.cancel(tenant_id, args.tour_id, by=args.by)


async def unsettle_cancel(
    services: Services, tenant_id: str, decided: Approval, reopened: Approval
) -> None:
    args = CancelStored.model_validate(decided.args)
    await services.tours.undo.cancel(tenant_id, args.tour_id)


async def forget_reminders(services: Services, tenant_id: str, tour_id: str) -> None:
    """Take back the reminders of its present time that have not left."""
    tour = await services.tours.get(tenant_id, tour_id)
    for delivery_id in tour.reminders:
        await services.outbox.cancel(tenant_id, delivery_id)
