from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent.bootstrap import build_services
from agent.kit.clock import ManualClock
from agent.mongo.client import Database
from agent.services import Services
from agent.settings import Settings
from evals.openai_stub import Stub, openai_stub


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    async with openai_stub() as stub:
        yield stub


@pytest.fixture
async def tuning(
    stub: Stub, database: Database, clock: ManualClock, tmp_path: Path
) -> AsyncIterator[Services]:
    """Services whose models are at the stub."""
    settings = Settings(
        data_dir=tmp_path, openai_base_url=stub.base_url, openai_api_key=SecretStr("any")
    )
    services = build_services(settings, database, clock)
    yield services
    await services.training.close()
