import asyncio
from contextlib import suppress

import pytest

from agent.errors import Conflict, Duplicate, InvalidInput
from agent.mongo.client import Database
from agent.mongo.repository import Collection, Repository


@pytest.fixture
async def leads(repository: Repository) -> Collection:
    leads = repository.scoped("leads", "acme")
    await leads.insert({"lead_id": "counter", "n": 0})
    return leads


async def test_writes_all_and_returns_the_result(repository: Repository, leads: Collection) -> None:
    async def work() -> int:
        await leads.insert({"lead_id": "1"})
        await repository.scoped("tours", "acme").insert({"tour_id": "1"})
        return await leads.count({})  # sees its own writes

    assert await repository.transact(work) == 2
    assert await leads.count({}) == 2
    assert await repository.scoped("tours", "acme").count({}) == 1


async def test_is_not_seen_from_outside_before_its_end(
    repository: Repository, leads: Collection
) -> None:
    written, seen = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await leads.insert({"lead_id": "1"})
        written.set()
        await seen.wait()

    running = asyncio.create_task(repository.transact(work))
    await written.wait()
    assert await leads.count({}) == 1
    seen.set()
    await running
    assert await leads.count({}) == 2


async def test_an_error_undoes_all(repository: Repository, leads: Collection) -> None:
    async def work() -> None:
        await leads.insert({"lead_id": "1"})
        raise Conflict("tour_taken", "Choose another time.")

    with pytest.raises(Conflict) as raised:
        await repository.transact(work)
    assert raised.value.code == "tour_taken"
    assert await leads.count({}) == 1


async def test_a_duplicate_undoes_all(repository: Repository, leads: Collection) -> None:
    async def work() -> None:
        await leads.insert({"lead_id": "1"})
        await leads.insert_many([{"lead_id": "2"}, {"lead_id": "1"}])

    with pytest.raises(Duplicate) as raised:
        await repository.transact(work)
    assert raised.value.details == ["tenant_id_lead_id"]
    assert await leads.count({}) == 1


async def test_a_swallowed_failure_still_undoes_all(
    repository: Repository, leads: Collection
) -> None:
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        await leads.insert({"lead_id": "1"})
        with suppress(Duplicate):
            await leads.insert({"lead_id": "1"})

    with pytest.raises(Duplicate):
        await repository.transact(work)
    assert runs == 1
    assert await leads.count({}) == 1


async def test_nothing_is_done_after_a_failure(repository: Repository, leads: Collection) -> None:
    async def work() -> None:
        try:
            await leads.insert({"lead_id": "1", "n": "\ud800"})
        except InvalidInput:
            await leads.insert({"lead_id": "2"})

    with pytest.raises(InvalidInput):
        await repository.transact(work)
    assert await leads.count({}) == 1


async def test_a_cancellation_waits_for_its_end(repository: Repository, leads: Collection) -> None:
    written = asyncio.Event()

    async def work() -> None:
        await leads.insert({"lead_id": "1"})
        written.set()
        await asyncio.sleep(0.05)
        await leads.insert({"lead_id": "2"})

    running = asyncio.create_task(repository.transact(work))
    await written.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await leads.count({}) == 3


async def test_conflicting_transactions_are_retried_until_each_has_happened(
    repository: Repository, leads: Collection
) -> None:
    runs = 0

    async def increment() -> None:
        nonlocal runs
        runs += 1
        row = await leads.find_one({"lead_id": "counter"})
        assert row
        await asyncio.sleep(0.001)
        await leads.update({"lead_id": "counter"}, {"$set": {"n": row["n"] + 1}})

    await asyncio.gather(*(repository.transact(increment) for _ in range(20)))
    row = await leads.find_one({"lead_id": "counter"})
    assert row
    assert row["n"] == 20
    assert runs > 20


async def test_of_many_with_the_same_key_one_succeeds(
    repository: Repository, leads: Collection
) -> None:
    async def take(number: int) -> None:
        await leads.update({"lead_id": "counter"}, {"$inc": {"n": 1}})
        await leads.insert({"lead_id": "seat", "n": number})

    results = await asyncio.gather(
        *(repository.transact(lambda n=n: take(n)) for n in range(20)),  # type: ignore[misc]
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["Duplicate"] * 19 + ["NoneType"]
    row = await leads.find_one({"lead_id": "counter"})
    assert row
    assert row["n"] == 1


async def test_a_nested_one_joins(repository: Repository, leads: Collection) -> None:
    async def inner() -> None:
        await leads.insert({"lead_id": "1"})

    async def outer() -> None:
        await repository.transact(inner)
        assert await leads.count({}) == 2
        raise Conflict("outer_failed", "")

    with pytest.raises(Conflict):
        await repository.transact(outer)
    assert await leads.count({}) == 1


async def test_another_database_does_not_join(
    repository: Repository, leads: Collection, mongod_uri: str
) -> None:
    async with Database(mongod_uri, "test_other") as database:
        elsewhere = Repository(database).scoped("notes", "acme")

        async def work() -> None:
            await elsewhere.insert({"n": 1})
            raise Conflict("failed", "")

        with pytest.raises(Conflict):
            await repository.transact(work)
        assert await elsewhere.delete_many({}) == 1


async def test_streams_within(repository: Repository, leads: Collection) -> None:
    async def work() -> list[str]:
        await leads.insert({"lead_id": "1"})
        return [row["lead_id"] async for row in leads.stream({}, sort=[("lead_id", 1)])]

    assert await repository.transact(work) == ["1", "counter"]
