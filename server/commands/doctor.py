"""What Latchkey needs, checked; each check says how to mend what it finds."""

import asyncio
import os
import platform
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.console import Console
from rich.text import Text

from agent.bootstrap import open_services
from agent.chunks.atlas import COLLECTION, index_definition, index_name
from agent.errors import LatchkeyError
from agent.mongo.binary import version
from agent.mongo.checkup import Checkup, check_up
from agent.mongo.search_indexes import ensure_vector_index
from agent.services import Services
from agent.settings import Settings
from server.output import Output

LEAST_PYTHON = (3, 11)
ODD_CLOCK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ok: bool
    detail: str
    """What was found; where it is not ok, what to do."""


def run(
    settings: Settings, output: Output, *, only_mongod: bool, create_indexes: bool = False
) -> bool:
    """Whether everything is well; with `create_indexes` the vector search index is made too."""
    only = [_mongod(settings)] if only_mongod else None
    checks = only or asyncio.run(_all(settings, create_indexes=create_indexes))
    ok = all(check.ok for check in checks)
    data = {"ok": ok, "checks": [asdict(check) for check in checks]}
    output.result(data, lambda console: _show(console, checks))
    return ok


async def _all(settings: Settings, *, create_indexes: bool) -> list[Check]:
    checks = [*_machine(settings)]
    if all(check.ok for check in checks):
        checks += [check async for check in _database(settings, create_indexes)]
    return checks


def _machine(settings: Settings) -> Iterator[Check]:
    yield _python()
    yield _mongod(settings)
    yield _data_dir(settings.data_dir)
    yield _zones()
    yield Check("policy", True, settings.policy)


def _python() -> Check:
    ok = sys.version_info >= LEAST_PYTHON
    wanted = "" if ok else "; install Python 3.11 or newer"
    return Check("python", ok, platform.python_version() + wanted)


def _mongod(settings: Settings) -> Check:
    try:
        return Check("mongod", True, version(settings.mongod))
    except LatchkeyError as error:
        if settings.mongodb_uri:
            return Check("mongod", True, "none here; MONGODB_URI is used")
        return Check("mongod", False, error.message)


def _data_dir(path: Path) -> Check:
    nearest = next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return Check("data directory", True, str(path.absolute()))
    return Check(
        "data directory", False, f"{nearest} cannot be written; name another: LATCHKEY_DATA_DIR"
    )


def _zones() -> Check:
    try:
        ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:
        return Check("time zones", False, "no zone data; pip install tzdata")
    return Check("time zones", True, "found")


async def _database(settings: Settings, create_indexes: bool) -> AsyncIterator[Check]:
    try:
        async with open_services(settings) as services:
            found = await check_up(services.database)
            kind = "external" if settings.mongodb_uri else "embedded"
            yield Check("database", True, f"{kind}, MongoDB {found.version}")
            yield _indexes(found)
            yield _clock(found, services.clock.now())
            if create_indexes:
                yield await _vector_index(services)
    except LatchkeyError as error:
        yield Check("database", False, error.message)


async def _vector_index(services: Services) -> Check:
    if services.settings.vector_search == "exact":
        return Check("vector search", True, "exact, in memory; needs no index")
    dimensions = await services.chunks.dimensions()
    try:
        outcome = await ensure_vector_index(
            services.database,
            COLLECTION,
            index_name(dimensions),
            index_definition(dimensions),
        )
    except LatchkeyError as error:
        return Check("vector search", False, error.message)
    return Check("vector search", True, f"{index_name(dimensions)} {outcome}")


def _indexes(found: Checkup) -> Check:
    if found.missing:
        return Check("indexes", False, f"missing: {', '.join(found.missing)}; start it again")
    return Check("indexes", True, "all in place")


def _clock(found: Checkup, now: datetime) -> Check:
    apart = abs((found.local_time - now).total_seconds())
    if apart < ODD_CLOCK_SECONDS:
        return Check("clock", True, "agrees with the database")
    return Check("clock", False, f"{apart:.0f} s apart from the database; set the clock")


def _show(console: Console, checks: list[Check]) -> None:
    for check in checks:
        mark = Text("ok  ", "green") if check.ok else Text("FAIL", "bold red")
        console.print(mark, f"{check.name}: {check.detail}", soft_wrap=True)
