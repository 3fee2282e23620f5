"""Who holds a time: taking a seat, and giving it up."""

from datetime import datetime, timedelta
from typing import Any

from agent.errors import Conflict
from agent.kit.clock import Clock
from agent.tenants.models import Community
from agent.tours.models import Tour, TourQuery, TourStatus
from agent.tours.reminding import next_at
from agent.tours.slots import end_of
from agent.tours.store import TourStore


class Seats:
    """The writes of tours; their caller has opened a transaction."""

    def __init__(self, store: TourStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def take(
        self, tenant_id: str, community: Community, starts_at: datetime, tour_id: str
    ) -> int:
        """A seat nobody else has; the unique index decides between those who read it at once.

        Raises Conflict `tour_slot_taken`.
        """
        now = self._clock.now()
        standing: list[Tour] = []
        for tour in await self._beside(tenant_id, community, starts_at):
            if tour.tour_id == tour_id:
                continue
            if tour.lapsed(now):
                await self.save(tenant_id, tour, seat=None)
            else:
                standing.append(tour)
        if len(standing) >= community.tour.capacity:
            raise taken()
        seats = {tour.seat for tour in standing if tour.starts_at == starts_at}
        return next(seat for seat in range(community.tour.capacity) if seat not in seats)

    async def end(self, tenant_id: str, tour: Tour, status: TourStatus) -> Tour:
        return await self.save(tenant_id, tour, status=status, seat=None, hold_until=None)

    async def end_moves(
        self, tenant_id: str, tour_id: str, starts_at: datetime | None = None
    ) -> bool:
        """End the holds of a new time for a tour, only those at `starts_at` where it is given;
        whether there was one."""
        holds = await self._store.holds_for(tenant_id, tour_id)
        ended = [hold for hold in holds if starts_at in (None, hold.starts_at)]
        for hold in ended:
            await self.end(tenant_id, hold, TourStatus.CANCELED_BY_MANAGER)
        return bool(ended)

    async def end_twins(
        self, tenant_id: str, thread_id: str, community: Community, starts_at: datetime
    ) -> None:
        """End what the thread itself holds at this time."""
        query = TourQuery(
            thread_id=thread_id,
            community_id=community.community_id,
            statuses=[TourStatus.PROPOSED],
            starts_from=starts_at,
            starts_before=starts_at + timedelta(minutes=1),
        )
        for hold in await self._store.find(tenant_id, query, limit=0):
            await self.end(tenant_id, hold, TourStatus.CANCELED_BY_MANAGER)

    async def save(self, tenant_id: str, tour: Tour, **changes: Any) -> Tour:
        """Write `changes` over `tour`, as it was read in this transaction."""
        now = self._clock.now()
        changes |= {"version": tour.version + 1, "updated_at": now}
        changed = tour.model_copy(update=changes)
        changed.remind_at = next_at(changed, now)
        await self._store.save(tenant_id, changed)
        return changed

    async def _beside(
        self, tenant_id: str, community: Community, starts_at: datetime
    ) -> list[Tour]:
        buffer = timedelta(minutes=community.tour.buffer_minutes)
        return await self._store.holding(
            tenant_id,
            community.community_id,
            starts_at - buffer,
            end_of(community, starts_at) + buffer,
        )


def taken() -> Conflict:
    return Conflict("tour_slot_taken", "That time has just been taken; choose another slot.")
