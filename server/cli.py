"""Every command; what it needs is imported when it runs."""

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from server.output import Output, fail
from server.scopes import Scope

if TYPE_CHECKING:
    from agent.settings import Settings
    from agent.threads.models import Stage

app = typer.Typer(
    name="latchkey",
    help="A conversational agent for apartment leasing.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
ingest = typer.Typer(no_args_is_help=True, help="Read files that people made.")
demo = typer.Typer(no_args_is_help=True, help="Communities to try Latchkey with.")
key = typer.Typer(no_args_is_help=True, help="API keys for programs.")
evaluate = typer.Typer(no_args_is_help=True, help="Measure the agent.")
bench = typer.Typer(no_args_is_help=True, help="Measure how fast it is.")
dataset = typer.Typer(no_args_is_help=True, help="Examples to learn from.")
train = typer.Typer(no_args_is_help=True, help="Learn from past conversations.")
models = typer.Typer(no_args_is_help=True, help="What was learnt, and what of it is in use.")
app.add_typer(ingest, name="ingest")
app.add_typer(demo, name="demo")
app.add_typer(key, name="key")
app.add_typer(evaluate, name="eval")
app.add_typer(bench, name="bench")
app.add_typer(dataset, name="dataset")
app.add_typer(train, name="train")
app.add_typer(models, name="models")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Tenant = Annotated[str, typer.Option("--tenant", help="Whose data it is.")]
Version = Annotated[str, typer.Argument(help="As `latchkey models list` shows it.")]
ForStage = Annotated[str | None, typer.Option("--stage", help="For one stage only.")]


@app.command()
def serve(
    load_demo: Annotated[
        bool, typer.Option("--demo", help="Load the demo communities first.")
    ] = False,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8000,
    jobs: Annotated[
        int, typer.Option(min=0, max=64, help="Jobs at a time; none where a broker carries them.")
    ] = 1,
    as_json: Json = False,
) -> None:
    """Serve the API, the demo page and the worker until stopped."""
    from server.ports import bind

    settings, listener = _settings(), bind(host, port)
    from server.commands.serve import run

    run(settings, Output(as_json=as_json), listener, demo=load_demo, jobs=jobs)


@app.command()
def worker(
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Jobs at a time.")] = 1,
    as_json: Json = False,
) -> None:
    """Do jobs until stopped: those that CELERY_BROKER_URL brings, else those of the database."""
    from server.commands.worker import run

    run(_settings(), Output(as_json=as_json), jobs=jobs)


@app.command()
def chat(
    community: Annotated[
        str | None, typer.Option(help="Where to ask; default: the default community.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Talk to the agent as a lead would; /help lists what else can be typed."""
    from server.commands.chat import run

    run(_settings(), Output(as_json=as_json), community=community)


@ingest.command("listings")
def ingest_listings(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or JSON Lines.")],
    community: Annotated[
        str | None, typer.Option(help="Whose homes; default: the default community's.")
    ] = None,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Add or replace homes; rows that cannot be read are reported, the others are kept."""
    from server.commands.ingest import run

    run(_settings(), Output(as_json=as_json), file, tenant=tenant, community=community)


@ingest.command("knowledge")
def ingest_knowledge(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV or JSON Lines, perhaps with .gz.")
    ],
    scripts: Annotated[
        bool, typer.Option("--scripts", help="Rows without a kind are internal scripts.")
    ] = False,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Add or replace articles and scripts; they can be searched at once."""
    from server.commands.ingest_knowledge import run

    kind: Literal["article", "script"] = "script" if scripts else "article"
    run(_settings(), Output(as_json=as_json), file, tenant=tenant, kind=kind)


@ingest.command("conversations")
def ingest_conversations(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV in any dialect.")],
    community: Annotated[
        str | None, typer.Option(help="Where they took place; default: the default community.")
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(help="Zone of times without one; default: the named community's, else UTC."),
    ] = None,
    rejected: Annotated[
        Path | None, typer.Option(help="Write the refused rows to this CSV file.")
    ] = None,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Make threads and messages of past conversations; the same rows again change nothing."""
    from server.commands.ingest import conversations

    conversations(
        _settings(),
        Output(as_json=as_json),
        file,
        tenant=tenant,
        community=community,
        zone=zone,
        rejected=rejected,
    )


@demo.command("load")
def demo_load(as_json: Json = False) -> None:
    """Add the demo communities and their homes, or set them back to what they were."""
    from server.commands.demo import run

    run(_settings(), Output(as_json=as_json))


@app.command()
def embed(
    corpus: Annotated[
        str | None, typer.Option(help="conversations, knowledge or scripts; default: all.")
    ] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="All anew, by the model of the settings.")
    ] = False,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Bring texts into the search: what is missing, or all anew beside what is searched now."""
    from server.commands.embed import run

    run(_settings(), Output(as_json=as_json), corpus, tenant=tenant, rebuild=rebuild)


@app.command()
def search(
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    corpus: Annotated[
        str, typer.Option(help="conversations, knowledge, scripts or tickets.")
    ] = "knowledge",
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many.")] = 5,
    where: Annotated[
        list[str] | None, typer.Option(help="field=value; may be given several times.")
    ] = None,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Find texts as the agent does."""
    from server.commands.search import run

    output = Output(as_json=as_json)
    run(_settings(), output, text, corpus=corpus, tenant=tenant, k=k, where=where or [])


@app.command()
def reveal(
    lead_id: Annotated[str, typer.Argument(metavar="LEAD_ID", help="Whose contact data.")],
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Show a lead's name, e-mail and phone; the reading is audited."""
    from server.commands.reveal import run

    run(_settings(), Output(as_json=as_json), lead_id, tenant=tenant)


@app.command()
def doctor(
    mongod: Annotated[
        bool, typer.Option("--mongod", help="Only check that mongod runs here.")
    ] = False,
    create_indexes: Annotated[
        bool, typer.Option("--create-indexes", help="Make Atlas's vector search index.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check what Latchkey needs, and say how to mend what is missing."""
    from server.commands.doctor import run

    output = Output(as_json=as_json)
    if not run(_settings(), output, only_mongod=mongod, create_indexes=create_indexes):
        raise typer.Exit(1)


@key.command("add")
def key_add(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[Scope] | None, typer.Option(help="May be given several times; default: all.")
    ] = None,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Make an API key; it is shown this once."""
    from server.commands.key import run

    run(_settings(), Output(as_json=as_json), name, scopes=scope or list(Scope), tenant=tenant)


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

    homes(_settings(), Output(as_json=as_json), data, predictions=predictions)


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

    if not fair_housing(_settings(), Output(as_json=as_json)):
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

    if not journeys(_settings(), Output(as_json=as_json), policy=policy, seeds=seeds):
        raise typer.Exit(1)


@bench.command("tokens")
def bench_tokens(
    threads: Annotated[int, typer.Option(min=1, max=100, help="Conversations to replay.")] = 4,
    turns: Annotated[int, typer.Option(min=2, max=200, help="Messages in each.")] = 50,
    as_json: Json = False,
) -> None:
    """Count the prompt tokens of long conversations, beside those of their full history."""
    from server.commands.bench import tokens

    tokens(_settings(), Output(as_json=as_json), threads=threads, turns=turns)


@dataset.command("build")
def dataset_build(
    out: Annotated[Path | None, typer.Option(help="Also write the files into this folder.")] = None,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Make examples of all conversations: redacted, split by thread, the same each time."""
    from server.commands.dataset import run

    run(_settings(), Output(as_json=as_json), tenant=tenant, out=out)


@train.command("stages")
def train_stages(tenant: Tenant = "default", as_json: Json = False) -> None:
    """Learn which stage a turn belongs to, from labelled conversations, and evaluate it."""
    from server.commands.train import stages

    stages(_settings(), Output(as_json=as_json), tenant=tenant)


@train.command("fine-tune")
def train_fine_tune(
    base: Annotated[
        str | None, typer.Option(help="The chat model to tune; default: LATCHKEY_CHAT_MODEL.")
    ] = None,
    dataset_id: Annotated[
        str | None, typer.Option("--dataset", help="Default: the newest dataset.")
    ] = None,
    max_usd: Annotated[float, typer.Option(min=0, help="Refuse to spend more.")] = 25.0,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only say what it would take.")
    ] = False,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Tune a chat model at the OpenAI-compatible server, and evaluate it."""
    from pydantic import ValidationError

    from server.commands.train import fine_tune
    from server.learning import FineTuneParams

    try:
        params = FineTuneParams(dataset_id=dataset_id, base=base, max_usd=max_usd)
    except ValidationError as error:
        wrong = "; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors())
        raise typer.BadParameter(wrong) from None
    fine_tune(_settings(), Output(as_json=as_json), params, tenant=tenant, only_estimate=estimate)


@models.command("list")
def models_list(tenant: Tenant = "default", as_json: Json = False) -> None:
    """Every version, the newest first."""
    from server.commands.models import list_all

    list_all(_settings(), Output(as_json=as_json), tenant=tenant)


@models.command("deploy")
def models_deploy(
    version: Version,
    stage: ForStage = None,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Put a version in use, if its evaluation passed the gate."""
    from server.commands.models import deploy

    deploy(_settings(), Output(as_json=as_json), version, stage=_stage(stage), tenant=tenant)


@models.command("rollback")
def models_rollback(
    version: Version,
    stage: ForStage = None,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Put back what was in use before a version."""
    from server.commands.models import rollback

    rollback(_settings(), Output(as_json=as_json), version, stage=_stage(stage), tenant=tenant)


@evaluate.command("retrieval")
def eval_retrieval(
    data: Annotated[Path, typer.Option(help="Folder with labelled questions.")],
    as_json: Json = False,
) -> None:
    """Grade how well BM25, vectors and both together find what answers a question."""
    from server.commands.evaluate import retrieval

    if not retrieval(_settings(), Output(as_json=as_json), data):
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

    if not ingest(_settings(), Output(as_json=as_json), rows=rows, memory=memory):
        raise typer.Exit(1)


@bench.command("retrieval")
def bench_retrieval(as_json: Json = False) -> None:
    """Time the exact filtered search beside bare numpy."""
    from server.commands.bench import retrieval

    if not retrieval(Output(as_json=as_json)):
        raise typer.Exit(1)


def main() -> None:
    """Exit 0 done, 1 failed, 2 used wrongly; never a traceback."""
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        sys.exit(fail(error, as_json="--json" in sys.argv))


def _stage(name: str | None) -> "Stage | None":
    from agent.threads.models import Stage

    if name is None:
        return None
    try:
        return Stage(name)
    except ValueError:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(Stage)}") from None


def _settings() -> "Settings":
    import os

    from agent.settings import Settings

    return Settings.from_env(os.environ)
