"""`latchkey ingest`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from server.options import Json, Tenant, settings
from server.output import Output

ingest = typer.Typer(no_args_is_help=True, help="Read files that people made.")


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

    run(settings(), Output(as_json=as_json), file, tenant=tenant, community=community)


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
    run(settings(), Output(as_json=as_json), file, tenant=tenant, kind=kind)


@ingest.command("tickets")
def ingest_tickets(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A workbook (.xlsx) or CSV.")],
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Make support tickets of a file and find a resolution for each; known ones are left out."""
    from server.commands.ingest_tickets import run

    run(settings(), Output(as_json=as_json), file, tenant=tenant)


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
        settings(),
        Output(as_json=as_json),
        file,
        tenant=tenant,
        community=community,
        zone=zone,
        rejected=rejected,
    )
