import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pymongo import monitoring

from agent.bootstrap import build_services
from agent.demo.load import load_demo
from agent.kit.clock import ManualClock
from agent.mongo import embedded, indexes
from agent.mongo.client import Database
from agent.mongo.repository import Repository
from agent.services import Services
from agent.settings import Settings
from agent.users.passwords import Cost, Passwords
from tests.architecture.commands import Commands

Rows = dict[datetime, list[tuple[str, list[dict[str, Any]]]]]
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
PATIENT = "connectTimeoutMS=120000"
"""The loop of this client stands still while a test runs commands: that is no lost server."""


def pytest_xdist_auto_num_workers() -> int:
    """Half of a test's time is the database writing to the disk."""
    cores = os.cpu_count() or 1
    return max(cores, min(2 * cores, 8))


def pytest_collection_finish() -> None:
    """The tests and all that they import stay to the end: no collection looks at them again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _blind()) if item.get_closest_marker("untraced") else (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, object, object]:
    return (yield from _blind())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, object, object]:
    return (yield from _blind())


def _blind() -> Generator[None, object, object]:
    """Coverage sees nothing meanwhile: its tracing doubles the time of every line, ours or not."""
    trace = sys.gettrace()
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(trace)


@pytest.fixture(scope="session", autouse=True)
def commands() -> Iterator[Commands]:
    """Watches every command of the whole run; anything outside the allow-list fails it."""
    commands = Commands()
    monitoring.register(commands)
    yield commands
    assert not commands.outside, "not in the common subset of MongoDB 6.0 to 8.0"


@pytest.fixture(scope="session")
async def mongod_uri(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """One mongod for the run; parallel workers join it."""
    temp = tmp_path_factory.getbasetemp()
    async with embedded.open((temp if WORKER == "main" else temp.parent) / "latchkey") as endpoint:
        yield endpoint.uri


@pytest.fixture(scope="session")
async def session_database(mongod_uri: str, commands: Commands) -> AsyncIterator[Database]:
    database = Database(f"{mongod_uri}&{PATIENT}", f"test_{WORKER}")
    await indexes.ensure(database)
    # the tests' clock stands still, so mongod would take what they write for old
    for collection, index in (
        ("events", "at"),
        ("inbound_receipts", "received_at"),
        ("idempotency", "expires_at"),
        ("jobs", "finished_at"),
        ("sessions", "expires_at"),
        ("uploads", "expires_at"),
        ("upload_chunks", "expires_at"),
        ("tour_links", "expires_at"),
        ("chats", "expires_at"),
        ("rate_windows", "expires_at"),
    ):
        await database.handle[collection].drop_index(index)
    commands.written.clear()
    yield database
    left = [name for name in await _collections(database) if await _holds(database, name)]
    await database.close()
    assert not left, "written by a child process: its test needs the fixture `children`"


@pytest.fixture
async def database(
    session_database: Database, commands: Commands, request: pytest.FixtureRequest
) -> AsyncIterator[Database]:
    """An empty database with every index; emptied afterwards, which is 50 times faster than new."""
    yield session_database
    handle, written = session_database.handle, commands.written.pop(session_database.name, set())
    if "children" in request.fixturenames:
        written.update(await _collections(session_database))
    await asyncio.gather(*(handle[name].delete_many({}) for name in written))


@pytest.fixture
def children() -> None:
    """Processes that the test starts write into its database too."""


async def _collections(database: Database) -> list[str]:
    return await database.handle.list_collection_names(filter={"name": {"$ne": "meta"}})


async def _holds(database: Database, name: str) -> bool:
    return await database.handle[name].find_one({}, {"_id": 1}) is not None


@pytest.fixture
def repository(database: Database) -> Repository:
    return Repository(database)


@pytest.fixture
def clock() -> ManualClock:
    """Monday, March 2, 2026, 10:00 in Los Angeles."""
    return ManualClock(datetime(2026, 3, 2, 18, 0, tzinfo=UTC))


@pytest.fixture
async def services(database: Database, clock: ManualClock, tmp_path: Path) -> Services:
    cheap = Passwords(Cost(rounds=1, memory=8, threads=1))
    return build_services(Settings(data_dir=tmp_path), database, clock, passwords=cheap)


@pytest.fixture(scope="session")
def demo_rows() -> Rows:
    """What the demo is in the database, by the time that it was loaded at."""
    return {}


@pytest.fixture
async def demo(services: Services, commands: Commands, demo_rows: Rows) -> Services:
    """The services over the demo communities, which are read and checked once a run."""
    handle, now = services.database.handle, services.clock.now()
    if now in demo_rows:
        await asyncio.gather(*(handle[name].insert_many(rows) for name, rows in demo_rows[now]))
    else:
        await load_demo(services.tenants, services.listings, services.clock)
        names = sorted(commands.written[services.database.name])
        demo_rows[now] = [(name, await handle[name].find({}).to_list()) for name in names]
    return services
