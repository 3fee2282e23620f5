"""What `doctor` asks the database."""

from dataclasses import dataclass
from datetime import UTC, datetime

from agent.mongo.client import Database
from agent.mongo.faults import translated
from agent.mongo.indexes import INDEXES


@dataclass(frozen=True, slots=True)
class Checkup:
    version: str
    local_time: datetime
    """What the database's clock says."""
    missing: list[str]
    """Indexes of the table that are not there, as `collection.name`."""


async def check_up(database: Database) -> Checkup:
    handle = database.handle
    with translated(database.fault):
        hello = await handle.command("hello")
        build = await handle.command("buildInfo")
        there = {name: await handle[name].index_information() for name in _collections()}
    return Checkup(
        version=build["version"],
        local_time=hello["localTime"].replace(tzinfo=UTC),
        missing=[
            f"{index.collection}.{index.name}"
            for index in INDEXES
            if index.name not in there[index.collection]
        ],
    )


def _collections() -> set[str]:
    return {index.collection for index in INDEXES}
