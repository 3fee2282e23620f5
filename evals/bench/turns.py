"""Turns over HTTP beside five no-op nodes: the same client, the same mongod, the same run."""

import asyncio
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from agent.bootstrap import open_services
from agent.kit.ids import new_id
from agent.mongo import embedded
from agent.mongo.datadir import Files
from agent.settings import Settings
from evals.bench.children import LATCHKEY, Child, cpu_seconds, memory_mb, serving
from evals.bench.leads import LISTINGS, TURNS, add_inventory, conversations
from evals.bench.wire import Wire

ROUNDS = 3
"""The headline is the median of so many, interleaved."""
REQUIRED_RATIO = 1.5
MOST_P95_MS = 20.0
Progress = Callable[[int, int], None]


class Contender(Protocol):
    """One server, as the client of the bench talks to it."""

    async def open(self, wire: Wire) -> tuple[str, str]:
        """A fresh thread: (thread_id, token)."""
        ...

    async def say(self, wire: Wire, thread_id: str, token: str, text: str) -> bool:
        """Whether it was answered."""
        ...

    async def heard(self, wire: Wire, thread_id: str, token: str) -> list[list[str]]:
        """[lead or agent, text] of the thread, in order."""
        ...


class Ours:
    """Latchkey, as the visitor of a thread."""

    async def open(self, wire: Wire) -> tuple[str, str]:
        status, body = await wire.post("/api/agent/start", {})
        if status != 201:
            raise ConnectionError(f"start was answered with {status}")
        return body["thread_id"], body["visitor_token"]

    async def say(self, wire: Wire, thread_id: str, token: str, text: str) -> bool:
        said = {"thread_id": thread_id, "message": text}
        status, body = await wire.post("/api/agent/reply", said, token)
        return status == 200 and bool(body["reply"])

    async def heard(self, wire: Wire, thread_id: str, token: str) -> list[list[str]]:
        _, body = await wire.get("/api/agent/thread", token)
        lines = [[line["role"], line["text"]] for line in body["messages"]]
        return lines[1:]  # the disclosure answers nobody


class Bare:
    """Five no-op nodes; see `evals.bench.bare`."""

    async def open(self, wire: Wire) -> tuple[str, str]:
        return new_id("thr"), ""

    async def say(self, wire: Wire, thread_id: str, token: str, text: str) -> bool:
        status, body = await wire.post("/reply", {"thread_id": thread_id, "message": text})
        return status == 200 and bool(body["reply"])

    async def heard(self, wire: Wire, thread_id: str, token: str) -> list[list[str]]:
        _, body = await wire.get(f"/threads/{thread_id}")
        return [["lead" if kind == "human" else "agent", text] for kind, text in body]


@dataclass(slots=True)
class Phase:
    """What some clients met in one go."""

    milliseconds: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    """Of the server."""
    mongod_cpu_seconds: float = 0.0
    errors: int = 0
    lost: int = 0
    """Messages that the thread does not hold."""
    doubled: int = 0
    """Lines that a thread holds beyond one answer a message."""

    @property
    def rate(self) -> float:
        return len(self.milliseconds) / self.seconds


async def run(
    settings: Settings,
    *,
    clients: int = 8,
    turns: int = 400,
    homes: int = LISTINGS,
    progress: Progress = lambda done, total: None,
) -> dict[str, Any]:
    """Turns a second, percentiles and ratios; `turns` are those of one contender in one phase.

    A run in which a message was lost or doubled is void.
    """
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(_folder()))
        endpoint = await stack.enter_async_context(embedded.open(home, settings.mongod))
        own = Settings.model_validate({"mongodb_uri": endpoint.uri, "data_dir": home})
        async with open_services(own) as services:
            await add_inventory(services.tenants, services.listings, homes=homes)
        environ = {"MONGODB_URI": endpoint.uri, "LATCHKEY_DATA_DIR": str(home)}
        ours = stack.enter_context(serving([*LATCHKEY, "--demo"], environ))
        bare = stack.enter_context(serving(["-m", "evals.bench.bare", endpoint.uri, "bare"]))
        mongod = int(Files(home).held.read_text(encoding="ascii"))
        phases = await _rounds(ours, bare, mongod, clients, turns, progress)
        memory = {
            "ours": ours.memory_mb,
            "bare": bare.memory_mb,
            "mongod": memory_mb(mongod),
        }
    return _report(phases, clients, turns, homes, memory)


def _folder() -> "tempfile.TemporaryDirectory[str]":
    # mongod's watchdog may still be leaving
    return tempfile.TemporaryDirectory(ignore_cleanup_errors=True)


Phases = dict[str, dict[str, list[Phase]]]


async def _rounds(
    ours: Child, bare: Child, mongod: int, clients: int, turns: int, progress: Progress
) -> Phases:
    """contender -> busy or alone -> one phase a round."""
    contenders: dict[str, tuple[Contender, Child]] = {
        "ours": (Ours(), ours),
        "bare": (Bare(), bare),
    }
    scripts = {name: conversations(1) for name in contenders}
    phases: Phases = {name: {"busy": [], "alone": []} for name in contenders}
    for name, (contender, child) in contenders.items():
        await _phase(contender, child, mongod, scripts[name], clients, clients * TURNS)
    for number in range(ROUNDS):
        progress(number, ROUNDS)
        for kind, at_once in (("busy", clients), ("alone", 1)):
            for name, (contender, child) in contenders.items():
                phase = await _phase(contender, child, mongod, scripts[name], at_once, turns)
                phases[name][kind].append(phase)
    progress(ROUNDS, ROUNDS)
    return phases


async def _phase(
    contender: Contender,
    child: Child,
    mongod: int,
    script: Iterator[list[str]],
    clients: int,
    turns: int,
) -> Phase:
    """`clients` leads at a time talk ten lines each, until `turns` are said.

    The threads are opened before the clock starts: only one of the two has anything to open.
    """
    phase = Phase()
    async with Wire(child.url) as wire:
        threads = [(*await contender.open(wire), next(script)) for _ in range(-(-turns // TURNS))]
    waiting = list(threads)

    async def client() -> None:
        async with Wire(child.url) as wire:
            while waiting:
                thread_id, token, lines = waiting.pop()
                for line in lines:
                    began = time.perf_counter()
                    answered = await contender.say(wire, thread_id, token, line)
                    phase.milliseconds.append((time.perf_counter() - began) * 1e3)
                    phase.errors += not answered

    cpu, mongod_cpu = cpu_seconds(child.pid), cpu_seconds(mongod)
    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    phase.seconds = time.perf_counter() - began
    phase.cpu_seconds = cpu_seconds(child.pid) - cpu
    phase.mongod_cpu_seconds = cpu_seconds(mongod) - mongod_cpu
    async with Wire(child.url) as wire:
        for thread_id, token, lines in threads:
            _check(phase, lines, await contender.heard(wire, thread_id, token))
    return phase


def _check(phase: Phase, lines: list[str], heard: list[list[str]]) -> None:
    said = [text for role, text in heard if role == "lead"]
    phase.lost += sum(line not in said for line in lines) + (said != lines)
    phase.doubled += max(0, len(heard) - 2 * len(lines))


def _report(
    phases: Phases, clients: int, turns: int, homes: int, memory: dict[str, float]
) -> dict[str, Any]:
    measured = {name: _contender(kinds) for name, kinds in phases.items()}
    pairs = zip(phases["ours"]["busy"], phases["bare"]["busy"], strict=True)
    ratio = statistics.median(ours.rate / bare.rate for ours, bare in pairs)
    alone = measured["ours"]["one_client"]
    clean = not any(measured["ours"][name] for name in ("errors", "lost", "doubled"))
    return {
        "ratio": round(ratio, 2),
        "required_ratio": REQUIRED_RATIO,
        "most_p95_ms": MOST_P95_MS,
        "clients": clients,
        "turns_a_phase": turns,
        "rounds": ROUNDS,
        "listings": homes,
        **measured,
        "memory_mb": memory,
        "void": any(m["lost"] or m["doubled"] for m in measured.values()),
        "python": platform.python_version(),
        "langgraph": version("langgraph"),
        "cores": os.cpu_count(),
        "passed": clean and ratio >= REQUIRED_RATIO and alone["p95_ms"] <= MOST_P95_MS,
    }


def _contender(kinds: dict[str, list[Phase]]) -> dict[str, Any]:
    every = [phase for phases in kinds.values() for phase in phases]
    return {
        "turns_a_second": round(statistics.median(phase.rate for phase in kinds["busy"]), 1),
        "all_clients": _times(kinds["busy"]),
        "one_client": _times(kinds["alone"]),
        "cpu_ms_a_turn": {
            "server": _cpu(kinds["busy"], "cpu_seconds"),
            "mongod": _cpu(kinds["busy"], "mongod_cpu_seconds"),
        },
        "errors": sum(phase.errors for phase in every),
        "lost": sum(phase.lost for phase in every),
        "doubled": sum(phase.doubled for phase in every),
    }


def _cpu(phases: list[Phase], of: str) -> float:
    each = [float(getattr(phase, of)) / len(phase.milliseconds) for phase in phases]
    return round(statistics.median(each) * 1e3, 2)


def _times(phases: list[Phase]) -> dict[str, Any]:
    together = sorted(ms for phase in phases for ms in phase.milliseconds)
    cuts = statistics.quantiles(together, n=100)
    return {"n": len(together), "p50_ms": round(cuts[49], 2), "p95_ms": round(cuts[94], 2)}
