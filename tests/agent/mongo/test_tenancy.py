"""No method of a collection sees, changes or makes what belongs to another tenant."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agent.errors import Forbidden
from agent.mongo.repository import Collection, Repository


@pytest.fixture
async def theirs(repository: Repository) -> Collection:
    theirs = repository.scoped("leads", "theirs")
    await theirs.insert({"lead_id": "1", "n": 1, "external_id": "x"})
    return theirs


@pytest.fixture
def ours(repository: Repository, theirs: Collection) -> Collection:
    return repository.scoped("leads", "ours")


async def untouched(theirs: Collection) -> bool:
    found = await theirs.find({})
    return found == [{"lead_id": "1", "n": 1, "external_id": "x", "tenant_id": "theirs"}]


class TestScoped:
    async def test_reads_nothing_of_others(self, ours: Collection) -> None:
        assert await ours.find_one({"lead_id": "1"}) is None
        assert await ours.find({}) == []
        assert [row async for row in ours.stream({})] == []
        assert await ours.count({}) == 0
        assert await ours.distinct("lead_id", {}) == []
        assert await ours.aggregate([{"$group": {"_id": "$lead_id"}}]) == []
        assert await ours.find({"$or": [{"lead_id": "1"}, {"tenant_id": "theirs"}]}) == []

    async def test_changes_nothing_of_others(self, ours: Collection, theirs: Collection) -> None:
        change = {"$set": {"n": 2}}
        assert await ours.update({"lead_id": "1"}, change) == 0
        assert await ours.update_many({}, change) == 0
        assert await ours.find_and_update({"lead_id": "1"}, change) is None
        assert await ours.replace({"lead_id": "1"}, {"lead_id": "1"}) == 0
        assert await ours.delete_many({}) == 0
        assert await untouched(theirs)

    async def test_makes_its_own_beside_the_same_keys(
        self, ours: Collection, theirs: Collection
    ) -> None:
        await ours.insert({"lead_id": "1", "external_id": "x"})
        assert await ours.insert_many([{"lead_id": "2"}]) == 1
        await ours.update({"lead_id": "3"}, {"$set": {"n": 2}}, upsert=True)
        await ours.find_and_update({"lead_id": "4"}, {"$set": {"n": 2}}, upsert=True)
        await ours.replace({"lead_id": "5"}, {"lead_id": "5"}, upsert=True)
        assert await ours.bulk_upsert(["lead_id"], [{"lead_id": "6"}, {"lead_id": "1"}]) == (1, 0)
        assert {row["tenant_id"] for row in await ours.find({})} == {"ours"}
        assert await ours.count({}) == 6
        assert await untouched(theirs)

    @pytest.mark.parametrize(
        "call",
        [
            lambda rows: rows.find({"tenant_id": "theirs"}),
            lambda rows: rows.find({"tenant_id": {"$exists": True}}),
            lambda rows: rows.find_one({"tenant_id": "theirs"}),
            lambda rows: rows.count({"tenant_id": "theirs"}),
            lambda rows: rows.distinct("n", {"tenant_id": "theirs"}),
            lambda rows: rows.update({"tenant_id": "theirs"}, {"$set": {"n": 2}}),
            lambda rows: rows.update_many({"tenant_id": "theirs"}, {"$set": {"n": 2}}),
            lambda rows: rows.find_and_update({"tenant_id": "theirs"}, {"$set": {"n": 2}}),
            lambda rows: rows.delete_many({"tenant_id": "theirs"}),
            lambda rows: rows.replace({}, {"tenant_id": "theirs"}),
            lambda rows: rows.insert({"tenant_id": "theirs"}),
            lambda rows: rows.insert_many([{"tenant_id": "theirs"}]),
            lambda rows: rows.bulk_upsert(["tenant_id"], [{"tenant_id": "theirs"}]),
            lambda rows: rows.update({}, {"$set": {"tenant_id": "theirs"}}),
            lambda rows: rows.update({}, {"$unset": {"tenant_id": 1}}),
            lambda rows: rows.update({}, {"$rename": {"n": "tenant_id"}}),
            lambda rows: rows.update({}, {"$set": {"tenant_id.x": "theirs"}}),
            lambda rows: rows.update_many({}, [{"$set": {"tenant_id": "theirs"}}]),
            lambda rows: rows.find_and_update({}, [{"$replaceWith": {"$literal": {}}}]),
        ],
    )
    async def test_refuses_to_name_another(
        self, ours: Collection, theirs: Collection, call: Callable[[Collection], Awaitable[Any]]
    ) -> None:
        await ours.insert({"lead_id": "9", "n": 9})
        with pytest.raises(Forbidden):
            await call(ours)
        assert await untouched(theirs)
        assert await ours.count({"n": 9}) == 1

    async def test_may_name_itself(self, theirs: Collection) -> None:
        await theirs.insert({"lead_id": "2", "tenant_id": "theirs"})
        assert await theirs.count({"tenant_id": "theirs"}) == 2

    @pytest.mark.parametrize(
        "stage",
        [
            {"$lookup": {"from": "leads", "pipeline": [], "as": "x"}},
            {"$graphLookup": {}},
            {"$unionWith": "leads"},
            {"$out": "stolen"},
            {"$merge": "stolen"},
            {"$facet": {"x": [{"$unionWith": "leads"}]}},
            {"$project": {"x": {"$function": {"body": "", "args": [], "lang": "js"}}}},
        ],
    )
    async def test_aggregates_only_within_the_collection(
        self, ours: Collection, stage: dict[str, Any]
    ) -> None:
        with pytest.raises(Forbidden) as raised:
            await ours.aggregate([stage])
        assert raised.value.code == "query_forbidden"

    @pytest.mark.parametrize(
        "query", [{"$where": "true"}, {"$or": [{"$expr": {"$eq": [1, 1]}}]}, {"n": {"$where": "1"}}]
    )
    async def test_refuses_code_in_queries(self, ours: Collection, query: dict[str, Any]) -> None:
        with pytest.raises(Forbidden) as raised:
            await ours.find(query)
        assert raised.value.code == "query_forbidden"


class TestAcrossTenants:
    async def test_sees_and_changes_all(self, repository: Repository, theirs: Collection) -> None:
        await repository.scoped("leads", "ours").insert({"lead_id": "2", "n": 2})
        everyone = repository.across_tenants("leads")
        rows = await everyone.find({}, sort=[("lead_id", 1)])
        assert [row["tenant_id"] for row in rows] == ["theirs", "ours"]
        assert await everyone.count({"tenant_id": "ours"}) == 1
        assert await everyone.update({"lead_id": "2"}, {"$set": {"n": 3}}) == 1
        assert len(await everyone.aggregate([{"$match": {}}])) == 2

    @pytest.mark.parametrize(
        "call",
        [
            lambda rows: rows.insert({}),
            lambda rows: rows.insert_many([{}]),
            lambda rows: rows.update({}, {"$set": {"n": 1}}, upsert=True),
            lambda rows: rows.find_and_update({}, {"$set": {"n": 1}}, upsert=True),
            lambda rows: rows.replace({}, {}),
            lambda rows: rows.bulk_upsert(["n"], [{"n": 1}]),
            lambda rows: rows.update({}, {"$set": {"tenant_id": "ours"}}),
        ],
    )
    async def test_cannot_make_documents(
        self,
        repository: Repository,
        theirs: Collection,
        call: Callable[[Collection], Awaitable[Any]],
    ) -> None:
        with pytest.raises(Forbidden):
            await call(repository.across_tenants("leads"))
        assert await untouched(theirs)
