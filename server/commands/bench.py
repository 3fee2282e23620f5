import asyncio

from agent.settings import Settings
from evals.bench import excel as excel_bench
from evals.bench import ingest as ingest_bench
from evals.bench import retrieval as retrieval_bench
from evals.bench import streams as streams_bench
from evals.bench import tokens as tokens_bench
from evals.bench import turns as turns_bench
from evals.bench import webhooks as webhooks_bench
from server.output import Output


def tokens(settings: Settings, output: Output, *, threads: int, turns: int) -> None:
    with output.progress("threads") as progress:
        report = asyncio.run(
            tokens_bench.run(settings, threads=threads, turns=turns, progress=progress)
        )
    output.result(report, lambda console: console.print_json(data=report))


def ingest(settings: Settings, output: Output, *, rows: int, memory: bool) -> bool:
    """Whether it is fast and small enough."""
    with output.progress("ingest") as progress:
        report = asyncio.run(
            ingest_bench.run(settings, rows=rows, memory=memory, progress=progress)
        )
    output.result(report, lambda console: console.print_json(data=report))
    return bool(report["passed"])


def retrieval(output: Output) -> bool:
    """Whether it is fast and exact enough."""
    with output.progress("sizes") as progress:
        report = retrieval_bench.run(progress=progress)
    output.result(report, lambda console: console.print_json(data=report))
    return bool(report["passed"])


def turns(settings: Settings, output: Output, *, clients: int, count: int) -> bool:
    """Whether it is fast enough beside the bare app."""
    with output.progress("rounds") as progress:
        report = asyncio.run(
            turns_bench.run(settings, clients=clients, turns=count, progress=progress)
        )
    output.result(report, lambda console: console.print_json(data=report))
    return bool(report["passed"])


def webhooks(settings: Settings, output: Output, *, events: int) -> bool:
    """Whether it is fast enough."""
    with output.progress("rounds") as progress:
        report = asyncio.run(webhooks_bench.run(settings, events=events, progress=progress))
    output.result(report, lambda console: console.print_json(data=report))
    return bool(report["passed"])


def streams(settings: Settings, output: Output, *, count: int, seconds: float) -> bool:
    """Whether nothing was dropped and events came evenly enough."""
    with output.progress("rounds") as progress:
        report = asyncio.run(
            streams_bench.run(settings, count=count, seconds=seconds, progress=progress)
        )
    output.result(report, lambda console: console.print_json(data=report))
    return bool(report["passed"])


def excel(output: Output, *, rows: int) -> bool:
    """Whether it is fast and small enough."""
    with output.progress("rounds") as progress:
        report = asyncio.run(excel_bench.run(rows=rows, progress=progress))
    output.result(report, lambda console: console.print_json(data=report))
    return bool(report["passed"])
