"""The inventory and the searches of a public data set, where a copy of it is at hand."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.ingest.listings import ingest_listings
from agent.kit.clock import ManualClock
from agent.listings.models import Listing, ListingQuery
from agent.listings.service import ListingService
from agent.listings.store import ListingStore
from agent.mongo.repository import Repository
from agent.tenants.service import TenantService
from agent.tenants.store import TenantStore

DATA = Path(os.environ.get("LATCHKEY_TEST_DATA", "../shared/data")) / "leasing"
pytestmark = pytest.mark.skipif(
    not (DATA / "listings.jsonl").is_file(), reason=f"there is no data in {DATA}"
)
TENANT = "default"


def searches() -> Iterator[tuple[dict[str, str], list[str]]]:
    """Parameters and results of every search call."""
    with (DATA / "dialogues.jsonl").open(encoding="utf-8") as file:
        for line in file:
            for turn in json.loads(line)["turns"]:
                home = turn.get("home", {})
                if home.get("call", {}).get("method") == "FindApartment":
                    yield home["call"]["parameters"], home.get("result_ids", [])


def query_of(parameters: dict[str, str]) -> ListingQuery:
    given: dict[str, Any] = {"exact_bathrooms": True}
    for name, value in parameters.items():
        if name == "area":
            given["areas"] = [value]
        else:
            fields = {
                "number_of_beds": "bedrooms",
                "number_of_baths": "bathrooms",
                "pets_allowed": "pets",
                "furnished": "furnished",
            }
            given[fields[name]] = value
    return ListingQuery.model_validate(given)


def matches(listing: Listing, query: ListingQuery) -> bool:
    return (
        (listing.area or "") in query.areas
        and query.bedrooms in (None, listing.bedrooms)
        and query.bathrooms in (None, listing.bathrooms)
        and query.pets in (None, listing.pets)
        and query.furnished in (None, listing.furnished)
    )


@pytest.mark.untraced
async def test_inventory_and_searches(repository: Repository) -> None:
    clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    listings = ListingService(repository, ListingStore(repository), clock)
    tenants = TenantService(TenantStore(repository), clock)
    path = DATA / "listings.jsonl"

    first = await ingest_listings(listings, tenants, path, tenant_id=TENANT)
    assert (first.read, first.added, first.rejected, first.warnings) == (2755, 2755, [], [])
    again = await ingest_listings(listings, tenants, path, tenant_id=TENANT)
    assert (again.added, again.updated, again.unchanged) == (0, 0, 2755)
    everything = await listings.search(TENANT, ListingQuery(), limit=0)
    assert sum(listing.area is None for listing in everything) == 45

    calls = list(searches())
    assert len(calls) > 900
    for parameters, result_ids in calls:
        query = query_of(parameters)
        found = await listings.search(TENANT, query, limit=0)
        assert {listing.listing_id for listing in found} >= set(result_ids)
        assert all(matches(listing, query) for listing in found)
