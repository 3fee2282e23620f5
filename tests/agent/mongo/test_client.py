import asyncio
import time

import pytest

from agent.errors import Duplicate, LatchkeyError, Misconfigured, StorageFull, Unavailable
from agent.mongo.client import Database
from agent.mongo.repository import Repository

NOBODY = "mongodb://127.0.0.1:9/?replicaSet=rs0"


async def test_nobody_listening_is_unavailable_within_seconds() -> None:
    async with Database(NOBODY, "x") as database:
        started = time.monotonic()
        repository = Repository(database)

        async def work() -> None:
            await repository.scoped("rows", "acme").insert({})

        asked = (
            database.ping(),
            repository.scoped("rows", "acme").find({}),
            repository.transact(work),
        )
        for error in await asyncio.gather(*asked, return_exceptions=True):
            assert isinstance(error, Unavailable)
            assert (error.code, error.retry_after) == ("database_unavailable", 2)
        assert time.monotonic() - started < 6


async def test_what_is_known_of_the_outage_is_said_at_once() -> None:
    full = StorageFull("storage_full", "Free some space.")

    def fault() -> LatchkeyError:
        return full

    async with Database(NOBODY, "x", fault=fault) as database:
        started = time.monotonic()
        with pytest.raises(StorageFull):
            await Repository(database).scoped("rows", "acme").insert({})
        assert time.monotonic() - started < 2


async def test_requests_that_give_up_leave_a_working_client() -> None:
    """When a request fails its siblings are cancelled, often just as PyMongo looks again."""
    async with Database(f"{NOBODY}&serverSelectionTimeoutMS=700", "x") as database:
        rows = Repository(database).scoped("rows", "acme")

        async def ask() -> None:
            async with asyncio.TaskGroup() as group:
                for _ in range(20):
                    group.create_task(rows.find({}))

        for _ in range(2):
            with pytest.raises(ExceptionGroup) as raised:
                await ask()
            assert raised.value.subgroup(Unavailable)
            assert not raised.value.split(Unavailable)[1]


@pytest.mark.parametrize(
    "uri",
    [
        "postgres://127.0.0.1/x",
        "mongodb://",
        "mongodb://127.0.0.1:notaport/",
    ],
)
def test_a_bad_uri_is_misconfigured(uri: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        Database(uri, "x")
    assert raised.value.code == "mongodb_uri_invalid"
    assert "MONGODB_URI" in raised.value.message


async def test_a_refused_password_is_misconfigured_and_not_shown(mongod_uri: str) -> None:
    head, at, tail = mongod_uri.partition("@")
    async with Database(f"{head}wrong{at}{tail}", "x") as database:
        with pytest.raises(Misconfigured) as raised:
            await database.ping()
    assert raised.value.code == "database_forbidden"
    assert "wrong" not in raised.value.message


async def test_the_uri_has_the_last_word(mongod_uri: str) -> None:
    uri = f"{mongod_uri}&serverselectiontimeoutms=1500&w=1&appName=mine"
    async with Database(uri, "x") as database:
        options = database.async_client.options
        assert options.server_selection_timeout == 1.5
        assert options.pool_options.appname == "mine"
        assert database.handle.write_concern.document == {"w": 1}
    async with Database(mongod_uri, "x") as database:
        assert database.async_client.options.server_selection_timeout == 4
        assert database.handle.write_concern.document == {"w": "majority"}


async def test_the_blocking_client_is_made_once_and_sees_the_same(database: Database) -> None:
    await Repository(database).scoped("leads", "acme").insert({"lead_id": "1"})
    client = database.sync_client()
    assert client is database.sync_client()
    found = await asyncio.to_thread(client[database.name]["leads"].find_one, {"lead_id": "1"})
    assert found


async def test_both_clients_are_closed(mongod_uri: str) -> None:
    database = Database(mongod_uri, "x")
    await database.ping()
    client = database.sync_client()
    await database.close()
    with pytest.raises(Exception, match="after close"):
        client["x"].command("ping")


async def test_works_beside_a_duplicate(repository: Repository) -> None:
    leads = repository.scoped("leads", "acme")
    await leads.insert({"lead_id": "1"})
    with pytest.raises(Duplicate):
        await leads.insert({"lead_id": "1"})
    await leads.insert({"lead_id": "2"})
    assert await leads.count({}) == 2


async def test_drops_only_itself(database: Database, mongod_uri: str) -> None:
    await Repository(database).scoped("leads", "acme").insert({"lead_id": "1"})
    async with Database(mongod_uri, "test_dropped") as other:
        rows = Repository(other).scoped("leads", "acme")
        await rows.insert({"lead_id": "1"})
        await other.drop()
        assert await rows.count({}) == 0
    assert await Repository(database).scoped("leads", "acme").count({}) == 1
