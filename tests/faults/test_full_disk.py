"""The disk fills up in the middle of an import; with room again it is done to the end."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.proof

COMMAND = [sys.executable, "-c", "from server.cli import main; main()"]
MEGABYTE = 2**20
THREADS = 3_000


def export(path: Path) -> Path:
    lines = ["role,text,timestamp"]
    for n in range(THREADS):
        lines += [
            f'lead,"Home {n}: {os.urandom(400).hex()}",2025-01-01T10:00:00Z',
            f"agent,Number {n} is free,2025-01-01T10:01:00Z",
            ",,",
            ",,",
        ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def latchkey(home: Path, *args: str, megabytes: int | None = None) -> tuple[int, dict[str, Any]]:
    def cramp() -> None:
        if megabytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (megabytes * MEGABYTE,) * 2)

    done = subprocess.run(
        [*COMMAND, *args, "--json"],
        env={**os.environ, "LATCHKEY_DATA_DIR": str(home)},
        cwd=Path(__file__).parents[2],
        preexec_fn=cramp,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, said


def test_an_import_without_room_is_finished_later(tmp_path: Path) -> None:
    home, path = tmp_path / "data", export(tmp_path / "export.csv")
    code, said = latchkey(home, "ingest", "conversations", str(path), megabytes=5)
    assert (code, said["error"]["code"]) == (1, "storage_full")

    code, report = latchkey(home, "ingest", "conversations", str(path))
    assert code == 0
    assert (report["threads"], report["messages"]) == (THREADS, 2 * THREADS)
    assert 0 < report["added"] < 2 * THREADS

    code, again = latchkey(home, "ingest", "conversations", str(path))
    assert (code, again["added"]) == (0, 0)
