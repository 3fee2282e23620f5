from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from agent.kit.clock import ManualClock
from agent.mongo.repository import Repository
from agent.tenants.models import Community, Opening, TourRules, Weekday
from agent.tenants.service import TenantService
from agent.tenants.store import TenantStore
from agent.tours.models import Tour
from agent.tours.service import TourService
from agent.tours.store import TourStore

TENANT = "default"
NOW = datetime(2026, 3, 2, 18, 10, tzinfo=UTC)
"""A Monday, 10:10 in Los Angeles."""
TUESDAY_10 = datetime(2026, 3, 3, 18, 0, tzinfo=UTC)
_WORKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat")


def community(rules: Mapping[str, int], *, community_id: str = "row") -> Community:
    """Monday to Saturday 9 to 18 in Los Angeles."""
    return Community(
        community_id=community_id,
        name="Row",
        hours={day: [Opening(opens=time(9), closes=time(18))] for day in _WORKDAYS},
        tour=TourRules.model_validate(rules),
    )


class Office:
    """A tour service, its clock and its communities."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.clock = ManualClock(NOW)
        self.tenants = TenantService(TenantStore(repository), self.clock)
        self.tours = TourService(repository, TourStore(repository), self.tenants, self.clock)
        self.community = community({})

    async def open(self, **rules: int) -> None:
        self.community = community(rules)
        await self.tenants.put_community(TENANT, self.community)

    async def hold(self, tour_id: str, starts_at: datetime = TUESDAY_10, **args: Any) -> Tour:
        given = {"thread_id": f"thread of {tour_id}", "hours": 24, **args}
        until = self.clock.now() + timedelta(hours=given.pop("hours"))
        return await self.tours.hold(
            TENANT,
            tour_id=tour_id,
            lead_id="lead",
            listing_id="home",
            community=self.community,
            starts_at=starts_at,
            until=until,
            **given,
        )

    async def free(self, starts_at: datetime = TUESDAY_10) -> bool:
        slots = await self.tours.free_slots(TENANT, "home", self.community, days=30)
        return starts_at in {slot.starts_at for slot in slots}


@pytest.fixture
async def office(repository: Repository) -> Office:
    office = Office(repository)
    await office.open()
    return office
