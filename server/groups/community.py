"""`latchkey community`."""

from pathlib import Path
from typing import Annotated

import typer

from server.options import Json, Tenant, settings
from server.output import Output

community = typer.Typer(no_args_is_help=True, help="Properties and their rules.")


@community.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSON: one community, or a list of them.")
    ],
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Add or replace communities; none that breaks a rule of fair housing."""
    from server.commands.community import run

    run(settings(), Output(as_json=as_json), file, tenant=tenant)
