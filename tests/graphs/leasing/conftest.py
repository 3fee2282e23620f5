from collections.abc import AsyncIterator

import pytest

from agent.services import Services
from graphs.runtime import Runtime, open_runtime


@pytest.fixture
async def runtime(modelled: Services) -> AsyncIterator[Runtime]:
    """A runtime whose policy asks the stub."""
    async with open_runtime(modelled) as runtime:
        yield runtime
