"""`langgraph dev` as docs/studio.md starts it: offline, with the question before a delivery."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from evals.composio_stub import Stub, composio_stub
from server.ports import bind
from tests.server.test_process import Machine

pytestmark = pytest.mark.proof

ROOT = Path(__file__).parents[2]
BIN = ROOT / ".venv-studio" / "bin"
CONFIG = ROOT / "langgraph.json"
READY_SECONDS = 120
NOWHERE = "http://127.0.0.1:9"
Json = dict[str, Any]


@pytest.fixture(scope="module")
async def composio() -> AsyncIterator[Stub]:
    async with composio_stub() as stub:
        yield stub


@pytest.fixture(scope="module")
async def studio(
    composio: Stub, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LangGraphClient]:
    """A client of `langgraph dev` over the demo homes; tours go to Composio."""
    home = tmp_path_factory.mktemp("studio")
    machine = Machine(home / "data")
    for command in (
        ("demo", "load"),
        ("tenant", "set", "default", "connectors.schedule_tour=composio"),
    ):
        done = machine.run(*command)
        assert done.returncode == 0, done.stderr
    port, process = _start(home, offline(machine.environ, composio))
    try:
        async with AsyncExitStack() as stack:
            url = f"http://127.0.0.1:{port}"
            await _ready(url, process)
            client = get_client(url=url, api_key=None)
            stack.push_async_callback(client.aclose)
            yield client
    finally:
        process.terminate()
        process.wait(30)


def _start(home: Path, environ: dict[str, str]) -> tuple[int, "subprocess.Popen[bytes]"]:
    """What it says goes into `home`/log."""
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(str(BIN / "langgraph"), "dev", "--no-browser", "--no-reload"),
                *("--port", str(port), "--config", str(CONFIG)),
            ],
            cwd=home,
            env=environ,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    return port, process


def offline(environ: dict[str, str], composio: Stub) -> dict[str, str]:
    """Whoever leaves loopback meets a proxy that is not there."""
    return {
        **environ,
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE),
        **dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost"),
        "LANGGRAPH_CLI_NO_ANALYTICS": "1",
        "LANGSMITH_TRACING": "false",
        "COMPOSIO_API_KEY": "test",
        "COMPOSIO_BASE_URL": composio.base_url,
    }


async def _ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    async with httpx.AsyncClient(base_url=url) as web:
        for _ in range(READY_SECONDS * 4):
            assert process.poll() is None, "it ended; its log is in the test's directory"
            try:
                if (await web.get("/ok")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.25)
    raise AssertionError("not ready; its log is in the test's directory")


def test_the_configuration_is_valid() -> None:
    environ = {**os.environ, "LANGGRAPH_CLI_NO_ANALYTICS": "1"}
    done = subprocess.run(
        [str(BIN / "langgraph"), "validate", "--config", str(CONFIG)],
        capture_output=True,
        text=True,
        env=environ,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


async def test_every_graph_is_listed_and_the_api_is_served_beside(studio: LangGraphClient) -> None:
    found = await studio.assistants.search()
    assert {assistant["graph_id"] for assistant in found} == {"leasing", "tickets"}
    for name, asks in (("leasing", "approval"), ("tickets", "review")):
        drawn = await studio.assistants.get_graph(name, xray=True)
        assert any(asks in str(node["id"]) for node in drawn["nodes"])
    health = await studio.http.get("/api/healthz")
    assert health["status"] == "ok"


async def test_a_turn_stops_before_composio_and_goes_on_when_it_is_resumed(
    studio: LangGraphClient, composio: Stub
) -> None:
    thread_id = (await studio.threads.create(graph_id="leasing"))["thread_id"]

    async def say(message: str) -> Json:
        state: Any = await studio.runs.wait(thread_id, "leasing", input={"message": message})
        return dict(state)

    await say("two bedrooms in Portland under 3000")
    times = await say("I'd like to tour the first one")
    await say(f"{times['output']['slots'][0]['label']}. I'm Sam Lee, sam@lee.example")
    waiting = await say("yes please")
    (asked,) = waiting["__interrupt__"]
    assert asked["value"]["action_request"]["action"] == "schedule_tour"
    assert (await studio.threads.get(thread_id))["status"] == "interrupted"
    assert not composio.executions
    assert "lee.example" not in str(waiting)

    told: Any = await studio.runs.wait(
        thread_id, "leasing", command={"resume": [{"type": "accept", "args": None}]}
    )
    assert "booked" in told["output"]["reply"].lower()
    assert (await studio.threads.get(thread_id))["status"] == "idle"
    for _ in range(300):
        if composio.executions:
            break
        await asyncio.sleep(0.1)
    (execution,) = composio.executions
    assert "sam@lee.example" in str(execution)


async def test_a_ticket_stops_at_its_question_and_is_approved_when_it_is_resumed(
    studio: LangGraphClient,
) -> None:
    thread_id = (await studio.threads.create(graph_id="tickets"))["thread_id"]
    pasted = {
        "subject": "Late fees charged twice",
        "transcript": "Agent: How can I help?\nCaller: Late fees were charged twice on one day. "
        "Write to sam@lee.example.",
        "product": "Keystone Ledger",
    }
    waiting: Any = await studio.runs.wait(thread_id, "tickets", input=pasted)
    (asked,) = waiting["__interrupt__"]
    assert asked["value"]["action_request"]["action"] == "approve_ticket"
    assert asked["value"]["action_request"]["args"]["resolution"].startswith("KB: KB-DEMO-")
    state = await studio.threads.get_state(thread_id)
    assert "lee.example" not in str(state["values"])

    edited = {"action": "approve_ticket", "args": {"resolution": "1. Reverse the later batch."}}
    done: Any = await studio.runs.wait(
        thread_id, "tickets", command={"resume": [{"type": "edit", "args": edited}]}
    )
    assert "__interrupt__" not in done
    assert (await studio.threads.get(thread_id))["status"] == "idle"
