"""`latchkey key`."""

from typing import Annotated

import typer

from server.options import Json, Tenant, settings
from server.output import Output
from server.scopes import Scope

key = typer.Typer(no_args_is_help=True, help="API keys for programs.")


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

    run(settings(), Output(as_json=as_json), name, scopes=scope or list(Scope), tenant=tenant)
