"""`latchkey serve` as a process: its start, its port, a second one beside it, its end."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.mongo.lease import is_held

COMMAND = [sys.executable, "-c", "from server.cli import main; main()"]
READY_SECONDS = 30.0


@dataclass
class Server:
    process: "subprocess.Popen[str]"
    ready: dict[str, Any]

    @property
    def url(self) -> str:
        return str(self.ready["base_url"])

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Its exit code, and what it said on stderr beyond the requests."""
        self.process.send_signal(sign)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        _, said = self.process.communicate(timeout=30)
        lines = said.splitlines(keepends=True)
        return self.process.returncode, "".join(line for line in lines if not _request(line))


def _request(line: str) -> bool:
    with contextlib.suppress(ValueError):
        said = json.loads(line)
        return (said["event"], said["level"]) == ("request", "info")
    return False


class Machine:
    """Starts servers on one data directory and ends those that are left."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._servers: list[Server] = []

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if "LATCHKEY" not in name}
        kept.pop("MONGODB_URI", None)
        return kept | {"LATCHKEY_DATA_DIR": str(self.data), "HOME": str(self.data)}

    def serve(self, *args: str) -> Server:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--json", *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environ,
        )
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            raise AssertionError(process.communicate()[1])
        server = Server(process, json.loads(line))
        self._servers.append(server)
        return server

    def run(self, *args: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*COMMAND, *args], capture_output=True, text=True, check=False, env=self.environ
        )

    def close(self) -> None:
        for server in self._servers:
            if server.process.poll() is None:
                server.process.kill()
            server.process.communicate()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = Machine(tmp_path_factory.mktemp("home") / "data")
    yield machine
    machine.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path / "data")
    yield machine
    machine.close()


@pytest.fixture(scope="module")
def server(machine: Machine) -> Server:
    return machine.serve("--demo", "--port", "0")


def test_first_start_shows_the_key_once(server: Server, machine: Machine) -> None:
    assert server.ready.keys() == {"base_url", "admin_key", "accounts"}
    bearer = {"Authorization": f"Bearer {server.ready['admin_key']}"}
    assert httpx.get(f"{server.url}/api/approvals", headers=bearer).status_code == 200
    assert httpx.get(f"{server.url}/api/readyz").json() == {"status": "ready"}
    files = {path.name: path.stat().st_mode & 0o777 for path in machine.data.glob("*.key")}
    assert files == {"secret.key": 0o600, "vault.key": 0o600}


def test_the_demo_answers_with_real_homes(server: Server) -> None:
    started = httpx.post(
        f"{server.url}/api/agent/start", json={"message": "two bedrooms in Portland under 3000"}
    ).json()
    assert {home["area"] for home in started["answer"]["listings"]} == {"Portland"}


def test_a_second_server_joins_and_both_tell_the_same(server: Server, machine: Machine) -> None:
    second = machine.serve("--port", "0")
    assert second.ready["admin_key"] is None
    assert second.url != server.url
    started = httpx.post(f"{server.url}/api/agent/start", json={}).json()
    bearer = {"Authorization": f"Bearer {started['visitor_token']}"}
    body = {"thread_id": started["thread_id"], "message": "hello", "message_id": "m-1"}
    answers = [
        httpx.post(f"{url}/api/agent/reply", json=body, headers=bearer).json()
        for url in (second.url, server.url)
    ]
    assert answers[0]["reply"] == answers[1]["reply"]
    assert second.stop() == (0, "")
    assert httpx.get(f"{server.url}/api/readyz").status_code == 200


def _until_replied(stream: httpx.Response) -> list[str]:
    heard = []
    for line in stream.iter_lines():
        if line.startswith(("id:", "event:", "data:")):
            heard.append(line)
            if '"message_id":"reply:' in line:
                break
    return heard


@pytest.mark.proof
def test_two_servers_stream_the_same_thread(server: Server, machine: Machine) -> None:
    second = machine.serve("--port", "0")
    started = httpx.post(f"{server.url}/api/agent/start", json={}).json()
    bearer = {"Authorization": f"Bearer {started['visitor_token']}"}
    body = {"thread_id": started["thread_id"], "message": "a studio in Denver", "message_id": "m-2"}
    path = "/api/agent/events"
    with (
        httpx.stream("GET", f"{server.url}{path}", headers=bearer) as one,
        httpx.stream("GET", f"{second.url}{path}", headers=bearer) as other,
    ):
        httpx.post(f"{server.url}/api/agent/reply", json=body, headers=bearer).raise_for_status()
        heard = [_until_replied(stream) for stream in (one, other)]
    assert heard[0] == heard[1]
    assert second.stop() == (0, "")


@pytest.mark.proof
def test_a_command_joins_and_leaves(server: Server, machine: Machine) -> None:
    added = machine.run("key", "add", "crm", "--scope", "threads:read", "--json")
    assert added.returncode == 0, added.stderr
    bearer = {"Authorization": f"Bearer {json.loads(added.stdout)['key']}"}
    assert httpx.get(f"{server.url}/api/leads/threads", headers=bearer).status_code == 200


def test_a_taken_port_is_told_at_once(server: Server, machine: Machine) -> None:
    port = server.url.rsplit(":", 1)[1]
    refused = machine.run("serve", "--port", port)
    assert refused.returncode == 1
    assert refused.stdout == ""
    (line,) = refused.stderr.splitlines()
    assert line.startswith("latchkey: port_taken: ")
    assert "--port" in line


def test_an_address_that_is_not_ours_is_told(machine: Machine) -> None:
    refused = machine.run("serve", "--host", "192.0.2.1", "--port", "0")
    assert refused.returncode == 1
    assert "host_unusable" in refused.stderr


def test_stops_after_the_last_answer_and_takes_mongod_with_it(fresh: Machine) -> None:
    server = fresh.serve("--port", "0")
    started = httpx.post(f"{server.url}/api/agent/start", json={}).json()
    headers = {
        "Authorization": f"Bearer {started['visitor_token']}",
        "Accept": "text/event-stream",
    }
    with httpx.stream("GET", f"{server.url}/api/agent/events", headers=headers) as events:
        lines = events.iter_lines()
        assert next(lines) == ": hello"
        began = time.monotonic()
        server.process.send_signal(signal.SIGINT)
        assert "event: restart" in list(lines)
    assert server.ended() == (0, "")
    assert time.monotonic() - began < 10
    assert not is_held(fresh.data / "mongo" / "db" / "mongod.lock")


@pytest.mark.usefixtures("server")
@pytest.mark.proof
def test_shows_a_person_what_to_do_next(machine: Machine) -> None:
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=machine.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout
    shown = ""
    while "Ctrl-C" not in shown:
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        shown += line
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert "http://127.0.0.1:" in shown
    assert "lk_" not in shown


@pytest.mark.usefixtures("server")
@pytest.mark.proof
def test_ctrl_c_ends_a_chat_at_once(machine: Machine) -> None:
    ours, theirs = pty.openpty()
    chat = subprocess.Popen(
        [*COMMAND, "chat"], stdin=theirs, stdout=theirs, stderr=theirs, env=machine.environ
    )
    os.close(theirs)
    shown = b""
    while b"you> " not in shown:
        shown += os.read(ours, 4096)
    chat.send_signal(signal.SIGINT)
    assert chat.wait(timeout=20) == 130
    assert b"automated" in shown
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 4096):
            shown += piece
    os.close(ours)
    assert b"Traceback" not in shown
