from collections.abc import AsyncIterator

import pytest

from agent.ai.chat import Timeouts
from agent.services import Services
from evals.journeys.brain import competent
from evals.openai_stub import Stub, openai_stub
from evals.openai_stub.models import Brain
from graphs.runtime import Runtime, open_runtime
from tests.graphs.modelled import TIMEOUTS, asking


@pytest.fixture
async def runtime(demo: Services) -> AsyncIterator[Runtime]:
    async with open_runtime(demo) as runtime:
        yield runtime


@pytest.fixture
def model() -> Brain:
    """A competent one."""
    return competent


@pytest.fixture
async def stub(model: Brain) -> AsyncIterator[Stub]:
    async with openai_stub(model) as stub:
        yield stub


@pytest.fixture
def timeouts() -> Timeouts:
    return TIMEOUTS


@pytest.fixture
async def modelled(demo: Services, stub: Stub, timeouts: Timeouts) -> AsyncIterator[Services]:
    """The demo under the policy `llm`."""
    async with asking(demo, stub, timeouts) as modelled:
        yield modelled
