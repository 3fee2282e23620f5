"""`latchkey webhook-source`."""

from typing import Annotated

import typer

from server.options import Json, Tenant, settings
from server.output import Output

source = typer.Typer(no_args_is_help=True, help="Programs that may tell us of events.")
SourceId = Annotated[str, typer.Argument(metavar="SOURCE_ID", help="As `list` shows it.")]


@source.command("add")
def source_add(
    name: Annotated[str, typer.Argument(help="What the source is called.")],
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Add a source; its secret is shown this once."""
    from server.commands.webhook_source import add

    add(settings(), Output(as_json=as_json), name, tenant=tenant)


@source.command("list")
def source_list(tenant: Tenant = "default", as_json: Json = False) -> None:
    """Show the sources."""
    from server.commands.webhook_source import show

    show(settings(), Output(as_json=as_json), tenant=tenant)


@source.command("rotate")
def source_rotate(source_id: SourceId, tenant: Tenant = "default", as_json: Json = False) -> None:
    """Make a new secret; the one before it stays good until the next."""
    from server.commands.webhook_source import rotate

    rotate(settings(), Output(as_json=as_json), source_id, tenant=tenant)


@source.command("remove")
def source_remove(source_id: SourceId, tenant: Tenant = "default", as_json: Json = False) -> None:
    """Believe a source no more."""
    from server.commands.webhook_source import remove

    remove(settings(), Output(as_json=as_json), source_id, tenant=tenant)
