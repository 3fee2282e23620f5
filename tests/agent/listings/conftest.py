from datetime import UTC, datetime
from typing import Any

import pytest

from agent.kit.clock import ManualClock
from agent.listings.models import ListingDraft, ListingQuery
from agent.listings.service import ListingService
from agent.listings.store import ListingStore
from agent.mongo.repository import Repository

TENANT = "default"
NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)


def home(listing_id: str, **fields: Any) -> ListingDraft:
    given = {"name": listing_id, "rent": 1500, "bedrooms": 1, "bathrooms": 1, **fields}
    return ListingDraft(listing_id=listing_id, **given)


class Inventory:
    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.clock = ManualClock(NOW)
        self.listings = ListingService(repository, ListingStore(repository), self.clock)

    async def add(self, *drafts: ListingDraft, community_id: str = "row") -> list[str]:
        results = await self.listings.upsert(TENANT, community_id, drafts)
        return [result.outcome for result in results]

    async def ids(self, **query: Any) -> list[str]:
        found = await self.listings.search(TENANT, ListingQuery.model_validate(query))
        return [listing.listing_id for listing in found]


@pytest.fixture
def inventory(repository: Repository) -> Inventory:
    return Inventory(repository)
