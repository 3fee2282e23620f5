import asyncio
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

MEMBER = Path(__file__).with_name("member.py")
ROOT = Path(__file__).parents[3]


class Member:
    """A real process that uses the database of `data_dir`."""

    def __init__(self, data_dir: Path, *arguments: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(MEMBER), str(data_dir), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def hears(self, *, seconds: float = 30) -> dict[str, Any]:
        assert self._process.stdout
        ready, _, _ = select.select([self._process.stdout], [], [], seconds)
        assert ready, f"it said nothing for {seconds} s"
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        return said

    def write(self, size: int = 10) -> dict[str, Any]:
        assert self._process.stdin
        self._process.stdin.write(f"{size}\n".encode())
        self._process.stdin.flush()
        return self.hears()

    def leave(self) -> int:
        assert self._process.stdin
        self._process.stdin.close()
        return self._end()

    def die(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._end()

    def _end(self) -> int:
        code = self._process.wait(timeout=60)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()
        return code

    def close(self) -> None:
        if self._process.returncode is None:
            self.die()


class Home:
    """A data directory as seen from outside."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir

    @property
    def port(self) -> int:
        return int((self.data_dir / "mongo/port").read_text() or 0)

    @property
    def mongod(self) -> int:
        """Its process id."""
        return int((self.data_dir / "mongo/db/mongod.lock").read_text())

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill_mongod(self) -> None:
        os.kill(self.mongod, signal.SIGKILL)

    def watchdogs(self) -> list[int]:
        listing = subprocess.run(
            ["ps", "-axwwo", "pid=,args="], capture_output=True, text=True, check=True
        ).stdout
        wanted = f"agent.mongo.watchdog {self.data_dir}"
        return [int(line.split()[0]) for line in listing.splitlines() if line.endswith(wanted)]


def eventually(holds: Callable[[], bool], *, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)


async def soon(holds: Callable[[], Awaitable[bool]], *, seconds: float = 10) -> None:
    for _ in range(int(seconds * 20)):
        if await holds():
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"not within {seconds} s")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "data")
    yield home
    if (home.data_dir / "mongo/port").exists():
        eventually(lambda: not home.listens())


@pytest.fixture
def member(home: Home) -> Iterator[Callable[..., Member]]:
    """Starts members of `home`; those left over are killed."""
    members: list[Member] = []

    def start(*arguments: object) -> Member:
        members.append(Member(home.data_dir, *arguments))
        return members[-1]

    yield start
    for one in members:
        one.close()
