from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.listings.models import Listing, ListingQuery

from .conftest import TENANT, Inventory, home


class TestArea:
    async def test_in_any_spelling(self, inventory: Inventory) -> None:
        await inventory.add(home("a", area="Harbor City, WA"), home("b", area="Elmwood"))
        assert await inventory.ids(areas=["harbor city"]) == ["a"]
        assert await inventory.ids(areas=["HARBOR CITY, WA"]) == ["a"]
        assert await inventory.ids(areas=["Harbor"]) == []

    async def test_any_of_several(self, inventory: Inventory) -> None:
        await inventory.add(home("a", area="One"), home("b", area="Two"), home("c", area="Three"))
        assert await inventory.ids(areas=["Two", "three"]) == ["b", "c"]
        assert await inventory.ids(areas=[]) == ["a", "b", "c"]

    async def test_without_area_the_address_tells(self, inventory: Inventory) -> None:
        await inventory.add(
            home("a", address="5 Elm Road, Harbor City, WA"),
            home("b", address="5 Harbor City Road, Elmwood"),
            home("c", address="7 Harbor City", area="Elmwood"),
        )
        assert await inventory.ids(areas=["Harbor City"]) == ["a"]

    async def test_text_of_a_lead_is_no_pattern(self, inventory: Inventory) -> None:
        await inventory.add(home("a", address="5 Elm Road"))
        assert await inventory.ids(areas=[".*"]) == ["a"]  # signs alone name no area
        assert await inventory.ids(areas=["e.m road"]) == []
        assert await inventory.ids(q="(") == ["a"]


class TestConditions:
    async def test_rooms(self, inventory: Inventory) -> None:
        await inventory.add(
            home("a", bedrooms=0),
            home("b", bedrooms=2, bathrooms=1),
            home("c", bedrooms=2, bathrooms=1.5),
            home("d", bedrooms=3, bathrooms=3),
        )
        assert await inventory.ids(bedrooms=0) == ["a"]
        assert await inventory.ids(bedrooms=2) == ["b", "c"]
        assert await inventory.ids(bathrooms=1.5) == ["c", "d"]
        assert await inventory.ids(bathrooms=1.5, exact_bathrooms=True) == ["c"]

    async def test_rent(self, inventory: Inventory) -> None:
        await inventory.add(home("a", rent=1800), home("b", rent=1801))
        assert await inventory.ids(max_rent=1800) == ["a"]

    @pytest.mark.parametrize("flag", ["pets", "furnished", "parking", "in_unit_laundry"])
    async def test_flags_mean_exactly_that(self, inventory: Inventory, flag: str) -> None:
        await inventory.add(
            home("a", **{flag: True}), home("b", **{flag: False}), home("c", **{flag: None})
        )
        assert await inventory.ids(**{flag: True}) == ["a"]
        assert await inventory.ids(**{flag: False}) == ["b"]
        assert await inventory.ids(**{flag: None}) == ["a", "b", "c"]

    async def test_available_by(self, inventory: Inventory) -> None:
        await inventory.add(
            home("a"),
            home("b", available_from=date(2026, 4, 1)),
            home("c", available_from=date(2026, 4, 2)),
        )
        assert await inventory.ids(available_by=date(2026, 4, 1)) == ["a", "b"]

    async def test_community(self, inventory: Inventory) -> None:
        await inventory.add(home("a"))
        await inventory.add(home("b"), community_id="mesa")
        assert await inventory.ids(community_id="mesa") == ["b"]

    async def test_unavailable_homes_are_never_shown(self, inventory: Inventory) -> None:
        await inventory.add(home("a", available=False, unit="7"), home("b"))
        assert await inventory.ids() == ["b"]
        assert await inventory.ids(q="7") == []

    async def test_other_tenants_are_not_seen(self, inventory: Inventory) -> None:
        await inventory.listings.upsert("other", "row", [home("a")])
        assert await inventory.ids() == []


class TestWords:
    async def test_every_word_somewhere(self, inventory: Inventory) -> None:
        await inventory.add(
            home("a", name="Alder Row", unit="214", features=["walk-in closet"], area="Elmwood"),
            home("b", name="Alder Row", unit="14", description="Two balconies."),
            home("c", name="Oak Court", address="214 Alder Street"),
        )
        assert await inventory.ids(q="alder row 214") == ["a"]
        assert await inventory.ids(q="ALDER closets") == ["a"]
        assert await inventory.ids(q="14") == ["b"]
        assert await inventory.ids(q="balcon") == ["b"]
        assert await inventory.ids(q="214 alder st") == ["c"]
        assert await inventory.ids(q="elmwood") == ["a"]
        assert await inventory.ids(q="alder garage") == []


class TestOrder:
    async def test_rent_then_name_then_id(self, inventory: Inventory) -> None:
        await inventory.add(
            home("d", rent=1000, name="B"),
            home("c", rent=1000, name="B"),
            home("b", rent=1000, name="A"),
            home("a", rent=2000, name="A"),
        )
        assert await inventory.ids() == ["b", "c", "d", "a"]

    async def test_limit(self, inventory: Inventory) -> None:
        await inventory.add(*(home(f"h{n:02}", rent=1000 + n) for n in range(60)))
        assert len(await inventory.ids()) == 50
        everything = await inventory.listings.search(TENANT, ListingQuery(), limit=0)
        assert len(everything) == 60
        three = await inventory.listings.search(TENANT, ListingQuery(), limit=3)
        assert [listing.listing_id for listing in three] == ["h00", "h01", "h02"]


AREAS = ("One", "Two", None)
flags = st.sampled_from([None, True, False])
homes: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "area": st.sampled_from(AREAS),
        "rent": st.integers(1000, 1010),
        "bedrooms": st.integers(0, 3),
        "bathrooms": st.sampled_from([1, 1.5, 2]),
        "pets": flags,
        "parking": flags,
        "available": st.booleans(),
    }
)
queries = st.builds(
    ListingQuery,
    areas=st.lists(st.sampled_from(["one", "TWO"]), max_size=2),
    bedrooms=st.none() | st.integers(0, 3),
    bathrooms=st.none() | st.sampled_from([1, 1.5, 2]),
    max_rent=st.none() | st.integers(1000, 1010),
    pets=flags,
    parking=flags,
)


def matches(listing: Listing, query: ListingQuery) -> bool:
    area = (listing.area or "").casefold()
    return listing.available and all(
        (
            not query.areas or area in {wished.casefold() for wished in query.areas},
            query.bedrooms in (None, listing.bedrooms),
            query.bathrooms is None or listing.bathrooms >= query.bathrooms,
            query.max_rent is None or listing.rent <= query.max_rent,
            query.pets is None or listing.pets is query.pets,
            query.parking is None or listing.parking is query.parking,
        )
    )


@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(fields=st.lists(homes, max_size=12), query=queries)
async def test_finds_exactly_what_matches(
    inventory: Inventory, fields: list[dict[str, Any]], query: ListingQuery
) -> None:
    await inventory.repository.scoped("listings", TENANT).delete_many({})
    await inventory.add(*(home(f"h{n:02}", **given) for n, given in enumerate(fields)))
    ids = [f"h{n:02}" for n in range(len(fields))]
    everything = await inventory.listings.by_ids(TENANT, ids)
    wanted = {listing.listing_id for listing in everything if matches(listing, query)}
    found = await inventory.listings.search(TENANT, query)
    assert {listing.listing_id for listing in found} == wanted
    assert found == sorted(found, key=lambda x: (x.rent, x.name, x.listing_id))
