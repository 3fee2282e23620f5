"""How fast conversations are read, understood and written, each part apart, and in what memory."""

import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date
from pathlib import Path
from typing import Any

from agent.ai.understanding.models import Gazetteer
from agent.ingest.conversations.ingest import (
    BATCH,
    Intake,
    digest_key,
    hasher,
    ingest_conversations,
)
from agent.ingest.conversations.labels import Labeller, Reading
from agent.ingest.conversations.models import ConversationReport, Line
from agent.ingest.conversations.redaction import Redacted, Redactor
from agent.ingest.conversations.rejected import RejectedFile
from agent.ingest.conversations.segments import Segments
from agent.ingest.conversations.turns import TurnReader
from agent.ingest.conversations.writing import Writer
from agent.kit.clock import SystemClock
from agent.mongo.yardstick import seconds_to_insert
from agent.services import Services
from agent.settings import Settings
from agent.tenants.models import DEFAULT_TENANT
from evals.bench.export import write_export
from evals.scratch import scratch_services

Progress = Callable[[int, int | None], None]
ROUNDS = 3
MANY = 250_000
"""Rows from which on one round of reading is enough."""
GOALS = {
    "read_rows_per_second": 25_000,
    "cpu_rows_per_second": 4_000,
    "store_ratio": 0.6,
}
RSS_GOAL_MB = 300
SAMPLE = 20_000
"""Messages of a round in which something slow is measured."""
_TENANT = DEFAULT_TENANT
_NOBODY = Gazetteer()


async def run(settings: Settings, *, rows: int, memory: bool, progress: Progress) -> dict[str, Any]:
    """Rows a second and core of the parts that compute, the store against the bare driver.

    `cpu_rows_per_second` is reading and labelling together. The size of this process, mongod
    aside, is noted while it reads; with `memory` on the whole way into the database.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        write_export(path, rows)
        async with scratch_services(settings, SystemClock()) as services:
            sizes: list[float] = []
            reading = _median(
                ROUNDS if rows < MANY else 1, lambda: _read(services, path, rows, sizes)
            )
            parts = list(_parts(services, path, SAMPLE))
            progress(1, 3)
            labelling = _median(ROUNDS, lambda: _label(parts))
            progress(2, 3)
        store = await _store(settings, parts)
        progress(3, 3)
        report = {
            "rows": rows,
            "bytes": path.stat().st_size,
            "read_rows_per_second": round(reading),
            "label_rows_per_second": round(labelling),
            "cpu_rows_per_second": round(1 / (1 / reading + 1 / labelling)),
            "sampled_rows": sum(len(part.lines) for part in parts),
            **store,
            "rss_mb_at_quarters": sizes,
        }
        if memory:
            report |= await _memory(settings, path, rows, progress)
    met = all(report[name] >= goal for name, goal in GOALS.items())
    largest = max(report["rss_mb_at_quarters"], default=0)
    return {**report, "goals": GOALS, "passed": met and largest <= RSS_GOAL_MB}


def _median(rounds: int, measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(rounds))


def _intake(services: Services, reader: TurnReader) -> Intake:
    redactor = Redactor(hasher(services.vault, _TENANT))
    segments = Segments(digest_key(services.vault, _TENANT))
    return Intake(iter(reader), segments, redactor, ConversationReport(), RejectedFile(None))


def _read(services: Services, path: Path, rows: int, sizes: list[float]) -> float:
    """Rows a second of reading, normalising, redacting and parting."""
    sizes.clear()
    with TurnReader(path) as reader:
        intake = _intake(services, reader)
        started = time.process_time()
        for _ in intake.batches():
            if intake.report.rows >= rows * (len(sizes) + 1) / 4:
                sizes.append(_rss())
        return intake.report.rows / (time.process_time() - started)


def _parts(services: Services, path: Path, messages: int) -> Iterator[Redacted]:
    held = 0
    with TurnReader(path) as reader:
        for batch in _intake(services, reader).batches():
            yield from batch.new
            held += sum(len(part.lines) for part in batch.new)
            if held >= messages:
                return


def _label(parts: Sequence[Redacted]) -> float:
    """Rows a second of entities and stages."""
    labeller = Labeller(_NOBODY, UTC, date(2025, 1, 6))
    started = time.process_time()
    for part in parts:
        labeller.label(part.lines, Reading())
    return sum(len(part.lines) for part in parts) / (time.process_time() - started)


class _Labelled(Labeller):
    """For lines that have their labels: only the store is measured."""

    def label(self, lines: Sequence[Line], reading: Reading) -> None: ...


async def _store(settings: Settings, parts: Sequence[Redacted]) -> dict[str, Any]:
    """Our writes beside bare inserts of the same documents, in turns."""
    batches = list(_batched(parts))
    ours, same, bare = [], [], []
    for _ in range(ROUNDS):
        async with scratch_services(settings, SystemClock()) as services:
            started = time.perf_counter()
            await _write(services, batches)
            ours.append(time.perf_counter() - started)
            documents = await _written(services, batches)
            same.append(await seconds_to_insert(services.database, documents, indexed=True))
            bare.append(await seconds_to_insert(services.database, documents, indexed=False))
    messages = sum(len(part.lines) for part in parts)
    took = statistics.median(ours)
    return {
        "store_rows_per_second": round(messages / took),
        "bare_rows_per_second": round(messages / statistics.median(same)),
        "store_ratio": round(statistics.median(same) / took, 3),
        "store_ratio_without_indexes": round(statistics.median(bare) / took, 3),
    }


def _batched(parts: Sequence[Redacted]) -> Iterator[list[Redacted]]:
    batch: list[Redacted] = []
    for part in parts:
        batch.append(part)
        if sum(len(each.lines) for each in batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


async def _write(services: Services, batches: Sequence[Sequence[Redacted]]) -> None:
    community = await services.tenants.community(_TENANT)
    writer = Writer(
        services,
        _TENANT,
        community.community_id,
        _Labelled(_NOBODY, UTC, date(2025, 1, 6)),
        source="csv",
        source_file="export.csv",
    )
    for batch in batches:
        await writer.write(batch)


async def _written(
    services: Services, batches: Sequence[Sequence[Redacted]]
) -> list[Mapping[str, Sequence[Mapping[str, Any]]]]:
    """What was written, as the driver was given it."""
    count = len(batches)
    found: list[dict[str, Any]] = [{} for _ in range(count)]
    for name in ("vault", "messages", "raw_messages", "leads", "threads"):
        rows = await services.repository.scoped(name, _TENANT).find({})
        size = -(-len(rows) // count)
        for place in range(count):
            found[place][name] = rows[place * size : (place + 1) * size]
    return list(found)


async def _memory(settings: Settings, path: Path, rows: int, progress: Progress) -> dict[str, Any]:
    """The size of this process, mongod aside, at each quarter of the whole way."""
    sizes: list[float] = []

    async def step(done: int, total: int | None, cursor: object) -> None:
        progress(done, rows)
        if done >= rows * (len(sizes) + 1) / 4:
            sizes.append(_rss())

    async with scratch_services(settings, SystemClock()) as services:
        report = await ingest_conversations(services, path, tenant_id=_TENANT, step=step)
    return {
        "ingest_rows_per_second": report.rows_per_second,
        "rss_mb_at_quarters": sizes,
    }


def _rss() -> float:
    """Megabytes that this process holds now; the most it held where that is not told."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        kilobytes = int(status.partition("VmRSS:")[2].split()[0])
    except (OSError, IndexError, ValueError):
        kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(kilobytes / 1024, 1)
