"""Every journey under every seed; success by class, and pass^k over the seeds."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from agent.demo.load import load_demo
from agent.kit.clock import ManualClock
from agent.services import Services
from agent.settings import Settings
from agent.tenants.models import DEFAULT_TENANT
from evals.journeys.brain import competent
from evals.journeys.journey import Journey, travel
from evals.journeys.modelled import modelled
from evals.journeys.script import CLASSES, Script, load_scripts
from evals.openai_stub import openai_stub
from evals.scratch import scratch_services
from graphs.runtime import Runtime, open_runtime

SEEDS = (0, 1, 2, 3, 4)
WITH_A_MODEL = 1
"""As many of them for a run with a model, which takes longer."""
MORNING = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
"""Monday, March 2, 2026, 10:00 in Los Angeles; each seed starts 67 minutes later."""
AT_ONCE = 8
ROOM = 5_000
"""Tours a demo office can give at once here, so that one journey never takes another's time."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class JourneysReport:
    journeys: list[Journey]
    seeds: int = len(SEEDS)

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
            f"pass^{self.seeds}": _share([all(passes) for passes in by_script.values()]),
            "failed": sorted({j.script.id for j in mine if not j.passed}),
        }


async def run(
    settings: Settings, *, seeds: int | None = None, progress: Progress
) -> dict[str, Any]:
    """Success by class over so many seeds; each has its own database, clock and wordings.

    With the policy `llm` a competent model answers on a loopback server, whatever else the
    settings name; what its server saw is reported as `model`.
    """
    if settings.policy == "rules":
        chosen = SEEDS[:seeds]
        journeys = await _every_seed(settings, chosen, progress)
        return JourneysReport(journeys, len(chosen)).summary()
    chosen = SEEDS[: seeds or WITH_A_MODEL]
    async with openai_stub(competent) as stub:
        asked = settings.model_copy(
            update={"openai_base_url": stub.base_url, "openai_api_key": SecretStr("stub")}
        )
        journeys = await _every_seed(asked, chosen, progress)
        whys = [why for journey in journeys for why in journey.whys]
        report = JourneysReport(journeys, len(chosen)).summary()
        return {**report, "model": modelled(stub, whys)}


async def _every_seed(
    settings: Settings, seeds: Sequence[int], progress: Progress
) -> list[Journey]:
    scripts = load_scripts()
    journeys: list[Journey] = []
    for number, seed in enumerate(seeds):
        done = number * len(scripts)

        def step(count: int, _: int, done: int = done) -> None:
            progress(done + count, len(seeds) * len(scripts))

        clock = ManualClock(MORNING + timedelta(minutes=67 * seed))
        varied = settings.model_copy(update={"seed": seed})
        async with scratch_services(varied, clock) as services:
            await load_demo(services.tenants, services.listings, services.clock)
            await make_room(services)
            async with open_runtime(services) as runtime:
                journeys += await run_seed(runtime, scripts, seed, step)
    return journeys


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
