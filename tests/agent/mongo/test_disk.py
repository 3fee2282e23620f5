"""A disk that fills up, by the limit a process may put on the size of its files."""

from collections.abc import Callable

import pytest

from agent.mongo import embedded
from agent.mongo.client import Database
from agent.mongo.repository import Repository
from tests.agent.mongo.conftest import Home, Member

Start = Callable[..., Member]
MEGABYTE = 2**20


@pytest.mark.proof
async def test_full_is_said_at_once_and_nothing_acknowledged_is_lost(
    home: Home, member: Start
) -> None:
    cramped = member(5)
    cramped.hears()
    kept = 0
    said = cramped.write(MEGABYTE)
    while said["code"] == "ok":
        kept += 1
        assert kept < 500
        said = cramped.write(MEGABYTE)
    assert said["code"] == "storage_full"
    assert said["seconds"] < 6

    again = cramped.write(10)
    assert again["code"] == "storage_full"
    assert again["seconds"] < 1
    cramped.die()

    async with (
        embedded.open(home.data_dir) as endpoint,  # with room again
        Database(endpoint.uri, "members") as database,
    ):
        rows = Repository(database).scoped("rows", "tenant")
        assert await rows.count({}) >= kept
        await rows.insert({})


def test_too_full_to_start(member: Start) -> None:
    said = member(0).hears()
    assert said["error"] == "storage_full"
    assert "free some space" in said["message"]
