import asyncio
from pathlib import Path
from typing import Literal

from agent.settings import Settings
from evals.fair_housing import run as fair_housing_run
from evals.homes import run as homes_run
from evals.journeys import modelled
from evals.journeys import run as journeys_run
from evals.pii import run as pii_run
from evals.retrieval import run as retrieval_run
from evals.stages import run as stages_run
from evals.tickets import run as tickets_run
from server.output import Output


def homes(settings: Settings, output: Output, data: Path, *, predictions: Path | None) -> None:
    with output.progress("dialogues") as progress:
        report = asyncio.run(
            homes_run.run(settings, data, predictions=predictions, progress=progress)
        )
    output.result(report, lambda console: console.print_json(data=report))


def pii(output: Output, data: Path | None) -> bool:
    """Whether every gate is passed."""
    with output.progress("sets") as progress:
        graded = pii_run.run(data, progress=progress)
    output.result(graded.report, lambda console: console.print_json(data=graded.report))
    return not graded.failed


def fair_housing(settings: Settings, output: Output) -> bool:
    """Whether every gate is passed."""
    with output.progress("pairs and texts") as progress:
        graded = asyncio.run(fair_housing_run.run(settings, progress=progress))
    output.result(graded.report, lambda console: console.print_json(data=graded.report))
    return not graded.failed


def journeys(
    settings: Settings, output: Output, *, policy: Literal["rules", "llm"] | None, seeds: int | None
) -> bool:
    """Whether a model kept to its rights. `policy` None: that of the settings; `seeds` None: as
    many as that has time for."""
    settings = settings.model_copy(update={"policy": policy or settings.policy})
    with output.progress("journeys") as progress:
        report = asyncio.run(journeys_run.run(settings, seeds=seeds, progress=progress))
    output.result(report, lambda console: console.print_json(data=report))
    return "model" not in report or modelled.kept(report["model"])


def stages(output: Output, data: Path) -> bool:
    """Whether the required accuracy is reached."""
    with output.progress("trainings") as progress:
        report = stages_run.run(data, progress=progress)
    output.result(report, lambda console: console.print_json(data=report))
    return bool(report["passed"])


def retrieval(settings: Settings, output: Output, data: Path) -> bool:
    """Whether every goal is reached."""
    with output.progress("tasks") as progress:
        report = asyncio.run(retrieval_run.run(settings, data, progress=progress))
    output.result(report, lambda console: console.print_json(data=report))
    return bool(report["passed"])


def tickets(settings: Settings, output: Output, data: Path) -> bool:
    """Whether everything that is required is reached."""
    with output.progress("tickets and questions") as progress:
        report = asyncio.run(tickets_run.run(settings, data, progress=progress))
    output.result(report, lambda console: console.print_json(data=report))
    return bool(report["passed"])
