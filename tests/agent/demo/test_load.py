import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent.demo.load import COMMUNITIES, demo_community, load_demo
from agent.kit.clock import ManualClock
from agent.listings.models import Listing, ListingQuery
from agent.listings.service import ListingService
from agent.listings.store import ListingStore
from agent.mongo.repository import Repository
from agent.tenants.hours import hours_text
from agent.tenants.service import TenantService
from agent.tenants.store import TenantStore

NOW = datetime(2026, 12, 31, 20, 0, tzinfo=UTC)
TENANT = "default"
NEVER_SAID = re.compile(
    r"\b(famil\w+|child\w*|kids?|adults? only|perfect for|ideal for|safe\w*|quiet (?!hours)\w+|"
    r"professionals?|students?|seniors?|christian|church\w*|school\w*|crime|exclusive|able-bodied|"
    r"english|singles?|couples?|bachelor|mature|neighbou?rhood|no vouchers?|section 8)\b",
    re.IGNORECASE,
)


class Demo:
    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.clock = ManualClock(NOW)
        self.tenants = TenantService(TenantStore(repository), self.clock)
        self.listings = ListingService(repository, ListingStore(repository), self.clock)

    async def load(self) -> Counter[str]:
        reports = await load_demo(self.tenants, self.listings, self.clock)
        total: Counter[str] = Counter()
        for report in reports.values():
            assert (report.rejected, report.warnings, report.ignored_columns) == ([], [], [])
            total.update(report.model_dump(include={"read", "added", "updated", "unchanged"}))
        return total

    async def find(self, **query: Any) -> list[Listing]:
        return await self.listings.search(TENANT, ListingQuery.model_validate(query), limit=0)


@pytest.fixture
async def demo(repository: Repository) -> Demo:
    demo = Demo(repository)
    await demo.load()
    return demo


async def test_loads_once(repository: Repository) -> None:
    demo = Demo(repository)
    first = await demo.load()
    assert first["added"] == first["read"] >= 45
    again = await demo.load()
    assert again["unchanged"] == first["read"]
    assert len(await demo.tenants.communities(TENANT)) == 3


async def test_nothing_but_communities_and_homes(demo: Demo) -> None:
    for collection in ("leads", "threads", "tours", "approvals", "outbox", "recorded"):
        assert await demo.repository.across_tenants(collection).count({}) == 0


class TestCommunities:
    async def test_zones_hours_and_holidays(self, demo: Demo) -> None:
        communities = {c.community_id: c for c in await demo.tenants.communities(TENANT)}
        zones = {name: c.zone for name, c in communities.items()}
        assert zones == {
            "alder-row": "America/Los_Angeles",
            "cedar-mesa": "America/Denver",
            "harbor-loft": "America/Los_Angeles",
        }
        assert hours_text(communities["harbor-loft"]) == (
            "Tuesday to Saturday 10 AM to 6 PM, closed Monday and Sunday"
        )
        for community in communities.values():
            assert {date(2026, 12, 25), date(2027, 7, 4)} <= set(community.holidays)

    def test_holidays_follow_the_local_year(self) -> None:
        clock = ManualClock(datetime(2026, 12, 31, 20, 0, tzinfo=ZoneInfo("America/Denver")))
        assert demo_community("cedar_mesa", clock).holidays[0] == date(2026, 1, 1)
        clock.advance(timedelta(hours=5))
        assert demo_community("cedar_mesa", clock).holidays[0] == date(2027, 1, 1)

    async def test_have_what_a_lead_may_ask(self, demo: Demo) -> None:
        topics = {"parking", "smoking", "utilities", "lease_months", "amenities", "packages"}
        for community in await demo.tenants.communities(TENANT):
            assert topics | {"guests", "quiet_hours"} <= set(community.policies)
            assert community.pets is not None
            assert {"Application fee", "Administration fee"} <= {f.name for f in community.fees}
            assert community.pets.allowed is any(f.name == "Pet fee" for f in community.fees)
            assert community.criteria is not None
            assert community.criteria.version
            assert community.application_url.startswith("https://example.com/")
            assert community.documents
            assert community.specials
            assert community.tour.capacity == 2
            assert "555-01" in community.phone


class TestHomes:
    async def test_at_least_three_of_every_kind(self, demo: Demo) -> None:
        kinds = {"Portland": (0, 1, 2, 3), "Denver": (1, 2, 3), "Tacoma": (0, 1, 2)}
        for area, bedrooms in kinds.items():
            for number in bedrooms:
                assert len(await demo.find(areas=[area], bedrooms=number)) >= 3

    @pytest.mark.parametrize(
        "query",
        [
            {"areas": ["Denver"], "bedrooms": 2, "pets": True, "parking": True, "max_rent": 2200},
            {"areas": ["Portland"], "bedrooms": 0, "furnished": True},
            {"areas": ["Portland"], "bedrooms": 2, "bathrooms": 2, "in_unit_laundry": True},
            {"areas": ["Portland"], "bedrooms": 3, "furnished": True, "parking": True},
            {"areas": ["Tacoma"], "bedrooms": 1, "parking": True, "max_rent": 1400},
            {"areas": ["Tacoma"], "bedrooms": 2, "in_unit_laundry": True},
            {"areas": ["Denver"], "furnished": True, "max_rent": 1600},
            {"q": "alder row 214"},
            {"q": "mountain view fireplace"},
        ],
    )
    async def test_sensible_wishes_find_something(self, demo: Demo, query: dict[str, Any]) -> None:
        assert await demo.find(**query)

    async def test_rents(self, demo: Demo) -> None:
        async def rents(area: str, bedrooms: int) -> tuple[int, int]:
            found = [home.rent for home in await demo.find(areas=[area], bedrooms=bedrooms)]
            return min(found), max(found)

        assert await rents("Portland", 0) == (1295, 1395)
        assert await rents("Portland", 2) == (1950, 2350)
        assert await rents("Denver", 3) == (2500, 2895)
        assert await rents("Tacoma", 1) == (1300, 1550)

    async def test_units_differ_and_some_are_taken(self, demo: Demo) -> None:
        shown = await demo.find()
        assert len({home.title for home in shown}) == len(shown)
        rows = await demo.repository.scoped("listings", TENANT).count({"available": False})
        assert 2 <= rows <= 5
        assert not [home for home in shown if home.area == "Tacoma" and home.pets]
        assert all(home.square_feet and home.features and home.description for home in shown)


async def test_texts_characterise_nobody(demo: Demo) -> None:
    texts = [json.dumps(c.model_dump(mode="json")) for c in await demo.tenants.communities(TENANT)]
    texts += [home.model_dump_json() for home in await demo.find()]
    assert len(COMMUNITIES) == 3
    assert [match[0] for text in texts for match in NEVER_SAID.finditer(text)] == []


def test_exactly_the_fees_for_pets_are_marked() -> None:
    for name in COMMUNITIES:
        community = demo_community(name, ManualClock(NOW))
        assert community.pets is not None
        marked = {fee.name for fee in community.fees if fee.pet}
        assert marked == ({"Pet fee", "Pet rent"} if community.pets.allowed else set())


def test_every_community_has_a_privacy_notice_of_its_own() -> None:
    urls = {demo_community(name, ManualClock(NOW)).privacy_url for name in COMMUNITIES}
    assert len(urls) == len(COMMUNITIES)
    assert all(url.startswith("https://example.com/") for url in urls)
