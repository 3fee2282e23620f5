import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import SecretStr

from agent.bootstrap import build_services
from agent.kit.clock import ManualClock
from agent.mongo.client import Database
from agent.services import Services
from graphs import studio
from graphs.runtime import open_runtime

pytestmark = pytest.mark.usefixtures("children")

SAID = "I'm Dana Ortiz, dana.ortiz@mail.example, 503-555-0142. A two-bedroom in Seattle, please."
PLANTED = ("Dana", "Ortiz", "dana.ortiz", "mail.example", "555-0142", "5035550142", "lsv2_planted")


class LangSmith(ThreadingHTTPServer):
    """Takes what a LangSmith client posts, and keeps it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posted: list[tuple[str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: LangSmith

    def do_GET(self) -> None:
        limits = {
            "size_limit": 100,
            "size_limit_bytes": 20_971_520,
            "scale_up_nthreads_limit": 4,
            "scale_up_qsize_trigger": 1000,
            "scale_down_nempty_trigger": 4,
            "use_multipart_endpoint": False,
        }
        self._answer({"version": "0.10", "batch_ingest_config": limits})

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        self.server.posted.append((self.path, self.rfile.read(length)))
        self._answer({})

    do_PATCH = do_POST

    def _answer(self, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        return None


@pytest.fixture
def langsmith() -> Iterator[LangSmith]:
    server = LangSmith()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


async def talk(services: Services) -> str:
    async with open_runtime(services) as runtime:
        started = await runtime.start("default", message=SAID)
    assert started.answer is not None
    return started.answer.reply


async def test_a_turn_is_traced_without_the_person(
    langsmith: LangSmith, demo: Services, database: Database, clock: ManualClock
) -> None:
    settings = demo.settings.model_copy(
        update={
            "langsmith_tracing": True,
            "langsmith_endpoint": langsmith.url,
            "langsmith_api_key": SecretStr("lsv2_planted"),
            "langsmith_project": "leasing",
        }
    )
    services = build_services(settings, database, clock)
    reply = await talk(services)
    await asyncio.sleep(0)
    traced = b"".join(body for _, body in langsmith.posted).decode()
    assert "understand" in traced
    assert reply.split(".")[0][:20] in traced
    assert not [word for word in PLANTED if word in traced]


async def test_studio_traces_without_the_person_too(
    langsmith: LangSmith,
    demo: Services,
    mongod_uri: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    env = {
        "MONGODB_URI": mongod_uri,
        "LATCHKEY_DATABASE": demo.database.name,
        "LATCHKEY_DATA_DIR": str(tmp_path),
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_ENDPOINT": langsmith.url,
        "LANGSMITH_API_KEY": "lsv2_planted",
    }
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    graph = (await studio.leasing({})).compile(checkpointer=InMemorySaver())
    await graph.ainvoke({"message": SAID}, {"configurable": {"thread_id": "studio"}})
    stack, _ = await studio.opening(asyncio.get_running_loop())
    await stack.aclose()
    traced = b"".join(body for _, body in langsmith.posted).decode()
    assert "understand" in traced
    assert not [word for word in PLANTED if word in traced]


async def test_nothing_is_sent_unless_it_is_wanted(
    langsmith: LangSmith, demo: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where a variable of LangChain's past says so."""
    monkeypatch.setenv("LANGCHAIN_TRACING_V2", "true")
    monkeypatch.setenv("LANGCHAIN_ENDPOINT", langsmith.url)
    monkeypatch.setenv("LANGCHAIN_API_KEY", "lsv2_planted")
    await talk(demo)
    assert langsmith.posted == []


def test_it_costs_no_import() -> None:
    code = "import sys, graphs.tracing; print('langsmith' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
