"""Transactions of several callers as one."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agent.errors import Conflict, Duplicate
from agent.mongo.repository import Repository

TENANT = "default"


def writing(repository: Repository, number: int, *ids: str) -> Callable[[], Awaitable[int]]:
    """Counts itself, then inserts leads with these ids."""

    async def write() -> int:
        counters = repository.scoped("tenants", TENANT)
        row = await counters.find_and_update({}, {"$inc": {"count": 1}}, upsert=True)
        leads = repository.scoped("leads", TENANT)
        await leads.insert_many([{"lead_id": each, "number": number} for each in ids])
        await leads.replace({"lead_id": "shared"}, {"lead_id": "shared", "n": number}, upsert=True)
        assert row is not None
        return int(row["count"])

    return write


async def ids(repository: Repository) -> list[str]:
    rows = await repository.scoped("leads", TENANT).find({}, sort=[("lead_id", 1)])
    return [row["lead_id"] for row in rows]


async def test_each_gets_its_own_result(repository: Repository) -> None:
    works = [writing(repository, n, f"a{n:02}", f"b{n:02}") for n in range(40)]
    results = await asyncio.gather(*(repository.together(work) for work in works))
    assert sorted(results) == list(range(1, 41))
    assert len(await ids(repository)) == 81


async def test_fewer_transactions_than_callers(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bool] = []
    attempt = Repository._attempt

    async def counted(self: Repository, session: Any, work: Any, shared: bool) -> Any:
        made.append(shared)
        return await attempt(self, session, work, shared)

    monkeypatch.setattr(Repository, "_attempt", counted)
    works = [writing(repository, n, f"a{n:02}") for n in range(16)]
    await asyncio.gather(*(repository.together(work) for work in works))
    assert made == [True]


@pytest.mark.parametrize("bad", ["raises", "collides"])
async def test_what_fails_fails_alone(repository: Repository, bad: str) -> None:
    await repository.scoped("leads", TENANT).insert({"lead_id": "taken"})

    async def refused() -> int:
        await writing(repository, 9, "of the refused")()
        raise Conflict("turn_lease_lost", "Another process has taken over.")

    failing = refused if bad == "raises" else writing(repository, 9, "taken")
    works = [writing(repository, 1, "a"), failing, writing(repository, 2, "b")]
    began = time.monotonic()
    results = await asyncio.gather(
        *(repository.together(work) for work in works), return_exceptions=True
    )
    assert time.monotonic() - began < 5
    assert isinstance(results[1], Conflict if bad == "raises" else Duplicate)
    assert [results[0], results[2]] == [1, 2]
    assert await ids(repository) == ["a", "b", "shared", "taken"]


async def test_joins_a_transaction_that_is_open(repository: Repository) -> None:
    async def outer() -> None:
        await repository.together(writing(repository, 1, "a"))
        raise Conflict("undone", "Nothing is kept.")

    with pytest.raises(Conflict):
        await repository.transact(outer)
    assert await ids(repository) == []


async def test_a_caller_who_goes_away_leaves_it_whole(repository: Repository) -> None:
    callers = [
        asyncio.create_task(repository.together(writing(repository, n, f"a{n}"))) for n in range(4)
    ]
    await asyncio.sleep(0)
    callers[1].cancel()
    results = await asyncio.gather(*callers, return_exceptions=True)
    assert isinstance(results[1], asyncio.CancelledError)
    assert await ids(repository) == ["a0", "a1", "a2", "a3", "shared"]
    assert await repository.together(writing(repository, 5, "a5")) == 5
