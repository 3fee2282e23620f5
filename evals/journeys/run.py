"""Every journey under every seed; success by class, and pass^k over the seeds."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from agent.services import Services
from agent.tenants.models import DEFAULT_TENANT
from evals.journeys.journey import Journey, travel
from evals.journeys.script import CLASSES, Script
from graphs.runtime import Runtime

SEEDS = (0, 1, 2, 3, 4)
AT_ONCE = 8
ROOM = 5_000
"""Tours a demo office can give at once here, so that one journey never takes another's time."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class JourneysReport:
    journeys: list[Journey]

    def summary(self) -> dict[str, Any]:
        return {name: self._of(name) for name in CLASSES}

    def _of(self, kind: str) -> dict[str, Any]:
        mine = [journey for journey in self.journeys if journey.script.kind == kind]
        by_script: dict[str, list[bool]] = {}
        for journey in mine:
            by_script.setdefault(journey.script.id, []).append(journey.passed)
        return {
            "n": len(by_script),
            "runs": len(mine),
            "success": _share([journey.passed for journey in mine]),
            "pass_all": _share([all(passes) for passes in by_script.values()]),
            "failed": sorted({j.script.id for j in mine if not j.passed}),
        }


async def make_room(services: Services) -> None:
    """Let the demo offices give any number of tours at once."""
    for community in await services.tenants.communities(DEFAULT_TENANT):
        tour = community.tour.model_copy(update={"capacity": ROOM})
        await services.tenants.put_community(
            DEFAULT_TENANT, community.model_copy(update={"tour": tour})
        )


async def run_seed(
    runtime: Runtime, scripts: Sequence[Script], seed: int, progress: Progress
) -> list[Journey]:
    """Every script once, `AT_ONCE` at a time."""
    gate = asyncio.Semaphore(AT_ONCE)
    done = 0

    async def one(script: Script) -> Journey:
        nonlocal done
        async with gate:
            journey = await travel(runtime, script, seed)
        done += 1
        progress(done, len(scripts))
        return journey

    return list(await asyncio.gather(*(one(script) for script in scripts)))


def _share(passes: Sequence[bool]) -> float:
    return round(sum(passes) / len(passes), 4) if passes else 0.0
