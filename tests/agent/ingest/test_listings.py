import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.errors import InvalidInput, NotFound
from agent.ingest.listings import ingest_listings
from agent.ingest.report import IngestReport
from agent.kit.clock import ManualClock
from agent.listings.models import Listing, ListingQuery
from agent.listings.service import ListingService
from agent.listings.store import ListingStore
from agent.mongo.repository import Repository
from agent.tenants.models import Community
from agent.tenants.service import TenantService
from agent.tenants.store import TenantStore

TENANT = "default"
NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
PEOPLE_WRITE = """\
Property Name;Unit #;City;Monthly Rent;Beds;# of Baths;Sq Ft;Pets Allowed;Washer/Dryer;Amenities;\
Availability;Broker
Oak Court;Apt 3;Elmwood, WA;$1,850;2 bd;1.5;"1,020 sq ft";Cats only;In unit;"pool, balcony";now;Kim
Oak Court;#4;Elmwood;1650/mo;Studio;1;;no;shared;;5/1/2026;Kim
"""


class Intake:
    def __init__(self, repository: Repository, folder: Path) -> None:
        clock = ManualClock(NOW)
        self.listings = ListingService(repository, ListingStore(repository), clock)
        self.tenants = TenantService(TenantStore(repository), clock)
        self._folder = folder

    async def csv(self, text: str, **args: Any) -> IngestReport:
        return await self.file("homes.csv", text, **args)

    async def jsonl(self, *rows: Any, **args: Any) -> IngestReport:
        return await self.file("homes.jsonl", "\n".join(map(json.dumps, rows)), **args)

    async def file(self, name: str, text: str, **args: Any) -> IngestReport:
        path = self._folder / name
        path.write_text(text, encoding="utf-8")
        return await ingest_listings(
            self.listings, self.tenants, path, **{"tenant_id": TENANT, **args}
        )

    async def homes(self) -> list[Listing]:
        return await self.listings.search(TENANT, ListingQuery(), limit=0)


@pytest.fixture
def intake(repository: Repository, tmp_path: Path) -> Intake:
    return Intake(repository, tmp_path)


def row(**fields: Any) -> dict[str, Any]:
    return {"name": "Oak Court", "rent": "1500", "beds": "1", "baths": "1", **fields}


class TestFile:
    async def test_as_people_write_it(self, intake: Intake) -> None:
        report = await intake.csv(PEOPLE_WRITE)
        assert (report.read, report.added, report.rejected) == (2, 2, [])
        assert report.ignored_columns == ["Broker"]
        assert report.rows_per_second > 0
        four, three = await intake.homes()
        assert (three.title, three.area, three.rent) == ("Oak Court #3", "Elmwood, WA", 1850)
        assert (three.bedrooms, three.bathrooms, three.square_feet) == (2, 1.5, 1020)
        assert (three.pets, three.in_unit_laundry, three.parking) == (True, True, None)
        assert (three.features, three.available_from) == (["pool", "balcony"], None)
        assert (four.bedrooms, four.pets, four.in_unit_laundry) == (0, False, False)
        assert four.available_from == date(2026, 5, 1)
        assert four.community_id == "default"

    async def test_twice_changes_nothing(self, intake: Intake) -> None:
        await intake.csv(PEOPLE_WRITE)
        before = await intake.homes()
        again = await intake.csv(PEOPLE_WRITE)
        assert (again.added, again.updated, again.unchanged) == (0, 0, 2)
        assert await intake.homes() == before

    async def test_new_price_updates_the_unit(self, intake: Intake) -> None:
        await intake.csv(PEOPLE_WRITE)
        report = await intake.csv(PEOPLE_WRITE.replace("1650", "1600"))
        assert (report.added, report.updated, report.unchanged) == (0, 1, 1)

    async def test_json_lines(self, intake: Intake) -> None:
        report = await intake.jsonl(
            row(listing_id="a", pets=True, features=["pool"], rent=1500, beds=1),
            row(listing_id="b", pets=None, service="x"),
            row(listing_id="b", service="y"),
        )
        assert (report.added, report.unchanged) == (2, 1)
        assert report.ignored_columns == ["service"]
        assert [home.pets for home in await intake.homes()] == [True, None]

    async def test_large_file_in_batches(self, intake: Intake) -> None:
        heard: list[tuple[int, int]] = []
        report = await intake.jsonl(
            *(row(listing_id=f"h{n}") for n in range(1200)),
            progress=lambda now: heard.append((now.read, now.added)),
        )
        assert report.added == 1200
        assert heard == [(500, 500), (1000, 1000), (1200, 1200)]
        assert len(await intake.homes()) == 1200


class TestCommunity:
    async def test_fills_what_the_rows_leave_out(self, intake: Intake) -> None:
        mesa = Community(community_id="mesa", name="Mesa", area="Elmwood", address="1 Mesa Way")
        await intake.tenants.put_community(TENANT, mesa)
        report = await intake.csv(
            "unit,area,rent,beds,baths\n1,,1500,1,1\n2,Oakdale,1600,1,1\n", community_id="mesa"
        )
        assert report.added == 2
        one, two = await intake.homes()
        assert (one.title, one.area, one.address) == ("Mesa #1", "Elmwood", "1 Mesa Way")
        assert (two.area, two.phone, two.community_id) == ("Oakdale", None, "mesa")

    async def test_unknown(self, intake: Intake) -> None:
        with pytest.raises(NotFound) as raised:
            await intake.csv(PEOPLE_WRITE, community_id="mesa")
        assert raised.value.code == "community_not_found"
        assert await intake.homes() == []


class TestBadRows:
    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"name": ""}, "name_missing"),
            ({"name": "x" * 201}, "name_absurd"),
            ({"rent": ""}, "rent_missing"),
            ({"rent": "call"}, "rent_unreadable"),
            ({"rent": 0}, "rent_absurd"),
            ({"rent": -100}, "rent_absurd"),
            ({"rent": "999,999"}, "rent_absurd"),
            ({"beds": None}, "bedrooms_missing"),
            ({"beds": "40"}, "bedrooms_absurd"),
            ({"baths": "two or so"}, "bathrooms_unreadable"),
            ({"baths": 99}, "bathrooms_absurd"),
            ({"available": "perhaps"}, "available_from_unreadable"),
            ({"available_from": "soon"}, "available_from_unreadable"),
            ({"address": {"street": 1}}, "address_unreadable"),
        ],
    )
    async def test_is_told_and_the_others_kept(
        self, intake: Intake, fields: dict[str, Any], code: str
    ) -> None:
        report = await intake.jsonl(
            row(listing_id="a"), row(listing_id="b", **fields), row(listing_id="c")
        )
        assert (report.read, report.added) == (3, 2)
        [problem] = report.rejected
        assert (problem.row, problem.code) == (2, code)
        assert problem.reason.startswith(code.rpartition("_")[0])
        assert [home.listing_id for home in await intake.homes()] == ["a", "c"]

    async def test_every_reason_of_a_row_is_told(self, intake: Intake) -> None:
        report = await intake.jsonl(row(), {"name": "Oak Court", "rent": "call", "beds": "40"})
        [problem] = report.rejected
        assert "rent: 'call'" in problem.reason
        assert "bedrooms: 40" in problem.reason
        assert "bathrooms: the row gives none" in problem.reason

    async def test_broken_lines_are_rows_too(self, intake: Intake) -> None:
        good = json.dumps(row())
        report = await intake.file("homes.jsonl", f"{good}\n{{oops\n\n[]\n")
        assert (report.read, report.added) == (3, 1)
        assert [(p.row, p.code) for p in report.rejected] == [
            (2, "row_not_json"),
            (4, "row_not_json"),
        ]

    async def test_nothing_is_lost(self, intake: Intake) -> None:
        report = await intake.jsonl(
            row(unit="1"), row(unit="1"), row(unit="2"), row(rent="x"), {"service": "x"}
        )
        kept = report.added + report.updated + report.unchanged
        assert report.read == 5 == kept + len(report.rejected)


class TestWarnings:
    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"pets": "case by case"}, "pets_unreadable"),
            ({"sqft": "cosy"}, "square_feet_unreadable"),
            ({"sqft": 3}, "square_feet_absurd"),
            ({"amenities": [["pool"]]}, "features_unreadable"),
            ({"phone": True}, "phone_unreadable"),
        ],
    )
    async def test_cell_is_left_out_and_the_home_kept(
        self, intake: Intake, fields: dict[str, Any], code: str
    ) -> None:
        report = await intake.jsonl(row(**fields))
        assert (report.added, report.rejected) == (1, [])
        assert [(w.row, w.code) for w in report.warnings] == [(1, code)]
        [home] = await intake.homes()
        assert (home.pets, home.square_feet, home.features, home.phone) == (None, None, [], None)


class TestRows:
    async def test_address_names_a_home_without_a_name(self, intake: Intake) -> None:
        await intake.jsonl(row(name=None, address="5 Elm Road, Elmwood"))
        [home] = await intake.homes()
        assert (home.name, home.area) == ("5 Elm Road, Elmwood", None)
        found = await intake.listings.search(TENANT, ListingQuery(areas=["elmwood"]))
        assert found == [home]

    async def test_leased_homes_are_kept_but_not_shown(self, intake: Intake) -> None:
        report = await intake.jsonl(row(listing_id="a", status="Leased"))
        assert report.added == 1
        assert await intake.homes() == []
        assert not (await intake.listings.get(TENANT, "a")).available

    async def test_first_day_beside_a_status(self, intake: Intake) -> None:
        await intake.jsonl(row(status="Available", available_from="2026-04-01"))
        [home] = await intake.homes()
        assert home.available_from == date(2026, 4, 1)


class TestRefused:
    async def test_no_known_column(self, intake: Intake) -> None:
        with pytest.raises(InvalidInput) as raised:
            await intake.csv("colour,shape\nred,round\n")
        assert raised.value.code == "listing_columns_unknown"
        assert "rent" in raised.value.message

    @pytest.mark.parametrize(
        ("name", "text", "code"),
        [
            ("homes.csv", "", "table_empty"),
            ("homes.csv", "name,rent\n", "table_empty"),
            ("homes.xlsx", "name,rent\n", "table_format_unknown"),
            ("homes.csv", "PK\x03\x04", "table_binary"),
            ("homes.jsonl", "not json", "listing_columns_unknown"),
        ],
    )
    async def test_no_table(self, intake: Intake, name: str, text: str, code: str) -> None:
        with pytest.raises(InvalidInput) as raised:
            await intake.file(name, text)
        assert raised.value.code == code


class TestFairHousing:
    async def test_an_unfair_description_is_left_out_and_the_home_kept(
        self, intake: Intake
    ) -> None:
        report = await intake.jsonl(
            row(unit="1", description="Sunny, with a family room. Perfect for newlyweds!"),
            row(unit="2", description="Sunny, with a family room.", features=["pool", "no kids"]),
            row(unit="3", description="Walk-in closet, near the park and the church."),
        )
        assert (report.added, report.rejected) == (3, [])
        assert [(problem.row, problem.code) for problem in report.warnings] == [
            (1, "description_fair_housing"),
            (2, "features_fair_housing"),
        ]
        assert "FH3" in report.warnings[0].reason
        assert "newlyweds" not in report.warnings[0].reason
        homes = {home.unit: home for home in await intake.homes()}
        assert homes["1"].description == ""
        assert homes["2"].features == ["pool"]
        assert homes["3"].description.startswith("Walk-in closet")
