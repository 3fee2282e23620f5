from collections.abc import AsyncIterator

import pytest

from agent.services import Services
from graphs.runtime import Runtime, open_runtime


@pytest.fixture
async def runtime(demo: Services) -> AsyncIterator[Runtime]:
    async with open_runtime(demo) as runtime:
        yield runtime
