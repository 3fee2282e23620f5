from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from agent.ai.chat import ChatModels, Timeouts
from agent.services import Services
from evals.journeys.brain import competent
from evals.openai_stub import Stub, openai_stub
from graphs.runtime import Runtime, open_runtime


@pytest.fixture
async def runtime(demo: Services) -> AsyncIterator[Runtime]:
    async with open_runtime(demo) as runtime:
        yield runtime


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    """A server with a competent model."""
    async with openai_stub(competent) as stub:
        yield stub


@pytest.fixture
def timeouts() -> Timeouts:
    return Timeouts(connect=2.0, first_token=5.0, total=10.0)


@pytest.fixture
async def modelled(demo: Services, stub: Stub, timeouts: Timeouts) -> AsyncIterator[Services]:
    """The demo under the policy `llm`; nothing is waited for between attempts."""
    settings = demo.settings.model_copy(
        update={
            "policy": "llm",
            "openai_base_url": stub.base_url,
            "openai_api_key": SecretStr("stub"),
        }
    )

    async def at_once(_: float) -> None:
        return None

    chat = ChatModels(settings, demo.clock, timeouts=timeouts, pause=at_once)
    yield replace(demo, settings=settings, chat=chat)
    await chat.close()
