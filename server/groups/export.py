"""`latchkey export`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from server.options import Json, Tenant, settings
from server.output import Output

export = typer.Typer(
    invoke_without_command=True,
    help="Write a tenant's data: all of it as it is stored, or one noun as a workbook.",
)
Workbook = Annotated[Path, typer.Argument(metavar="FILE", help="A new workbook (.xlsx).")]


@export.callback()
def everything(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Option("--out", help="A new folder.")] = None,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Write a tenant's data as it is stored: a JSON Lines file a collection, with hashes."""
    if context.invoked_subcommand is not None:
        if folder is not None or as_json or tenant != "default":
            raise typer.BadParameter(f"write options after {context.invoked_subcommand}")
        return
    if folder is None:
        raise typer.BadParameter("name a new folder", param_hint="--out")
    from server.commands.export import run

    run(settings(), Output(as_json=as_json), folder, tenant=tenant)


@export.command("tickets")
def export_tickets(
    file: Workbook,
    status: Annotated[
        Literal["pending", "in_progress", "approved", "rejected"] | None,
        typer.Option(help="Only those; default: all."),
    ] = None,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Write the tickets as a workbook: without contact data, formulas as text."""
    from server.commands.export import tickets

    tickets(settings(), Output(as_json=as_json), file, tenant=tenant, status=status)


@export.command("knowledge")
def export_knowledge(
    file: Workbook,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Write articles, scripts and resolutions as a workbook, formulas as text."""
    from server.commands.export import knowledge

    knowledge(settings(), Output(as_json=as_json), file, tenant=tenant)
