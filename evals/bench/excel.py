"""A made-up workbook of tickets read in its sandbox, with openpyxl and the bare parser beside."""

import os
import platform
import random
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agent.ingest.tickets import read_tickets
from agent.kit.sheets.workbook import open_workbook
from agent.kit.workbooks import write_rows

REQUIRED, GOAL = 30_000, 40_000
"""Rows a second, the start of the child included."""
MEMORY_MB = 50
"""What the reading process may grow by."""
ROUNDS = 3
COLUMNS = (
    "Ticket Number", "Conversation ID", "Created At", "Channel", "Customer Role", "Product",
    "Priority", "Tier", "Account Name", "Property Name", "Contact Name", "Contact Phone",
    "Transcript",
)  # fmt: skip
Progress = Callable[[int, int], None]

_WORDS = (
    "the", "ledger", "voucher", "resident", "payment", "unit", "report", "error", "screen",
    "certification", "please", "posted", "balance", "shows", "wrong", "after", "refresh", "cannot",
    "move", "deposit", "tenant", "system", "login", "property", "waitlist",
)  # fmt: skip


async def run(
    *,
    rows: int,
    rounds: int = ROUNDS,
    seed: int = 0,
    progress: Progress = lambda done, total: None,
) -> dict[str, Any]:
    """Rows a second, each the median of the rounds: every reader takes its turn in each.

    `sandbox` counts from the path to the last row in this process, its child's start included,
    `sandbox_started` without that start; `tickets` are drafts; `cpu` is rows in a second of the
    child's processor time.
    """
    with TemporaryDirectory(prefix="latchkey-") as folder:
        large, small = Path(folder) / "large.xlsx", Path(folder) / "small.xlsx"
        write_rows(large, "Tickets", COLUMNS, made_up_rows(rows, seed))
        write_rows(small, "Tickets", COLUMNS, made_up_rows(1, seed))
        await _sandbox(small)
        memory = _memory_mb()
        await _sandbox(large)
        await _tickets(large)
        grown = round(_memory_mb() - memory, 1)
        found = []
        for done in range(rounds):
            progress(done, rounds)
            found.append(await _round(large, small, rows))
        progress(rounds, rounds)
        median = {name: round(statistics.median(one[name] for one in found)) for name in found[0]}
        return {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "rows": rows,
            "columns": len(COLUMNS),
            "file_mb": round(large.stat().st_size / 1e6, 1),
            "rounds": rounds,
            "rows_per_second": median["sandbox"],
            "measured": median,
            "times_openpyxl": round(median["sandbox"] / median["openpyxl_read_only"], 1),
            "memory_mb": grown,
            "required": {"rows_per_second": REQUIRED, "memory_mb": MEMORY_MB},
            "goal": GOAL,
            "passed": median["sandbox"] >= REQUIRED and grown <= MEMORY_MB,
        }


async def _round(large: Path, small: Path, rows: int) -> dict[str, float]:
    start, _ = await _sandbox(small)
    total, cpu = await _sandbox(large)
    return {
        "start_ms": start * 1_000,
        "sandbox": rows / total,
        "sandbox_started": rows / (total - start),
        "cpu": rows / cpu,
        "tickets": rows / await _tickets(large),
        "calamine_bare": rows / _calamine(large),
        "openpyxl_read_only": rows / _openpyxl(large),
    }


async def _sandbox(path: Path) -> tuple[float, float]:
    """Seconds until the last row is here, and of the child's processor time."""
    before, started = _children_cpu(), time.perf_counter()
    async with open_workbook(path) as workbook:
        async for _ in workbook.batches(workbook.sheets[0]):
            pass
        taken = time.perf_counter() - started
    return taken, _children_cpu() - before


async def _tickets(path: Path) -> float:
    started = time.perf_counter()
    async with read_tickets(path, name=path.name) as file:
        async for _ in file.batches:
            pass
    return time.perf_counter() - started


def _calamine(path: Path) -> float:
    import python_calamine

    started = time.perf_counter()
    book = python_calamine.load_workbook(path)
    for _ in book.get_sheet_by_index(0).iter_rows():
        pass
    return time.perf_counter() - started


def _openpyxl(path: Path) -> float:
    from openpyxl import load_workbook  # type: ignore[import-untyped]

    started = time.perf_counter()
    book = load_workbook(path, read_only=True)
    for _ in book.active.iter_rows(values_only=True):
        pass
    book.close()
    return time.perf_counter() - started


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _memory_mb() -> float:
    """The most that this process has ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def made_up_rows(count: int, seed: int) -> Iterator[list[Any]]:
    rng = random.Random(seed)
    began = datetime.fromisoformat("2026-01-05T08:00:00")
    for number in range(count):
        yield [
            f"CS-{number:08}",
            f"CONV-{rng.getrandbits(50):010X}-{number}",
            began + timedelta(minutes=7 * number),
            rng.choice(("Chat", "Phone")),
            rng.choice(("Leasing Agent", "Site Manager", "Accounting Clerk")),
            rng.choice(("Ledger", "Portal", "Compliance")),
            rng.choice(("Low", "Medium", "High")),
            rng.randint(1, 3),
            f"Account {rng.randint(1, 300)}",
            f"Property {rng.randint(1, 900)}",
            f"Contact {rng.randint(1, 5_000)}",
            f"(555) 555-{rng.randint(0, 9_999):04}",
            "\n".join(_line(rng, turn) for turn in range(8)),
        ]


def _line(rng: random.Random, turn: int) -> str:
    return f"{('Caller', 'Agent')[turn % 2]}: {' '.join(rng.choices(_WORDS, k=12)).capitalize()}."
