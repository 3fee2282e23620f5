"""Every command; what it needs is imported when it runs."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from server.groups.access import key, tenant, user
from server.groups.community import community
from server.groups.export import export
from server.groups.inbound import source
from server.groups.ingest import ingest
from server.groups.learning import dataset, models, train
from server.groups.measuring import bench, evaluate
from server.options import Json, Tenant, settings
from server.output import Output, fail

app = typer.Typer(
    name="latchkey",
    help="A conversational agent for apartment leasing.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
demo = typer.Typer(no_args_is_help=True, help="Communities to try Latchkey with.")
retention = typer.Typer(no_args_is_help=True, help="What is kept no longer.")
app.add_typer(ingest, name="ingest")
app.add_typer(community, name="community")
app.add_typer(demo, name="demo")
app.add_typer(retention, name="retention")
app.add_typer(export, name="export")
app.add_typer(tenant, name="tenant")
app.add_typer(user, name="user")
app.add_typer(key, name="key")
app.add_typer(source, name="webhook-source")
app.add_typer(evaluate, name="eval")
app.add_typer(bench, name="bench")
app.add_typer(dataset, name="dataset")
app.add_typer(train, name="train")
app.add_typer(models, name="models")


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

    listener = bind(host, port)
    from server.commands.serve import run

    run(settings(), Output(as_json=as_json), listener, demo=load_demo, jobs=jobs)


@app.command()
def worker(
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Jobs at a time.")] = 1,
    as_json: Json = False,
) -> None:
    """Do jobs until stopped: those that CELERY_BROKER_URL brings, else those of the database."""
    from server.commands.worker import run

    run(settings(), Output(as_json=as_json), jobs=jobs)


@app.command()
def chat(
    community: Annotated[
        str | None, typer.Option(help="Where to ask; default: the default community.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Talk to the agent as a lead would; /help lists what else can be typed."""
    from server.commands.chat import run

    run(settings(), Output(as_json=as_json), community=community)


@demo.command("load")
def demo_load(as_json: Json = False) -> None:
    """Add the demo communities and their homes, or set them back to what they were."""
    from server.commands.demo import run

    run(settings(), Output(as_json=as_json))


@demo.command("tickets")
def demo_tickets(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new workbook (.xlsx).")],
    as_json: Json = False,
) -> None:
    """Write a workbook of 30 made-up support cases, to upload."""
    from server.commands.demo import write_tickets

    write_tickets(Output(as_json=as_json), file)


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

    run(settings(), Output(as_json=as_json), corpus, tenant=tenant, rebuild=rebuild)


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
    run(settings(), output, text, corpus=corpus, tenant=tenant, k=k, where=where or [])


@app.command()
def graph(
    name: Annotated[str, typer.Argument(metavar="GRAPH", help="Which graph.")] = "leasing",
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write it there instead.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Draw a graph as mermaid text."""
    from server.commands.graph import run

    run(Output(as_json=as_json), name, out)


@app.command()
def reveal(
    lead_id: Annotated[str, typer.Argument(metavar="LEAD_ID", help="Whose contact data.")],
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Show a lead's name, e-mail and phone; the reading is audited."""
    from server.commands.reveal import run

    run(settings(), Output(as_json=as_json), lead_id, tenant=tenant)


@app.command()
def verify(
    tenant: Annotated[
        str | None, typer.Option("--tenant", help="Whose audit; default: everyone's.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check that nothing in the audit was edited, moved, added or taken away."""
    from server.commands.verify import run

    if not run(settings(), Output(as_json=as_json), tenant=tenant):
        raise typer.Exit(1)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Must not exist yet.")],
    keys: Annotated[
        bool, typer.Option("--keys/--without-keys", help="With the key files, or without.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Write everything into one file, as it is at one moment, while servers go on."""
    from server.commands.backup import run

    run(settings(), Output(as_json=as_json), file, keys=keys)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `latchkey backup` wrote.")],
    as_json: Json = False,
) -> None:
    """Fill an empty database from a backup and verify its audit."""
    from server.commands.restore import run

    if not run(settings(), Output(as_json=as_json), file):
        raise typer.Exit(1)


@app.command()
def forget(
    lead_id: Annotated[str, typer.Argument(metavar="ID", help="Who is to be forgotten.")],
    ticket: Annotated[
        bool, typer.Option("--ticket", help="The contact of the ticket with this id.")
    ] = False,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Erase a lead: contact data, conversations, and all that was made of them."""
    from server.commands.forget import run, run_ticket

    erase = run_ticket if ticket else run
    erase(settings(), Output(as_json=as_json), lead_id, tenant=tenant)


@retention.command("run")
def retention_run(
    dry: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Remove what is over the time that the tenant's settings give it."""
    from server.commands.retention import run

    run(settings(), Output(as_json=as_json), tenant=tenant, dry=dry)


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
    if not run(settings(), output, only_mongod=mongod, create_indexes=create_indexes):
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
