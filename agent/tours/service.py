"""The rules of tours: what is free, who holds it, and what may become of a tour."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from typing import Literal

from agent.errors import Conflict, Duplicate, NotFound
from agent.kit.clock import Clock
from agent.mongo.paging import Page
from agent.mongo.repository import Repository
from agent.tenants.models import Community
from agent.tenants.service import TenantService
from agent.tours.models import Slot, SlotOffer, Tour, TourQuery, TourStatus
from agent.tours.offers import free_starts, propose
from agent.tours.seats import Seats, taken
from agent.tours.slots import end_of, require_ahead, require_start, slot
from agent.tours.steps import CANCELED, require_movable, require_own, require_step
from agent.tours.store import TourStore
from agent.tours.undoing import Undoing


class TourService:
    """Every write joins the caller's transaction or runs in its own.

    `version`, where it is given, is the one the caller has seen: Conflict `tour_version_stale`
    when the tour has changed since. Without it a step that was taken already is no error.
    """

    def __init__(
        self, repository: Repository, store: TourStore, tenants: TenantService, clock: Clock
    ) -> None:
        self._repository = repository
        self._store = store
        self._seats = Seats(store, clock)
        self.undo = Undoing(store, self._seats, tenants, clock)
        self._tenants = tenants
        self._clock = clock

    async def get(self, tenant_id: str, tour_id: str) -> Tour:
        """Raises NotFound `tour_not_found`."""
        tour = await self._store.get(tenant_id, tour_id)
        if tour is None:
            raise NotFound("tour_not_found", f"There is no tour {tour_id[:80]!r}.")
        return tour

    async def find(
        self, tenant_id: str, query: TourQuery | None = None, *, limit: int = 200
    ) -> list[Tour]:
        """The matching tours, the earliest first."""
        return await self._store.find(tenant_id, query or TourQuery(), limit=limit)

    async def page(
        self,
        tenant_id: str,
        query: TourQuery | None = None,
        *,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Tour]:
        """The matching tours by pages, the latest start first."""
        return await self._store.page(tenant_id, query or TourQuery(), limit=limit, cursor=cursor)

    async def of_thread(self, tenant_id: str, thread_id: str) -> list[Tour]:
        """Every tour of a conversation, the earliest first."""
        return await self.find(tenant_id, TourQuery(thread_id=thread_id))

    async def slots(
        self,
        tenant_id: str,
        listing_id: str,
        community: Community,
        *,
        on: date | None = None,
        around: time | None = None,
        limit: int = 3,
    ) -> SlotOffer:
        """At most `limit` free slots near the wished local date and time, spread out otherwise."""
        starts, missed = propose(
            await self._free(tenant_id, community),
            community,
            self._clock.now(),
            on=on,
            around=around,
            limit=limit,
        )
        return SlotOffer(
            slots=[slot(listing_id, community, start) for start in starts], missed=missed
        )

    async def free_slots(
        self,
        tenant_id: str,
        listing_id: str,
        community: Community,
        *,
        first: date | None = None,
        days: int = 7,
    ) -> list[Slot]:
        """Every free slot of `days` local dates from `first`, or from today."""
        first = first or self._clock.now().astimezone(community.tz).date()
        return [
            slot(listing_id, community, start)
            for start in await self._free(tenant_id, community)
            if 0 <= (start.astimezone(community.tz).date() - first).days < days
        ]

    async def hold(
        self,
        tenant_id: str,
        *,
        tour_id: str,
        thread_id: str,
        lead_id: str,
        listing_id: str,
        community: Community,
        starts_at: datetime,
        until: datetime,
        replaces: str | None = None,
    ) -> Tour:
        """Keep a time free until `until`, as a proposed tour; the same id returns what stands.

        `replaces` names the tour that this hold keeps a new time for; `move` then uses it up.
        An earlier hold of the same thread at the same time gives way to this one.
        Raises Conflict `tour_slot_taken`; InvalidInput or Conflict `tour_slot_invalid` where a
        tour cannot start or can no longer.
        """

        async def write() -> Tour:
            standing = await self._store.get(tenant_id, tour_id)
            if standing is not None:
                return standing
            now = self._clock.now()
            require_start(community, starts_at, now)
            if replaces is None:
                await self._seats.end_twins(tenant_id, thread_id, community, starts_at)
            else:
                await self._seats.end_moves(tenant_id, replaces, starts_at)
            tour = Tour(
                tour_id=tour_id,
                thread_id=thread_id,
                lead_id=lead_id,
                listing_id=listing_id,
                community_id=community.community_id,
                starts_at=starts_at,
                ends_at=end_of(community, starts_at),
                zone=community.zone,
                status=TourStatus.PROPOSED,
                hold_until=until,
                seat=await self._seats.take(tenant_id, community, starts_at, tour_id),
                replaces=replaces,
                created_at=now,
                updated_at=now,
            )
            await self._store.insert(tenant_id, tour)
            return tour

        return await self._atomically(write)

    async def book(
        self,
        tenant_id: str,
        tour_id: str,
        *,
        action_id: str | None = None,
        version: int | None = None,
    ) -> Tour:
        """Proposed -> booked; a hold that lapsed is taken again while its time is free.

        `action_id` is the approval it rests on.

        Raises Conflict `tour_slot_taken`, `tour_slot_invalid` (its time has passed),
        `tour_step_illegal`.
        """

        async def write() -> Tour:
            tour = await self._read(tenant_id, tour_id, version)
            if tour.status is TourStatus.BOOKED:
                return tour
            require_own(tour)
            require_step(tour, TourStatus.BOOKED)
            require_ahead(tour.starts_at, self._clock.now())
            seat = tour.seat
            if seat is None:
                community = await self._tenants.community(tenant_id, tour.community_id)
                seat = await self._seats.take(tenant_id, community, tour.starts_at, tour_id)
            return await self._seats.save(
                tenant_id,
                tour,
                status=TourStatus.BOOKED,
                seat=seat,
                hold_until=None,
                actions=_resting(tour, action_id),
            )

        return await self._atomically(write)

    async def release(self, tenant_id: str, tour_id: str, *, version: int | None = None) -> Tour:
        """Give up a hold: proposed -> canceled_by_manager. Raises Conflict `tour_step_illegal`."""

        async def write() -> Tour:
            tour = await self._read(tenant_id, tour_id, version)
            if tour.status in CANCELED:
                return tour
            if tour.status is not TourStatus.PROPOSED:
                raise Conflict("tour_step_illegal", "The tour is no hold any more; cancel it.")
            return await self._seats.end(tenant_id, tour, TourStatus.CANCELED_BY_MANAGER)

        return await self._atomically(write)

    async def move(
        self,
        tenant_id: str,
        tour_id: str,
        starts_at: datetime,
        *,
        action_id: str | None = None,
        version: int | None = None,
    ) -> Tour:
        """Give a proposed or booked tour another time; the old seat is freed in the same write.

        A hold that kept the new time for it (`replaces`) is used up. Raises as `hold`, and Conflict
        `tour_step_illegal` for a tour that is over.
        """

        async def write() -> Tour:
            tour = await self._read(tenant_id, tour_id, version)
            require_own(tour)
            require_movable(tour)
            if tour.starts_at == starts_at and tour.seat is not None:
                return tour
            community = await self._tenants.community(tenant_id, tour.community_id)
            if await self._seats.end_moves(tenant_id, tour_id, starts_at):
                require_ahead(starts_at, self._clock.now())
            else:
                require_start(community, starts_at, self._clock.now())
            return await self._seats.save(
                tenant_id,
                tour,
                starts_at=starts_at,
                ends_at=end_of(community, starts_at),
                zone=community.zone,
                seat=await self._seats.take(tenant_id, community, starts_at, tour_id),
                moved_from=tour.starts_at,
                actions=_resting(tour, action_id),
                reminders=[],
            )

        return await self._atomically(write)

    async def cancel(
        self,
        tenant_id: str,
        tour_id: str,
        *,
        by: Literal["renter", "manager"],
        version: int | None = None,
    ) -> Tour:
        """Raises Conflict `tour_step_illegal` for a tour that is over."""
        status = TourStatus(f"canceled_by_{by}")

        async def write() -> Tour:
            tour = await self._read(tenant_id, tour_id, version)
            if tour.status in CANCELED:
                return tour
            require_step(tour, status)
            await self._seats.end_moves(tenant_id, tour_id)
            return await self._seats.end(tenant_id, tour, status)

        return await self._atomically(write)

    async def mark(
        self,
        tenant_id: str,
        tour_id: str,
        status: Literal[TourStatus.VISITED, TourStatus.NO_SHOW],
        *,
        version: int | None = None,
    ) -> Tour:
        """What became of a booked tour. Raises Conflict `tour_not_started`, `tour_step_illegal`."""

        async def write() -> Tour:
            tour = await self._read(tenant_id, tour_id, version)
            if tour.status is status:
                return tour
            require_step(tour, status)
            if self._clock.now() < tour.starts_at:
                raise Conflict("tour_not_started", "The tour has not started; mark it afterwards.")
            return await self._seats.end(tenant_id, tour, status)

        return await self._atomically(write)

    async def to_remind(self) -> list[tuple[str, str]]:
        """(tenant_id, tour_id) of the booked tours whose lead is to be reminded now."""
        return await self._store.to_remind(self._clock.now())

    async def reminded(self, tenant_id: str, tour: Tour, delivery_id: str | None) -> Tour:
        """Note a reminder, as `tour` was read in this transaction; the next one comes later."""
        sent = [*tour.reminders, delivery_id] if delivery_id else tour.reminders
        return await self._seats.save(tenant_id, tour, reminders=sent)

    async def sweep_expired(self, now: datetime) -> int:
        """Free the seats of all tenants' holds that ended by `now`; how many."""
        return await self._store.release_lapsed(now)

    async def _free(self, tenant_id: str, community: Community) -> list[datetime]:
        now = self._clock.now()
        until = now + timedelta(days=community.tour.horizon_days + 2)
        holding = await self._store.holding(tenant_id, community.community_id, now, until)
        return free_starts(community, now, holding)

    async def _read(self, tenant_id: str, tour_id: str, version: int | None) -> Tour:
        tour = await self.get(tenant_id, tour_id)
        if version is not None and version != tour.version:
            raise Conflict("tour_version_stale", "The tour has changed meanwhile; read it again.")
        return tour

    async def _atomically(self, write: Callable[[], Awaitable[Tour]]) -> Tour:
        try:
            return await self._repository.transact(write)
        except Duplicate:
            raise taken() from None


def _resting(tour: Tour, action_id: str | None) -> list[str]:
    return [*tour.actions, action_id] if action_id else tour.actions
