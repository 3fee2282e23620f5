from datetime import UTC, datetime
from enum import StrEnum

import pytest

from agent.errors import Duplicate, InvalidInput, TooLarge
from agent.mongo.repository import Collection, Repository


class Colour(StrEnum):
    RED = "red"


@pytest.fixture
def leads(repository: Repository) -> Collection:
    return repository.scoped("leads", "acme")


@pytest.fixture
async def five(leads: Collection) -> Collection:
    await leads.insert_many([{"lead_id": str(n), "n": n, "odd": n % 2 == 1} for n in range(5)])
    return leads


class TestInsert:
    async def test_comes_back_as_it_went_in(self, leads: Collection) -> None:
        moment = datetime(2026, 3, 1, 12, 30, 15, 123_000, tzinfo=UTC)
        document = {
            "lead_id": "1",
            "at": moment,
            "tags": ["a"],
            "deep": {"x": None},
            "text": "a\0é",
        }
        await leads.insert({**document, "colour": Colour.RED})
        row = await leads.find_one({"lead_id": "1"})
        assert row == {**document, "colour": "red", "tenant_id": "acme"}
        assert row["at"].utcoffset() == moment.utcoffset()

    async def test_leaves_the_given_document_alone(self, leads: Collection) -> None:
        document = {"lead_id": "1"}
        await leads.insert(document)
        await leads.insert_many([document | {"lead_id": "2"}])
        assert document == {"lead_id": "1"}

    async def test_a_duplicate_names_its_index_and_quotes_nothing(self, leads: Collection) -> None:
        await leads.insert({"lead_id": "1", "external_id": "secret"})
        with pytest.raises(Duplicate) as raised:
            await leads.insert({"lead_id": "2", "external_id": "secret"})
        assert raised.value.code == "document_duplicate"
        assert raised.value.details == ["tenant_id_external_id"]
        assert "secret" not in str(raised.value)
        assert raised.value.__suppress_context__

    async def test_many_skips_and_counts_duplicates(self, leads: Collection) -> None:
        await leads.insert({"lead_id": "1"})
        rows = [{"lead_id": str(n)} for n in (0, 1, 2, 2, 3)]
        assert await leads.insert_many(rows) == 3
        assert await leads.distinct("lead_id", {}) == ["0", "1", "2", "3"]

    async def test_many_of_none(self, leads: Collection) -> None:
        assert await leads.insert_many([]) == 0

    @pytest.mark.parametrize("value", ["\ud800", 2**64], ids=["lone surrogate", "huge number"])
    async def test_what_cannot_be_stored(self, leads: Collection, value: object) -> None:
        with pytest.raises(InvalidInput) as raised:
            await leads.insert({"lead_id": "1", "value": value})
        assert raised.value.code == "document_invalid"
        assert await leads.count({}) == 0

    async def test_what_is_too_large(self, leads: Collection) -> None:
        with pytest.raises(TooLarge) as raised:
            await leads.insert({"lead_id": "1", "value": "x" * 17 * 2**20})
        assert raised.value.code == "document_too_large"


class TestFind:
    async def test_sorts_skips_and_limits(self, five: Collection) -> None:
        rows = await five.find({"n": {"$gt": 0}}, sort=[("n", -1)], skip=1, limit=2)
        assert [row["n"] for row in rows] == [3, 2]

    async def test_sorts_by_several_fields(self, five: Collection) -> None:
        rows = await five.find({}, sort=[("odd", 1), ("n", -1)])
        assert [row["n"] for row in rows] == [4, 2, 0, 3, 1]

    async def test_streams_more_than_one_batch(self, leads: Collection) -> None:
        await leads.insert_many([{"lead_id": str(n), "n": n} for n in range(250)])
        seen = [row["n"] async for row in leads.stream({}, sort=[("n", 1)])]
        assert seen == list(range(250))

    async def test_projects_without_the_id_of_the_database(self, five: Collection) -> None:
        assert await five.find_one({"n": 1}, projection={"n": 1}) == {"n": 1}
        assert await five.find_one({"n": 1}, projection=["n"]) == {"n": 1}
        assert await five.find_one({"n": 1}, projection={"odd": 0, "tenant_id": 0}) == {
            "lead_id": "1",
            "n": 1,
        }

    async def test_one_sorts(self, five: Collection) -> None:
        row = await five.find_one({"odd": True}, sort=[("n", -1)])
        assert row
        assert row["n"] == 3

    async def test_nothing(self, five: Collection) -> None:
        assert await five.find_one({"n": 9}) is None
        assert await five.find({"n": 9}) == []


class TestUpdate:
    async def test_says_how_many_matched(self, five: Collection) -> None:
        assert await five.update({"n": 1}, {"$set": {"n": 1}}) == 1
        assert await five.update({"n": 9}, {"$set": {"n": 1}}) == 0
        assert await five.update_many({"odd": True}, {"$inc": {"n": 10}}) == 2
        assert await five.count({"n": {"$gte": 10}}) == 2

    async def test_inserts_when_asked(self, leads: Collection) -> None:
        assert await leads.update({"lead_id": "1"}, {"$set": {"n": 1}}, upsert=True) == 0
        assert await leads.find({}) == [{"tenant_id": "acme", "lead_id": "1", "n": 1}]

    async def test_returns_what_it_found(self, five: Collection) -> None:
        now = await five.find_and_update({"n": 1}, {"$inc": {"n": 10}})
        before = await five.find_and_update({"n": 11}, {"$inc": {"n": 10}}, before=True)
        least = await five.find_and_update(
            {}, {"$inc": {"n": 100}}, sort=[("n", 1)], projection={"n": 1}
        )
        assert now
        assert before
        assert (now["n"], before["n"], least) == (11, 11, {"n": 100})
        assert "_id" not in now
        assert await five.find_and_update({"n": -1}, {"$set": {"n": 0}}) is None

    async def test_computes_from_the_document_itself(self, five: Collection) -> None:
        stages = [{"$set": {"n": {"$add": ["$n", 5]}, "note": {"$literal": "$n"}}}]
        row = await five.find_and_update({"n": 1}, stages)
        assert row
        assert (row["n"], row["note"]) == (6, "$n")

    async def test_replaces(self, five: Collection) -> None:
        assert await five.replace({"n": 1}, {"lead_id": "1", "new": True}) == 1
        assert await five.find_one({"lead_id": "1"}) == {
            "lead_id": "1",
            "new": True,
            "tenant_id": "acme",
        }
        assert await five.replace({"lead_id": "9"}, {"lead_id": "9"}, upsert=True) == 0
        assert await five.count({}) == 6

    async def test_bulk_writes_over_the_same_key(self, five: Collection) -> None:
        rows: list[dict[str, object]] = [
            {"lead_id": "1", "n": 1, "odd": True},
            {"lead_id": "2", "n": 20},
            {"lead_id": "8"},
        ]
        assert await five.bulk_upsert(["lead_id"], rows) == (1, 1)
        assert await five.bulk_upsert(["lead_id"], rows) == (0, 0)
        assert await five.bulk_upsert(["lead_id"], []) == (0, 0)
        changed = await five.find_one({"lead_id": "2"})
        assert changed == {"lead_id": "2", "n": 20, "odd": False, "tenant_id": "acme"}


class TestDeleteAndCount:
    async def test_deletes_what_matches(self, five: Collection) -> None:
        assert await five.delete_many({"odd": True}) == 2
        assert await five.count({}) == 3

    async def test_aggregates(self, five: Collection) -> None:
        rows = await five.aggregate(
            [
                {"$group": {"_id": "$odd", "sum": {"$sum": "$n"}}},
                {"$sort": {"_id": 1}},
                {"$project": {"_id": 0, "odd": "$_id", "sum": 1}},
            ]
        )
        assert rows == [{"odd": False, "sum": 6}, {"odd": True, "sum": 4}]
