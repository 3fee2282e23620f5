from collections.abc import AsyncIterator

import pytest

from agent.services import Services
from evals.journeys.run import make_room
from graphs.runtime import Runtime, open_runtime


@pytest.fixture
async def runtime(demo: Services) -> AsyncIterator[Runtime]:
    """A runtime of the rules over demo offices with room for every tour."""
    await make_room(demo)
    async with open_runtime(demo) as runtime:
        yield runtime
