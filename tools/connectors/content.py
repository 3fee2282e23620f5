"""What an action means in full, gathered when it leaves: whom to reach, when, where."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.errors import NotFound
from agent.listings.models import Listing
from agent.outbox.models import Delivery, Refused
from agent.privacy.models import Contact
from agent.services import Services
from agent.tenants.models import Community
from agent.tours.calendar import TYPE, calendar
from agent.tours.models import Tour, TourStatus
from agent.tours.slots import label

_BOOKING = ("schedule_tour", "reschedule_tour")


@dataclass(frozen=True, slots=True)
class Content:
    """Contact data is in here: it goes to the provider and nowhere else."""

    contact: Contact
    community: Community
    listing: Listing | None = None
    tour: Tour | None = None
    canceled: bool = False

    @property
    def address(self) -> str:
        own = self.listing.address if self.listing else ""
        return own or self.community.address

    @property
    def ics(self) -> str | None:
        """The tour as a calendar file."""
        if self.tour is None:
            return None
        file = calendar(self.tour, self.community, where=self.address, canceled=self.canceled)
        return file.decode()

    def touring(self) -> dict[str, Any]:
        """The tour as a calendar needs it; nothing without one."""
        if self.tour is None:
            return {}
        return {
            "tour_id": self.tour.tour_id,
            "starts_at": self.tour.starts_at,
            "ends_at": self.tour.ends_at,
            "zone": self.tour.zone,
            "label": label(self.community, self.tour.starts_at),
            "calendar": {
                "filename": "tour.ics",
                "content_type": f"{TYPE}; charset=utf-8",
                "text": self.ics,
            },
        }


async def content(services: Services, tenant_id: str, delivery: Delivery) -> Content:
    """Raises Refused for what is not there any more, or not as it was approved."""
    args = delivery.args
    try:
        tour = listing = None
        if tour_id := args.get("tour_id"):
            tour = await services.tours.get(tenant_id, str(tour_id))
            _check(delivery, tour, services.clock.now())
        if listing_id := args.get("listing_id") or (tour and tour.listing_id):
            listing = await services.listings.get(tenant_id, str(listing_id))
        community_id = tour.community_id if tour else listing.community_id if listing else None
        if community_id is None:
            thread = await services.threads.get(tenant_id, delivery.thread_id)
            community_id = thread.community_id
        community = await services.tenants.community(tenant_id, community_id)
    except NotFound as error:
        raise Refused(error.code) from None
    ref = args.get("contact")
    contact = await services.vault.get(tenant_id, str(ref)) if ref else None
    if ref and contact is None:
        raise Refused("contact_erased")
    return Content(
        contact=contact or Contact(),
        community=community,
        listing=listing,
        tour=tour,
        canceled=delivery.action == "cancel_tour",
    )


def _check(delivery: Delivery, tour: Tour, now: datetime) -> None:
    """A tour that was moved, called off or is over is not booked any more."""
    if delivery.action not in _BOOKING:
        return
    starts_at = datetime.fromisoformat(str(delivery.args["starts_at"]))
    if tour.status is not TourStatus.BOOKED or tour.starts_at != starts_at:
        raise Refused("tour_changed")
    if tour.starts_at <= now:
        raise Refused("tour_past")
