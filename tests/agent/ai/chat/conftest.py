import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr

from agent.ai.chat import ChatModels, Timeouts
from agent.kit.clock import ManualClock
from agent.settings import Settings
from evals.openai_stub import Stub, openai_stub

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello there"}]


@dataclass
class Pauses:
    """Stands for `asyncio.sleep`: writes down how long, and goes on."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


Make = Callable[..., ChatModels]


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    async with openai_stub() as stub:
        yield stub


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
async def make(stub: Stub, clock: ManualClock, pauses: Pauses) -> AsyncIterator[Make]:
    """Chat models `big` and, unless told otherwise, no fallback; closed at the end."""
    made: list[ChatModels] = []

    def make(timeouts: Timeouts | None = None, **settings: Any) -> ChatModels:
        values = {"openai_base_url": stub.base_url, "chat_model": "big", **settings}
        values.setdefault("openai_api_key", SecretStr("key"))
        chat = ChatModels(
            Settings(**values), clock, timeouts=timeouts, pause=pauses, rng=random.Random(1)
        )
        made.append(chat)
        return chat

    yield make
    for chat in made:
        await chat.close()


@pytest.fixture
def chat(make: Make) -> ChatModels:
    return make()
