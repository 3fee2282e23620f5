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


@community.command("identity-secret")
def identity_secret(
    community_id: Annotated[str, typer.Argument(metavar="COMMUNITY")],
    alone: Annotated[
        bool, typer.Option("--alone", help="End the one before it at once; else both work.")
    ] = False,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Make a secret with which the community's own site says who a visitor is; shown this once."""
    from server.commands.identity_secret import run

    run(settings(), Output(as_json=as_json), community_id, tenant=tenant, alone=alone)
