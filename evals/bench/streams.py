"""Many listeners on one worker beside a plain FastAPI stream: what arrives, and how evenly."""

import asyncio
import itertools
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.bootstrap import open_services
from agent.events.models import StoredEvent
from agent.kit.ids import new_id
from agent.mongo import embedded
from agent.services import Services
from agent.settings import Settings
from agent.tenants.models import DEFAULT_TENANT
from agent.threads.models import Thread
from evals.bench.children import LATCHKEY, Child, serving
from evals.bench.wire import Wire

PAUSE = 0.1
"""Seconds between the events of a stream."""
LISTENERS = 10
"""Streams on one thread, which share its rows; a thread for every stream is a heavier load."""
ROUNDS = 3
"""The headline is the median of so many, interleaved."""
MOST_RATIO = 1.5
_PATIENCE = 20.0
_SETTLE = 8.0
"""Seconds until all are listening."""
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Round:
    """What all listeners of one go heard."""

    gaps: list[float] = field(default_factory=list)
    """Milliseconds between two events of a stream."""
    dropped: int = 0

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.gaps, n=100)[94]


async def run(
    settings: Settings,
    *,
    count: int = 500,
    seconds: float = 5.0,
    progress: Progress = lambda done, total: None,
) -> dict[str, Any]:
    """Gaps between events of `count` streams with ten events a second each, for both servers.

    Ours are rows that this process writes into the database, as another server would: one for
    each thread and beat, heard by all its LISTENERS.
    """
    events = int(seconds / PAUSE)
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        endpoint = await stack.enter_async_context(embedded.open(home, settings.mongod))
        own = Settings.model_validate({"mongodb_uri": endpoint.uri, "data_dir": home})
        services = await stack.enter_async_context(open_services(own))
        environ = {"MONGODB_URI": endpoint.uri, "LATCHKEY_DATA_DIR": str(home)}
        ours = stack.enter_context(serving(LATCHKEY, environ))
        bare = stack.enter_context(serving(["-m", "evals.bench.bare", endpoint.uri, "bare"]))
        rounds: dict[str, list[Round]] = {"ours": [], "bare": []}
        before, memory = ours.memory_mb, 0.0
        for number in range(ROUNDS):
            progress(number, ROUNDS)
            heard, memory = await _ours(services, ours, count, events)
            rounds["ours"].append(heard)
            rounds["bare"].append(await _bare(bare, count, events))
        progress(ROUNDS, ROUNDS)
    pairs = zip(rounds["ours"], rounds["bare"], strict=True)
    ratio = statistics.median(mine.p95 / plain.p95 for mine, plain in pairs)
    dropped = sum(each.dropped for each in rounds["ours"])
    return {
        "ratio": round(ratio, 2),
        "most_ratio": MOST_RATIO,
        "streams": count,
        "threads": -(-count // LISTENERS),
        "listeners_a_thread": LISTENERS,
        "events_a_stream": events,
        "rounds": ROUNDS,
        **{name: _report(each) for name, each in rounds.items()},
        "kb_a_stream": round(max(0.0, memory - before) * 1024 / count, 1),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "passed": ratio <= MOST_RATIO and dropped == 0,
    }


def _report(rounds: Sequence[Round]) -> dict[str, Any]:
    every = sorted(gap for each in rounds for gap in each.gaps)
    cuts = statistics.quantiles(every, n=100)
    return {
        "n": len(every),
        "gap_p50_ms": round(cuts[49], 1),
        "gap_p95_ms": round(statistics.median(each.p95 for each in rounds), 1),
        "dropped": sum(each.dropped for each in rounds),
    }


async def _ours(services: Services, child: Child, count: int, events: int) -> tuple[Round, float]:
    """What was heard, and the server's memory while all listened."""
    threads = [await _thread(services) for _ in range(-(-count // LISTENERS))]
    token = str(child.ready["admin_key"])
    among = itertools.islice(itertools.cycle(threads), count)
    paths = [f"/api/agent/events?thread_id={thread_id}" for thread_id in among]

    async def write() -> None:
        for seq in range(events):
            due = asyncio.create_task(asyncio.sleep(PAUSE))
            await _write(services, threads, seq)
            await due

    memory: list[float] = []
    heard = await _listened(
        child, paths, token, events, write=write, ready=lambda: memory.append(child.memory_mb)
    )
    return _round(heard, events), memory[0]


async def _bare(child: Child, count: int, events: int) -> Round:
    paths = [f"/stream?events={events}&pause={PAUSE}"] * count
    return _round(await _listened(child, paths, "", events), events)


async def _listened(
    child: Child,
    paths: Sequence[str],
    token: str,
    events: int,
    *,
    write: Callable[[], Awaitable[None]] | None = None,
    ready: Callable[[], None] = lambda: None,
) -> list[list[float]]:
    """When each listener heard what; `write` begins once all are listening."""
    heard: list[list[float]] = [[] for _ in paths]
    async with AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(Wire(child.url)) for _ in paths]
        opening = [wire.listen(path, token) for wire, path in zip(wires, paths, strict=True)]
        hearing: list[asyncio.Task[None]] = []
        for opened, wire, into in zip(opening, wires, heard, strict=True):
            hearing.append(asyncio.create_task(_hear(opened, wire, into, events)))
            await asyncio.sleep(0)
        if write is not None:
            await asyncio.sleep(_SETTLE)
            ready()
            await write()
        await asyncio.wait(hearing, timeout=events * PAUSE + _PATIENCE)
        for task in hearing:
            task.cancel()
        await asyncio.gather(*hearing, return_exceptions=True)
    return heard


async def _hear(opened: Awaitable[None], wire: Wire, into: list[float], events: int) -> None:
    await opened
    async for _ in wire.events():
        into.append(time.perf_counter())
        if len(into) == events:
            return


def _round(heard: list[list[float]], events: int) -> Round:
    return Round(
        gaps=[(then - first) * 1e3 for times in heard for first, then in itertools.pairwise(times)],
        dropped=sum(events - len(times) for times in heard),
    )


async def _thread(services: Services) -> str:
    now = services.clock.now()
    thread = Thread(
        thread_id=new_id("thr"), lead_id="lead_bench", community_id="default",
        created_at=now, updated_at=now,
    )  # fmt: skip
    await services.threads.store.create(DEFAULT_TENANT, thread)
    return thread.thread_id


async def _write(services: Services, threads: Sequence[str], seq: int) -> None:
    """One event for each thread, as many servers together would write them."""
    at = services.clock.now()
    rows = [
        StoredEvent(type="beat", data={"number": seq}, thread_id=each, seq=seq, at=at).model_dump()
        for each in threads
    ]
    await services.repository.scoped("events", DEFAULT_TENANT).insert_many(rows)
