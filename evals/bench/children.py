"""Servers as processes of their own, and the memory they take."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.errors import Unavailable

LATCHKEY = ("-c", "from server.cli import main; main()", "serve", "--port", "0", "--json")
STOP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Child:
    pid: int
    ready: Mapping[str, Any]
    """What it said once it was."""

    @property
    def url(self) -> str:
        """Where it listens."""
        return str(self.ready["base_url"])

    @property
    def memory_mb(self) -> float:
        return memory_mb(self.pid)


@contextmanager
def serving(argv: Sequence[str], environ: Mapping[str, str] = {}) -> Iterator[Child]:
    """A Python child that prints one line of JSON with its `base_url` once it is ready."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LATCHKEY_")}
    process = subprocess.Popen(
        [sys.executable, *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**kept, **environ},
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            raise Unavailable("bench_server_failed", "A server of the bench did not start.")
        yield Child(process.pid, json.loads(line))
    finally:
        process.terminate()
        try:
            process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
