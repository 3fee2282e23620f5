import asyncio
from datetime import date, timedelta

import pytest

from agent.errors import InvalidInput, NotFound
from agent.listings import service
from agent.listings.models import ListingDraft, ListingQuery
from agent.listings.service import SEEN, ListingService
from agent.listings.store import ListingStore

from .conftest import NOW, TENANT, Inventory, home


class TestGet:
    async def test_is_what_was_written(self, inventory: Inventory) -> None:
        draft = home(
            "a",
            external_id="x1",
            unit="214",
            area="Elmwood",
            address="5 Elm Road",
            bathrooms=1.5,
            square_feet=700,
            pets=True,
            phone="555-0100",
            description="Facing the yard.",
            features=["balcony"],
            available_from=date(2026, 4, 1),
        )
        await inventory.add(draft)
        listing = await inventory.listings.get(TENANT, "a")
        assert (
            listing.model_dump(exclude={"community_id", "updated_at", "version"})
            == draft.model_dump()
        )
        assert (listing.community_id, listing.updated_at) == ("row", NOW)

    async def test_unknown_and_foreign(self, inventory: Inventory) -> None:
        await inventory.add(home("a"))
        for tenant_id, listing_id in ((TENANT, "b"), ("other", "a")):
            with pytest.raises(NotFound) as raised:
                await inventory.listings.get(tenant_id, listing_id)
            assert raised.value.code == "listing_not_found"

    async def test_by_ids_keeps_the_order_asked_for(self, inventory: Inventory) -> None:
        await inventory.add(home("a"), home("b"), home("c"))
        found = await inventory.listings.by_ids(TENANT, ["c", "x", "a"])
        assert [listing.listing_id for listing in found] == ["c", "a"]


class TestUpsert:
    async def test_added_then_unchanged_then_updated(self, inventory: Inventory) -> None:
        assert await inventory.add(home("a"), home("b")) == ["added", "added"]
        inventory.clock.advance(timedelta(days=1))
        assert await inventory.add(home("a"), home("b", rent=1600)) == ["unchanged", "updated"]
        assert (await inventory.listings.get(TENANT, "a")).updated_at == NOW
        changed = await inventory.listings.get(TENANT, "b")
        assert (changed.rent, changed.updated_at) == (1600, NOW + timedelta(days=1))

    async def test_the_last_row_of_a_home_counts(self, inventory: Inventory) -> None:
        outcomes = await inventory.add(home("a"), home("a", rent=1600), home("a", rent=1600))
        assert outcomes == ["added", "updated", "unchanged"]
        assert (await inventory.listings.get(TENANT, "a")).rent == 1600

    async def test_a_value_can_be_withdrawn(self, inventory: Inventory) -> None:
        await inventory.add(home("a", area="Elmwood", available_from=date(2026, 4, 1)))
        assert await inventory.add(home("a")) == ["updated"]
        listing = await inventory.listings.get(TENANT, "a")
        assert (listing.area, listing.available_from) == (None, None)
        assert await inventory.ids(areas=["Elmwood"]) == []

    async def test_external_id_names_the_home(self, inventory: Inventory) -> None:
        await inventory.add(home("a", external_id="x1"))
        renamed = ListingDraft(external_id="x1", name="New", rent=1700, bedrooms=1, bathrooms=1)
        assert await inventory.add(renamed) == ["updated"]
        assert (await inventory.listings.get(TENANT, "a")).name == "New"
        other = renamed.model_copy(update={"external_id": "x2"})
        assert await inventory.add(other, other) == ["added", "unchanged"]

    async def test_property_unit_and_address_name_the_home(self, inventory: Inventory) -> None:
        def unit(number: str, rent: int) -> ListingDraft:
            return ListingDraft(name="Row", unit=number, rent=rent, bedrooms=1, bathrooms=1)

        assert await inventory.add(unit("1", 1500), unit("2", 1500)) == ["added", "added"]
        assert await inventory.add(unit("1", 1550)) == ["updated"]
        assert await inventory.add(unit("1", 1550), community_id="mesa") == ["added"]

    async def test_without_a_unit_every_difference_is_another_home(
        self, inventory: Inventory
    ) -> None:
        one = ListingDraft(name="Row", rent=1500, bedrooms=1, bathrooms=1)
        other = one.model_copy(update={"rent": 1550})
        assert await inventory.add(one, other, one) == ["added", "added", "unchanged"]

    async def test_all_or_none(self, inventory: Inventory) -> None:
        with pytest.raises(InvalidInput):
            await inventory.add(home("a"), home("b", features=["\ud800"]))
        assert await inventory.ids() == []

    async def test_nothing(self, inventory: Inventory) -> None:
        assert await inventory.add() == []

    async def test_at_once(self, inventory: Inventory) -> None:
        drafts = [home(f"h{n:02}") for n in range(20)]
        outcomes = await asyncio.gather(*(inventory.add(*drafts) for _ in range(4)))
        assert sum(outcome.count("added") for outcome in outcomes) == 20
        assert len(await inventory.ids()) == 20


class TestRelaxed:
    async def test_names_the_single_wish_to_drop(self, inventory: Inventory) -> None:
        await inventory.add(home("a", bedrooms=2, pets=True, furnished=False))
        query = ListingQuery(bedrooms=2, pets=True, furnished=True)
        relaxed = await inventory.listings.relaxed(TENANT, query)
        assert relaxed is not None
        assert relaxed.dropped == "furnished"
        assert relaxed.query == ListingQuery(bedrooms=2, pets=True)
        assert [listing.listing_id for listing in relaxed.listings] == ["a"]

    async def test_least_painful_wish_first(self, inventory: Inventory) -> None:
        await inventory.add(home("a", area="One", rent=2100), home("b", area="Two", rent=1900))
        query = ListingQuery(areas=["One"], max_rent=2000)
        relaxed = await inventory.listings.relaxed(TENANT, query)
        assert relaxed is not None
        assert relaxed.dropped == "max_rent"

    async def test_nearest_rents_and_bedrooms(self, inventory: Inventory) -> None:
        await inventory.add(
            home("a", bedrooms=5, rent=1000),
            home("b", bedrooms=3, rent=1900),
            home("c", bedrooms=1, rent=1800),
            home("d", bedrooms=0, rent=1100),
        )
        fewer = await inventory.listings.relaxed(TENANT, ListingQuery(bedrooms=2), limit=2)
        assert fewer is not None
        assert [listing.listing_id for listing in fewer.listings] == ["c", "b"]
        cheap = await inventory.listings.relaxed(TENANT, ListingQuery(max_rent=500), limit=2)
        assert cheap is not None
        assert [listing.listing_id for listing in cheap.listings] == ["a", "d"]

    async def test_two_wishes_to_blame(self, inventory: Inventory) -> None:
        await inventory.add(home("a", rent=3000, pets=False))
        query = ListingQuery(max_rent=1000, pets=True)
        assert await inventory.listings.relaxed(TENANT, query) is None

    async def test_zero_and_false_are_wishes(self, inventory: Inventory) -> None:
        await inventory.add(home("a", bedrooms=1, pets=True))
        studio = await inventory.listings.relaxed(TENANT, ListingQuery(bedrooms=0))
        assert studio is not None
        assert studio.dropped == "bedrooms"
        no_pets = await inventory.listings.relaxed(TENANT, ListingQuery(pets=False))
        assert no_pets is not None
        assert no_pets.dropped == "pets"


class TestGazetteer:
    async def test_names_of_the_inventory(self, inventory: Inventory) -> None:
        await inventory.add(
            home("a", name="Row", area="Elmwood"),
            home("b", name="Court", available=False),
            home("c", name="Row", area="Elmwood"),
        )
        gazetteer = await inventory.listings.gazetteer(TENANT)
        assert gazetteer.areas == {"Elmwood"}
        assert gazetteer.properties == {"Row", "Court"}
        assert not (await inventory.listings.gazetteer("other")).properties

    async def test_is_read_once_until_something_changes(self, inventory: Inventory) -> None:
        await inventory.add(home("a"))
        first = await inventory.listings.gazetteer(TENANT)
        await inventory.add(home("a"))
        assert await inventory.listings.gazetteer(TENANT) is first

    async def test_hears_of_another_process(self, inventory: Inventory) -> None:
        await inventory.listings.gazetteer(TENANT)
        elsewhere = ListingService(
            inventory.repository, ListingStore(inventory.repository), inventory.clock
        )
        await elsewhere.upsert(TENANT, "row", [home("a", name="Row")])
        inventory.clock.advance(SEEN)
        assert (await inventory.listings.gazetteer(TENANT)).properties == {"Row"}


class TestFound:
    async def test_is_searched_once_until_something_changes(self, inventory: Inventory) -> None:
        await inventory.add(home("a", name="Row"))
        query = ListingQuery()
        [first] = await inventory.listings.search(TENANT, query)
        [again] = await inventory.listings.search(TENANT, query)
        assert again is first
        await inventory.add(home("b", name="Court"))
        assert len(await inventory.listings.search(TENANT, query)) == 2
        assert await inventory.listings.search("other", query) == []
        assert len(await inventory.listings.search(TENANT, query, limit=1)) == 1

    async def test_hears_of_another_process(self, inventory: Inventory) -> None:
        assert await inventory.listings.search(TENANT, ListingQuery()) == []
        elsewhere = ListingService(
            inventory.repository, ListingStore(inventory.repository), inventory.clock
        )
        await elsewhere.upsert(TENANT, "row", [home("a", name="Row")])
        inventory.clock.advance(SEEN)
        assert len(await inventory.listings.search(TENANT, ListingQuery())) == 1

    async def test_keeps_few(self, inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service, "FOUND", 3)
        await inventory.add(home("a"))
        for rent in range(5):
            await inventory.listings.search(TENANT, ListingQuery(max_rent=2000 + rent))
        assert len(inventory.listings._found) == 3


class TestSeen:
    async def test_is_read_once_until_something_changes(self, inventory: Inventory) -> None:
        await inventory.add(home("a", name="Row"), home("b", name="Court"))
        ids = [each.listing_id for each in await inventory.listings.search(TENANT, ListingQuery())]
        first = await inventory.listings.seen(TENANT, ids[0])
        assert await inventory.listings.seen(TENANT, ids[0]) is first
        assert [x.listing_id for x in await inventory.listings.seen_by_ids(TENANT, ids[::-1])] == [
            *ids[::-1]
        ]
        await inventory.add(home("a", name="Row", available=False), home("b", name="Court"))
        seen = await inventory.listings.seen_by_ids(TENANT, [*ids, "lst_none"])
        assert {each.name: each.available for each in seen} == {"Row": False, "Court": True}

    async def test_shows_no_tenant_the_homes_of_another(self, inventory: Inventory) -> None:
        await inventory.add(home("a"))
        [shown] = await inventory.listings.search(TENANT, ListingQuery())
        with pytest.raises(NotFound):
            await inventory.listings.seen("other", shown.listing_id)

    async def test_hears_of_another_process(self, inventory: Inventory) -> None:
        await inventory.add(home("a"))
        [shown] = await inventory.listings.search(TENANT, ListingQuery())
        elsewhere = ListingService(
            inventory.repository, ListingStore(inventory.repository), inventory.clock
        )
        await elsewhere.upsert(TENANT, "row", [home("a", available=False)])
        inventory.clock.advance(SEEN)
        assert not (await inventory.listings.seen(TENANT, shown.listing_id)).available

    async def test_keeps_few(self, inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service, "HOMES", 3)
        await inventory.add(*(home(name) for name in "abcde"))
        assert len(await inventory.listings.search(TENANT, ListingQuery())) == 5
        assert len(inventory.listings._homes) == 3
