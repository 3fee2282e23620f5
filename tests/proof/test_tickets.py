"""The whole evaluation of tickets on the given data."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent.settings import Settings
from evals.tickets.run import run

pytestmark = pytest.mark.proof
DATA = Path(os.environ.get("LATCHKEY_TEST_DATA", "../shared/data")) / "tickets"


@pytest.mark.skipif(not DATA.is_dir(), reason="the labelled tickets are not here")
async def test_tickets_reach_what_is_required(mongod_uri: str, tmp_path: Path) -> None:
    settings = Settings(mongodb_uri=SecretStr(mongod_uri), data_dir=tmp_path / "keys")
    report = await run(settings, DATA, progress=lambda _done, _total: None)
    assert report["passed"], report["required"]
