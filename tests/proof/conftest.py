from collections.abc import AsyncIterator

import pytest

from agent.kit.ids import new_id
from agent.mongo.client import Database


@pytest.fixture
async def own_database(mongod_uri: str) -> AsyncIterator[str]:
    """The name of a database that nobody else uses; dropped at the end."""
    name = new_id("proof")
    yield name
    async with Database(mongod_uri, name) as database:
        await database.drop()
