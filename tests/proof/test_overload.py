"""R9: four times the load a server is made for; what it takes it answers as fast as ever."""

import asyncio
import itertools
import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from evals.bench.children import memory_mb
from evals.bench.leads import conversations
from evals.bench.wire import Wire
from tests.proof.served import Served, served

pytestmark = pytest.mark.proof

NORMAL = 32
"""Callers at once: less than what one process takes."""
OVERLOAD = 4 * NORMAL
SECONDS = 8.0
ROUNDS = 2


@dataclass
class Lead:
    """Says one line after the other; a line that is refused comes again, when it is told to."""

    wire: Wire
    thread_id: str
    token: str
    acknowledged: list[tuple[str, str]] = field(default_factory=list)
    """(message_id, reply)"""
    milliseconds: list[float] = field(default_factory=list)
    refused: list[tuple[int, str, str | None]] = field(default_factory=list)
    """(status, code, Retry-After)"""

    @classmethod
    async def arrive(cls, url: str) -> "Lead":
        wire = Wire(url)
        status, started = await wire.post("/api/agent/start", {})
        assert status == 201, started
        await wire.close()
        return cls(wire, started["thread_id"], started["visitor_token"])

    async def talk(self, until: float) -> None:
        lines = itertools.chain.from_iterable(conversations(len(self.acknowledged)))
        while time.monotonic() < until:
            line, message_id = next(lines), f"m-{len(self.acknowledged)}"
            while not await self.say(line, message_id):
                if time.monotonic() > until:
                    break
        await self.wire.close()

    async def say(self, line: str, message_id: str) -> bool:
        body = {"thread_id": self.thread_id, "message": line, "message_id": message_id}
        began = time.perf_counter()
        status, headers, answer = await self.wire.post_for_all("/api/agent/reply", body, self.token)
        if status == 200:
            self.milliseconds.append((time.perf_counter() - began) * 1e3)
            self.acknowledged.append((message_id, answer["reply"]))
            return True
        wait = headers.get("retry-after")
        self.refused.append((status, answer["error"]["code"], wait))
        await asyncio.sleep(float(wait or 1))
        return False

    async def kept(self) -> list[tuple[str, str]]:
        """(message_id, the agent's line after it) of all the thread holds."""
        status, own = await self.wire.get("/api/agent/thread", self.token)
        assert status == 200, own
        await self.wire.close()
        told = [(line["role"], line["message_id"], line["text"]) for line in own["messages"]]
        return [
            (message_id, next(text for role, _, text in told[place:] if role == "agent"))
            for place, (role, message_id, _) in enumerate(told)
            if role == "lead"
        ]


async def talk(server: Served, leads: list[Lead]) -> float:
    """All at once; the most memory the server took meanwhile."""
    until, most = time.monotonic() + SECONDS, 0.0
    talking = asyncio.gather(*(lead.talk(until) for lead in leads))
    while not talking.done():
        most = max(most, memory_mb(server.process.pid))
        await asyncio.wait((talking,), timeout=0.2)
    await talking
    return most


def p95(leads: list[Lead]) -> float:
    return statistics.quantiles([ms for lead in leads for ms in lead.milliseconds], n=20)[18]


async def test_four_times_the_load(mongod_uri: str, own_database: str, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(served(mongod_uri, own_database, tmp_path))

        async def crowd(size: int) -> list[Lead]:
            leads = [await Lead.arrive(server.url) for _ in range(size)]
            for lead in leads:
                await stack.enter_async_context(lead.wire)
            return leads

        normal, overload = await crowd(NORMAL), await crowd(OVERLOAD)
        memory: dict[str, list[float]] = {"normal": [], "overload": []}
        for _ in range(ROUNDS):
            memory["normal"].append(await talk(server, normal))
            memory["overload"].append(await talk(server, overload))
        calm, crowded = p95(normal), p95(overload)
        refused = [each for lead in overload for each in lead.refused]
        figures = {
            "p95_ms": (round(calm), round(crowded)),
            "answered": [
                sum(len(lead.acknowledged) for lead in all_) for all_ in (normal, overload)
            ],
            "refused": len(refused),
            "memory_mb": memory,
        }
        assert not any(lead.refused for lead in normal), figures
        assert refused, figures
        assert set(refused) == {(429, "server_busy", "1")}
        assert crowded <= 2 * calm, figures
        assert max(memory["overload"]) <= 1.5 * max(memory["normal"]), figures
        for lead in (*normal, *overload):
            assert await lead.kept() == lead.acknowledged
