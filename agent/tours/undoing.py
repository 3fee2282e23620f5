"""Tours as they were before a decision that is taken back; inside the caller's transaction."""

from datetime import datetime
from typing import Any

from agent.errors import Conflict
from agent.kit.clock import Clock
from agent.tenants.service import TenantService
from agent.tours.models import Tour, TourStatus
from agent.tours.seats import Seats
from agent.tours.slots import end_of, require_ahead
from agent.tours.steps import CANCELED
from agent.tours.store import TourStore


class Undoing:
    """Every method raises Conflict `tour_changed` where the tour has gone on since, and
    `tour_slot_taken` or `tour_slot_invalid` where the earlier time cannot be had any more."""

    def __init__(
        self, store: TourStore, seats: Seats, tenants: TenantService, clock: Clock
    ) -> None:
        self._store = store
        self._seats = seats
        self._tenants = tenants
        self._clock = clock

    async def book(
        self, tenant_id: str, tour_id: str, starts_at: datetime, *, until: datetime
    ) -> Tour:
        """Booked -> proposed at the time that was proposed, held until `until`."""
        tour = await self._read(tenant_id, tour_id)
        if tour.status is not TourStatus.BOOKED or await self._store.holds_for(tenant_id, tour_id):
            raise _changed()
        if tour.starts_at != starts_at:
            tour = await self._at(tenant_id, tour, starts_at)
        return await self._seats.save(
            tenant_id, tour, status=TourStatus.PROPOSED, hold_until=until, actions=[]
        )

    async def move(
        self,
        tenant_id: str,
        tour_id: str,
        *,
        moved_to: datetime,
        hold_id: str,
        held: datetime,
        until: datetime,
    ) -> Tour:
        """Back to the time before; `held`, that was proposed, is kept by the hold again."""
        tour = await self._read(tenant_id, tour_id)
        hold = await self._read(tenant_id, hold_id)
        back = tour.moved_from
        if tour.status is not TourStatus.BOOKED or tour.starts_at != moved_to or back is None:
            raise _changed()
        tour = await self._at(tenant_id, tour, back, actions=tour.actions[:-1])
        hold = await self._at(tenant_id, hold, held)
        await self._seats.save(tenant_id, hold, status=TourStatus.PROPOSED, hold_until=until)
        return tour

    async def cancel(self, tenant_id: str, tour_id: str) -> Tour:
        """Canceled -> booked, where the time is still free."""
        tour = await self._read(tenant_id, tour_id)
        if tour.status not in CANCELED:
            raise _changed()
        tour = await self._at(tenant_id, tour, tour.starts_at)
        return await self._seats.save(tenant_id, tour, status=TourStatus.BOOKED)

    async def _at(self, tenant_id: str, tour: Tour, starts_at: datetime, **changes: Any) -> Tour:
        """`tour` on a seat at `starts_at`."""
        require_ahead(starts_at, self._clock.now())
        community = await self._tenants.community(tenant_id, tour.community_id)
        seat = await self._seats.take(tenant_id, community, starts_at, tour.tour_id)
        return await self._seats.save(
            tenant_id,
            tour,
            starts_at=starts_at,
            ends_at=end_of(community, starts_at),
            seat=seat,
            moved_from=None,
            **changes,
        )

    async def _read(self, tenant_id: str, tour_id: str) -> Tour:
        tour = await self._store.get(tenant_id, tour_id)
        if tour is None:
            raise _changed()
        return tour


def _changed() -> Conflict:
    return Conflict("tour_changed", "The tour has changed since; cancel or move it instead.")
