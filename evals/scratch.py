"""A database of its own for one evaluation, gone when it ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.bootstrap import open_services
from agent.kit.clock import Clock
from agent.kit.ids import new_id
from agent.services import Services
from agent.settings import Settings


@asynccontextmanager
async def scratch_services(settings: Settings, clock: Clock) -> AsyncIterator[Services]:
    """The services over an empty database beside the one `settings` names."""
    own = settings.model_copy(update={"database": new_id("eval")})
    async with open_services(own, clock=clock) as services:
        try:
            yield services
        finally:
            await services.database.drop()
