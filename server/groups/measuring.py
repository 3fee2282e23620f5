"""`latchkey eval` and `bench`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from server.options import Json, settings
from server.output import Output

evaluate = typer.Typer(no_args_is_help=True, help="Measure the agent.")
bench = typer.Typer(no_args_is_help=True, help="Measure how fast it is.")


@evaluate.command("homes")
def eval_homes(
    data: Annotated[Path, typer.Option(help="Folder with the dialogues, listings and slots.")],
    predictions: Annotated[
        Path | None, typer.Option(help="Write a line for every turn here.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Replay annotated dialogues and grade what the agent understands and does."""
    from server.commands.evaluate import homes

    homes(settings(), Output(as_json=as_json), data, predictions=predictions)


@evaluate.command("stages")
def eval_stages(
    data: Annotated[Path, typer.Option(help="Folder with the dialogues, listings and slots.")],
    as_json: Json = False,
) -> None:
    """Train the stage classifier on some dialogues and score it on the others."""
    from server.commands.evaluate import stages

    if not stages(Output(as_json=as_json), data):
        raise typer.Exit(1)


@evaluate.command("pii")
def eval_pii(
    data: Annotated[
        Path | None, typer.Option(help="Folder that holds leasing/ and redteam/ to grade too.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Grade what is found of personal data; fails below the required recall and precision."""
    from server.commands.evaluate import pii

    if not pii(Output(as_json=as_json), data):
        raise typer.Exit(1)


@evaluate.command("fair-housing")
def eval_fair_housing(as_json: Json = False) -> None:
    """Grade the filter of replies and compare pairs of leads; fails where a gate does."""
    from server.commands.evaluate import fair_housing

    if not fair_housing(settings(), Output(as_json=as_json)):
        raise typer.Exit(1)


@evaluate.command("journeys")
def eval_journeys(
    policy: Annotated[
        Literal["rules", "llm"] | None,
        typer.Option(help="llm: against a scripted model in this process; default: the settings'."),
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, max=5, help="Runs of each; default: 5, with a model 1.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Send scripted leads through the whole graph to an end state in the database."""
    from server.commands.evaluate import journeys

    if not journeys(settings(), Output(as_json=as_json), policy=policy, seeds=seeds):
        raise typer.Exit(1)


@bench.command("tokens")
def bench_tokens(
    threads: Annotated[int, typer.Option(min=1, max=100, help="Conversations to replay.")] = 4,
    turns: Annotated[int, typer.Option(min=2, max=200, help="Messages in each.")] = 50,
    as_json: Json = False,
) -> None:
    """Count the prompt tokens of long conversations, beside those of their full history."""
    from server.commands.bench import tokens

    tokens(settings(), Output(as_json=as_json), threads=threads, turns=turns)


@evaluate.command("retrieval")
def eval_retrieval(
    data: Annotated[Path, typer.Option(help="Folder with labelled questions.")],
    as_json: Json = False,
) -> None:
    """Grade how well BM25, vectors and both together find what answers a question."""
    from server.commands.evaluate import retrieval

    if not retrieval(settings(), Output(as_json=as_json), data):
        raise typer.Exit(1)


@evaluate.command("tickets")
def eval_tickets(
    data: Annotated[Path, typer.Option(help="Folder with articles, scripts and closed tickets.")],
    as_json: Json = False,
) -> None:
    """Replay closed tickets in time order, each approved as it was, and grade what is found."""
    from server.commands.evaluate import tickets

    if not tickets(settings(), Output(as_json=as_json), data):
        raise typer.Exit(1)


@bench.command("ingest")
def bench_ingest(
    rows: Annotated[int, typer.Option(min=1_000, help="Messages of the made-up export.")] = 100_000,
    memory: Annotated[
        bool, typer.Option("--memory", help="Write all of them too, and watch the memory.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Time reading, understanding and writing of conversations, each apart."""
    from server.commands.bench import ingest

    if not ingest(settings(), Output(as_json=as_json), rows=rows, memory=memory):
        raise typer.Exit(1)


@bench.command("retrieval")
def bench_retrieval(as_json: Json = False) -> None:
    """Time the exact filtered search beside bare numpy."""
    from server.commands.bench import retrieval

    if not retrieval(Output(as_json=as_json)):
        raise typer.Exit(1)


@bench.command("turns")
def bench_turns(
    clients: Annotated[int, typer.Option(min=1, max=64, help="Leads who talk at a time.")] = 8,
    count: Annotated[
        int, typer.Option(min=10, help="Turns of each server in each phase of a round.")
    ] = 400,
    as_json: Json = False,
) -> None:
    """Time turns over HTTP beside a bare LangGraph server on the same mongod."""
    from server.commands.bench import turns

    if not turns(settings(), Output(as_json=as_json), clients=clients, count=count):
        raise typer.Exit(1)


@bench.command("webhooks")
def bench_webhooks(
    events: Annotated[
        int, typer.Option(min=10, max=5_000, help="Events in a round; 16 deliveries each.")
    ] = 100,
    as_json: Json = False,
) -> None:
    """Time webhooks from the event to the durable mark that the receiver took them."""
    from server.commands.bench import webhooks

    if not webhooks(settings(), Output(as_json=as_json), events=events):
        raise typer.Exit(1)


@bench.command("streams")
def bench_streams(
    count: Annotated[int, typer.Option(min=1, max=2_000, help="Listeners at once.")] = 500,
    seconds: Annotated[float, typer.Option(min=1, help="How long they listen in a round.")] = 5.0,
    as_json: Json = False,
) -> None:
    """Time what many listeners of one server hear, beside a plain FastAPI stream."""
    from server.commands.bench import streams

    if not streams(settings(), Output(as_json=as_json), count=count, seconds=seconds):
        raise typer.Exit(1)


@bench.command("excel")
def bench_excel(
    rows: Annotated[int, typer.Option(min=100, max=100_000, help="Rows of the workbook.")] = 20_000,
    as_json: Json = False,
) -> None:
    """Time reading a workbook in its sandbox, with openpyxl and the bare parser beside."""
    from server.commands.bench import excel

    if not excel(Output(as_json=as_json), rows=rows):
        raise typer.Exit(1)
