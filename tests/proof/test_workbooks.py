"""What hostile and what large workbooks cost the process that has them read."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.kit.workbooks import write_rows
from evals.bench.excel import COLUMNS, made_up_rows
from tests.agent.kit.sheets.books import book, text
from tests.agent.kit.sheets.test_refused import FILES

pytestmark = pytest.mark.proof
MEMORY_MB = 50
SECONDS = 2.0
READER = """
import asyncio, json, resource, sys
from pathlib import Path
from agent.errors import LatchkeyError
from agent.ingest.tickets import read_tickets

def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

def processor():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)

async def read(path):
    started, code, accepted = processor(), None, 0
    try:
        async with read_tickets(path, name=path.name) as file:
            async for batch in file.batches:
                accepted += len(batch)
    except LatchkeyError as error:
        code = error.code
    return [code, accepted, processor() - started]

async def main():
    await read(Path(sys.argv[1]))
    before = most()
    found = {path: await read(Path(path)) for path in sys.argv[2:]}
    print(json.dumps({"files": found, "grown_mb": most() - before}))

asyncio.run(main())
"""


def read_elsewhere(first: Path, *paths: Path) -> dict[str, Any]:
    """Read files in a process of its own.

    Code, drafts and seconds of processor time for each; by how much its memory grew after `first`.
    """
    done = subprocess.run(
        [sys.executable, "-c", READER, str(first), *map(str, paths)],
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.xlsx"
    write_rows(path, "Tickets", COLUMNS, made_up_rows(1, 0))
    return path


def test_the_whole_corpus_beside_one_reader(tmp_path: Path, small: Path) -> None:
    paths = {}
    for number, (kind, (code, make)) in enumerate(FILES.items()):
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(make())
        paths[path] = (kind, code)
    found = read_elsewhere(small, *paths)
    for path, (kind, code) in paths.items():
        told, accepted, seconds = found["files"][str(path)]
        assert (kind, told, accepted) == (kind, code, 0)
        assert seconds < SECONDS, kind
    assert found["grown_mb"] <= MEMORY_MB


def test_thirty_thousand_tickets(tmp_path: Path, small: Path) -> None:
    path = tmp_path / "large.xlsx"
    write_rows(path, "Tickets", COLUMNS, made_up_rows(30_000, 1))
    found = read_elsewhere(small, path)
    assert found["files"][str(path)][:2] == [None, 30_000]
    assert found["grown_mb"] <= MEMORY_MB


@pytest.mark.parametrize(
    "unit",
    [
        "<f ", "<f>", "<f></f>", "<f/>", "<c ", '<c t="e"', ' t="e"', '<c r="AA1"', ' r="AA1"',
        ' r="A1000000"', " r='AA1'", " r =",
        '<row r="100000">', '<c r="A1"><f></f><v/></c>', "<", ">",
    ],
)  # fmt: skip
def test_no_text_makes_the_inspection_slow(tmp_path: Path, small: Path, unit: str) -> None:
    body = text("A1", "@").replace("@", unit * (7_500_000 // len(unit)))
    path = tmp_path / "long.xlsx"
    path.write_bytes(book(f'<row r="1">{body}</row>'))
    _, accepted, seconds = read_elsewhere(small, path)["files"][str(path)]
    assert accepted == 0
    assert seconds < SECONDS
