"""SIGTERM while a turn runs: it ends or is taken up again, and everybody is told."""

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from evals.journeys.brain import competent
from evals.openai_stub import Fault, Stub, openai_stub
from tests.proof.served import Served, served
from tests.server.parties import Visitor

pytestmark = pytest.mark.proof

EXIT_SECONDS = 20.0
TAKEN_UP_SECONDS = 15.0
"""A lease, and five seconds."""


def modelled(stub: Stub) -> dict[str, str]:
    return {
        "LATCHKEY_POLICY": "llm",
        "OPENAI_BASE_URL": stub.base_url,
        "OPENAI_API_KEY": "stub",
    }


async def asked(stub: Stub) -> None:
    """Until a turn waits for its model."""
    async with asyncio.timeout(10):
        while not stub.bodies():  # noqa: ASYNC110  # the stub tells nobody
            await asyncio.sleep(0.02)


async def heard(http: httpx.AsyncClient, url: str, visitor: Visitor) -> list[str]:
    """The kinds of events until the stream ends."""
    kinds = []
    async with http.stream(
        "GET", f"{url}/api/agent/events", headers=visitor.headers, timeout=30
    ) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("event: "):
                kinds.append(line.removeprefix("event: "))
    return kinds


async def gone(server: Served) -> float:
    """Seconds until the process has ended well."""
    began = time.monotonic()
    assert await asyncio.wait_for(server.process.wait(), 30) == 0
    return time.monotonic() - began


async def transcript(http: httpx.AsyncClient, url: str, visitor: Visitor) -> list[dict[str, Any]]:
    answer = await http.get(f"{url}/api/agent/thread", headers=visitor.headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["messages"])


async def test_a_running_turn_is_finished(
    mongod_uri: str, own_database: str, tmp_path: Path
) -> None:
    async with (
        openai_stub(competent) as stub,
        served(mongod_uri, own_database, tmp_path, modelled(stub)) as server,
        httpx.AsyncClient(base_url=server.url, timeout=30) as http,
    ):
        visitor = await Visitor.arrive(http)
        stub.always(Fault("slow_headers", seconds=3))
        listening = asyncio.create_task(heard(http, server.url, visitor))
        saying = asyncio.create_task(visitor.say("Is there parking?", message_id="m-1"))
        await asked(stub)
        server.terminate()
        ending = asyncio.create_task(gone(server))
        await asyncio.sleep(0.5)
        ready = await http.get("/api/readyz")
        assert (ready.status_code, ready.json()) == (503, {"status": "draining"})
        body = {"thread_id": visitor.thread_id, "message": "And pets?", "message_id": "m-2"}
        refused = await visitor.post("/api/agent/reply", body)
        assert refused.status_code == 503
        assert refused.json()["error"]["code"] == "server_stopping"
        assert refused.headers["Retry-After"] == "1"
        assert (await listening)[-1] == "restart"
        assert (await saying)["reply"]
        assert await ending < EXIT_SECONDS


@pytest.mark.parametrize("who", ["the next one", "another one that runs"])
async def test_a_turn_that_does_not_end_is_taken_up(
    mongod_uri: str, own_database: str, tmp_path: Path, who: str
) -> None:
    async with AsyncExitStack() as stack:
        stub = await stack.enter_async_context(openai_stub(competent))
        start = (mongod_uri, own_database, tmp_path)
        first = await stack.enter_async_context(served(*start, modelled(stub)))
        if who == "another one that runs":
            second = await stack.enter_async_context(served(*start))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=first.url, timeout=30))
        visitor = await Visitor.arrive(http)
        stub.always(Fault("slow_headers", seconds=60))
        listening = asyncio.create_task(heard(http, first.url, visitor))
        said = {"thread_id": visitor.thread_id, "message": "Is there parking?", "message_id": "m"}
        saying = asyncio.create_task(visitor.post("/api/agent/reply", said))
        await asked(stub)
        first.terminate()
        assert await gone(first) < EXIT_SECONDS
        assert (await listening)[-1] == "restart"
        cut_off = await saying
        assert cut_off.status_code == 503
        assert cut_off.json()["error"]["code"] == "server_stopping"
        if who == "the next one":
            second = await stack.enter_async_context(served(*start))
        async with asyncio.timeout(TAKEN_UP_SECONDS):
            lines = await transcript(http, second.url, visitor)
            while [line["role"] for line in lines] != ["agent", "lead", "agent"]:
                await asyncio.sleep(0.2)
                lines = await transcript(http, second.url, visitor)
        again = await http.post(
            f"{second.url}/api/agent/reply",
            json=said,
            headers=visitor.headers,
        )
        assert again.json()["reply"] == lines[-1]["text"]
        assert len(await transcript(http, second.url, visitor)) == 3
