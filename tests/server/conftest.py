import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from agent.mongo.client import Database
from agent.services import Services
from agent.settings import Settings
from agent.tenants.models import DEFAULT_TENANT
from server import cli
from server.app import create_app
from server.ports import base_url, bind
from server.scopes import Scope
from server.serving import serve
from server.state import State, state_over
from tests.server.commands import Latchkey
from tests.server.parties import Staff, Visitor

HERE = "http://latchkey.test"


@pytest.fixture
async def state(demo: Services) -> AsyncIterator[State]:
    async with state_over(demo) as state:
        yield state


@pytest.fixture(scope="session")
def built() -> FastAPI:
    """The app of all tests: FastAPI takes longer to prepare a route than to answer most."""

    @contextlib.asynccontextmanager
    async def never() -> AsyncIterator[State]:
        raise AssertionError("its state is put in, not opened")
        yield

    return create_app(never)


@pytest.fixture
def app(built: FastAPI, state: State) -> FastAPI:
    built.state.serving = state
    # middleware is made anew: it keeps what it has read
    built.middleware_stack = None
    return built


@pytest.fixture
async def web(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a credential."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as client:
        yield client


@pytest.fixture
async def staff(web: httpx.AsyncClient, state: State) -> Staff:
    """Whoever holds the admin key."""
    secret = await state.services.keys.first_admin(DEFAULT_TENANT, Scope)
    assert secret
    return Staff(web, secret)


@pytest.fixture
async def visitor(web: httpx.AsyncClient) -> Visitor:
    return await Visitor.arrive(web)


@pytest.fixture
async def live(app: FastAPI, state: State) -> AsyncIterator[httpx.AsyncClient]:
    """The same app behind a socket, where streams come piece by piece; ended by SIGTERM."""
    listener = bind("127.0.0.1", 0)
    url = base_url(listener)
    ready = asyncio.Event()
    serving = asyncio.create_task(serve(app, state, listener, ready.set))
    await asyncio.wait_for(ready.wait(), 60)
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        yield client
    if not serving.done():
        os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(serving, 60)


@pytest.fixture
def environment(mongod_uri: str, database: Database, tmp_path: Path) -> dict[str, str]:
    """Of a command over the test's database."""
    return {
        "MONGODB_URI": mongod_uri,
        "LATCHKEY_DATABASE": database.name,
        "LATCHKEY_DATA_DIR": str(tmp_path / "data"),
    }


@pytest.fixture
def latchkey(environment: dict[str, str]) -> Latchkey:
    """Run a command; what it raises is caught as `main` does."""

    def run(*args: str, stdin: str = "", **more: str) -> Result:
        return CliRunner().invoke(cli.app, args, input=stdin, env=environment | more)

    return run


@pytest.fixture
def settings(mongod_uri: str, database: Database, tmp_path: Path) -> Settings:
    """Those that `latchkey` runs with."""
    return Settings(
        mongodb_uri=SecretStr(mongod_uri), database=database.name, data_dir=tmp_path / "data"
    )
