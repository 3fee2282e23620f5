"""Services that ask the model of a stub, without waiting between attempts."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from pydantic import SecretStr

from agent.ai.chat import ChatModels, Timeouts
from agent.services import Services
from evals.openai_stub import Stub

TIMEOUTS = Timeouts(connect=2.0, first_token=5.0, total=10.0)


@contextlib.asynccontextmanager
async def asking(
    services: Services, stub: Stub, timeouts: Timeouts = TIMEOUTS
) -> AsyncIterator[Services]:
    """`services` under the policy `llm`."""
    settings = services.settings.model_copy(
        update={
            "policy": "llm",
            "openai_base_url": stub.base_url,
            "openai_api_key": SecretStr("stub"),
        }
    )

    async def at_once(_: float) -> None:
        return None

    chat = ChatModels(settings, services.clock, timeouts=timeouts, pause=at_once)
    try:
        yield replace(services, settings=settings, chat=chat)
    finally:
        await chat.close()
