from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from agent.errors import Duplicate
from agent.mongo import indexes
from agent.mongo.client import Database
from agent.mongo.indexes import INDEXES
from agent.mongo.repository import Repository
from tests.architecture.commands import Commands


@pytest.fixture
async def fresh(mongod_uri: str) -> AsyncIterator[Database]:
    async with Database(mongod_uri, "test_indexes") as database:
        yield database
        await database.drop()


async def existing(database: Database) -> set[tuple[str, str]]:
    return {
        (name, index["name"])
        for name in await database.handle.list_collection_names()
        async for index in await database.handle[name].list_indexes()
        if index["name"] != "_id_"
    }


def test_every_name_is_used_once() -> None:
    names = [(index.collection, index.name) for index in INDEXES]
    assert len(set(names)) == len(names)


async def test_creates_every_index_once(fresh: Database, commands: Commands) -> None:
    await indexes.ensure(fresh)
    assert await existing(fresh) == {(index.collection, index.name) for index in INDEXES}
    commands.seen.discard("createIndexes")
    await indexes.ensure(fresh)
    assert "createIndexes" not in commands.seen


async def test_adds_and_changes_as_the_table_does(
    fresh: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await indexes.ensure(fresh)
    looser = [
        replace(index, unique=False, only={}) if index.collection == "tours" else index
        for index in INDEXES
    ]
    added = indexes.Index("tours", ("note",), ttl_seconds=60)
    monkeypatch.setattr(indexes, "INDEXES", (*looser, added))
    await indexes.ensure(fresh)
    tours = await fresh.handle["tours"].index_information()
    assert not any(index.get("unique") for index in tours.values())
    assert tours["note"]["expireAfterSeconds"] == 60


async def test_one_seat_is_taken_once_while_active(repository: Repository) -> None:
    tours = repository.scoped("tours", "acme")
    seat = {"community_id": "c", "starts_at": "t", "seat": 0}
    await tours.insert({**seat, "tour_id": "1", "active": True})
    with pytest.raises(Duplicate):
        await tours.insert({**seat, "tour_id": "2", "active": True})
    await tours.update({"tour_id": "1"}, {"$set": {"active": False}})
    await tours.insert({**seat, "tour_id": "2", "active": True})
    await tours.insert({**seat, "tour_id": "3", "active": False})


async def test_external_ids_are_unique_where_there_is_one(repository: Repository) -> None:
    leads = repository.scoped("leads", "acme")
    await leads.insert({"lead_id": "1", "external_id": None})
    await leads.insert({"lead_id": "2", "external_id": None})
    await leads.insert({"lead_id": "3"})
    await leads.insert({"lead_id": "4", "external_id": "x"})
    with pytest.raises(Duplicate):
        await leads.insert({"lead_id": "5", "external_id": "x"})
