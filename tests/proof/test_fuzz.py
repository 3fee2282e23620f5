"""The OpenAPI document against the running server: every check of schemathesis, every route."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.support import CASES as CASES_OF_SUPPORT
from tests.server.support import csv_of
from tests.server.test_process import COMMAND, Machine

pytestmark = pytest.mark.proof

HERE = Path(__file__).parent
CASES = 3000
SECONDS = 480
ENDLESS = ["/api/agent/events", "/api/events"]
"""Streams that end when the listener goes; tests/server/test_streaming.py reads them."""
Json = dict[str, Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Json]:
    """A demo server with a conversation, whose tour waits for approval."""
    home = tmp_path_factory.mktemp("fuzz")
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--json", "--demo", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=Machine(home / "data").environ,
        )
    assert process.stdout
    try:
        ready = json.loads(process.stdout.readline())
        yield {**ready, **_talked(ready)}
    finally:
        process.terminate()
        process.communicate(timeout=60)


def _talked(ready: Json) -> Json:
    with httpx.Client(base_url=ready["base_url"], timeout=30) as web:
        started = web.post("/api/agent/start", json={}).json()
        visitor = {"Authorization": f"Bearer {started['visitor_token']}"}

        def say(text: str) -> Json:
            body = {"thread_id": started["thread_id"], "message": text}
            answer = web.post("/api/agent/reply", json=body, headers=visitor)
            assert answer.status_code == 200, answer.text
            return dict(answer.json())

        say("Hi, I'm looking for a two bedroom in Portland under 3000")
        offer = say("I'd like to tour the first one")
        say(offer["slots"][0]["label"])
        say("Sam Lee, sam@lee.example")
        (pending,) = say("yes please")["pending_actions"]
        staff = {"Authorization": f"Bearer {ready['admin_key']}"}
        thread = web.get(f"/api/leads/threads/{started['thread_id']}", headers=staff).json()
        articles = web.get("/api/knowledge", headers=staff).json()["items"]
        file = {"file": ("tickets.csv", csv_of(CASES_OF_SUPPORT[:5]))}
        uploaded = web.post("/api/tickets/upload", files=file, headers=staff)
        assert uploaded.status_code == 202, uploaded.text
    return {
        "visitor_token": started["visitor_token"],
        "known": {
            "thread_id": started["thread_id"],
            "action_id": pending["action_id"],
            "lead_id": thread["lead_id"],
            "listing_id": pending["args"]["listing_id"],
            "community_id": thread["community_id"],
            "ticket_id": CASES_OF_SUPPORT[0].ticket_id,
            "job_id": uploaded.json()["job_id"],
            "knowledge_id": articles[0]["id"]
            if "id" in articles[0]
            else articles[0]["knowledge_id"],
        },
    }


def fuzz(server: Json, credential: str, report: Path, *, phases: str, examples: int) -> Json:
    """Run schemathesis; its report. What failed is on stdout for whoever reads the test's log.

    The cases are the same each time, and none is made smaller once it has failed.
    """
    excluded = [part for path in ENDLESS for part in ("--exclude-path", path)]
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"),
            *("--config-file", str(HERE / "schemathesis.toml")),
            *("run", f"{server['base_url']}/openapi.json", *excluded),
            *("--header", f"Authorization: Bearer {credential}"),
            *("--checks", "all", "--phases", phases, "--no-shrink"),
            *("--max-examples", str(examples)),
            *("--report", "json", "--report-json-path", str(report)),
        ],
        env={
            **os.environ,
            "FUZZ_KNOWN": json.dumps(server["known"]),
            "SCHEMATHESIS_HOOKS": str(HERE / "fuzz_hooks.py"),
        },
        cwd=report.parent,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    print(done.stdout[-20000:], done.stderr[-2000:])  # noqa: T201
    found: Json = json.loads(report.read_text())
    return found


def problems(report: Json) -> list[Any]:
    """What failed, as far as a failing test should say; its log has the requests."""
    failed = [(found["title"], found["operations"]) for found in report["failures"]]
    return [*failed, *report["errors"]]


def test_whatever_staff_sends_is_answered_as_documented(server: Json, tmp_path: Path) -> None:
    report = fuzz(
        server,
        server["admin_key"],
        tmp_path / "report.json",
        phases="examples,coverage,fuzzing",
        examples=3,
    )
    assert report["test_cases"]["generated"] >= CASES
    assert problems(report) == []


def test_whatever_a_visitor_sends_is_answered_as_documented(server: Json, tmp_path: Path) -> None:
    report = fuzz(
        server,
        server["visitor_token"],
        tmp_path / "report.json",
        phases="examples,fuzzing",
        examples=5,
    )
    assert problems(report) == []
