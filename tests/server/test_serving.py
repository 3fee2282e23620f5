"""What `serve` does around the app, in this process."""

import asyncio
import json
import os
import signal
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from agent.errors import Unavailable
from agent.mongo.client import Database
from agent.settings import Settings
from server.commands.serve import _serve
from server.output import Output
from server.ports import bind


async def served(
    output: Output, settings: Settings, capsys: pytest.CaptureFixture[str], *, demo: bool
) -> tuple[str, httpx.Response]:
    """What a server prints, and what it answers before it is stopped."""
    serving = asyncio.create_task(_serve(settings, output, bind("127.0.0.1", 0), demo=demo, jobs=1))
    printed = ""
    async with asyncio.timeout(60):
        while "http" not in printed:
            await asyncio.sleep(0.02)
            if serving.done():
                await serving
            printed += capsys.readouterr().out
    url = printed[printed.index("http") :].split('"')[0].split()[0].rstrip("/")
    async with httpx.AsyncClient(base_url=url) as client:
        answer = await client.get("/api/readyz")
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(serving, 60)
    return printed, answer


@pytest.fixture
def settings(mongod_uri: str, database: Database, tmp_path: Path) -> Settings:
    return Settings(mongodb_uri=SecretStr(mongod_uri), database=database.name, data_dir=tmp_path)


async def test_tells_a_program_once_it_is_ready(
    settings: Settings, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    printed, answer = await served(Output(as_json=True), settings, capsys, demo=True)
    ready = json.loads(printed)
    assert ready.keys() == {"base_url", "admin_key", "accounts"}
    assert ready["admin_key"].startswith("lk_")
    assert answer.json() == {"status": "ready"}
    assert await database.handle["communities"].count_documents({}) == 4
    assert await database.handle["outbox"].count_documents({}) == 0


async def test_shows_a_person_the_key_at_the_first_start_only(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    first, _ = await served(Output(as_json=False), settings, capsys, demo=False)
    assert "lk_" in first
    then, answer = await served(Output(as_json=False), settings, capsys, demo=False)
    assert "lk_" not in then
    assert "latchkey key add" in then
    assert answer.status_code == 200


async def test_a_database_away_ends_it(tmp_path: Path) -> None:
    away = Settings(
        mongodb_uri=SecretStr("mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=50"),
        data_dir=tmp_path,
    )
    with bind("127.0.0.1", 0) as listener, pytest.raises(Unavailable):
        await _serve(away, Output(as_json=True), listener, demo=False, jobs=1)
