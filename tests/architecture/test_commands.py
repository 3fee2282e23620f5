from typing import Any

import pytest

from agent.mongo.repository import Repository
from tests.architecture.commands import COMMANDS, OPERATORS, Commands, names


@pytest.mark.parametrize(
    ("command", "body", "found"),
    [
        ("find", {"filter": {"a": {"$gt": 1}, "$or": [{"b": {"$where": "x"}}]}},
         {"find", "$gt", "$or", "$where"}),
        ("update", {"updates": [{"q": {}, "u": {"$set": {"a": 1}}}]}, {"update", "$set"}),
        ("aggregate", {"pipeline": [{"$lookup": {}}, {"$set": {"a": {"$literal": {"$x": 1}}}}]},
         {"aggregate", "$lookup", "$set", "$literal"}),
        ("insert", {"documents": [{"a": {"$x": 1}}]}, {"insert"}),
        ("ping", {"$db": "x", "$clusterTime": {"$x": 1}}, {"ping"}),
    ],
)  # fmt: skip
def test_finds_every_operator_sent(command: str, body: dict[str, Any], found: set[str]) -> None:
    assert set(names(command, body)) == found


def test_what_is_outside_is_told() -> None:
    commands = Commands()
    commands.seen.update(names("aggregate", {"pipeline": [{"$lookup": {}}]}))
    commands.seen.update(names("mapReduce", {}))
    assert commands.outside == {"$lookup", "mapReduce"}


def test_allows_nothing_that_differs_between_versions() -> None:
    """Text search, server-side code, collation and change streams are not in the subset."""
    assert not OPERATORS & {"$where", "$function", "$accumulator", "$text", "$changeStream", "$out"}
    assert not COMMANDS & {"mapReduce", "bulkWrite", "collMod", "eval"}


async def test_the_run_is_watched(repository: Repository, commands: Commands) -> None:
    await repository.scoped("leads", "acme").find({"lead_id": {"$in": ["1"]}})
    await repository.scoped("leads", "acme").update_many({}, {"$max": {"n": 1}})
    assert {"find", "$in", "update", "$max"} <= commands.seen
