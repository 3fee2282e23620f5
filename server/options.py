"""What every command takes."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from agent.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Tenant = Annotated[str, typer.Option("--tenant", help="Whose data it is.")]


def settings() -> "Settings":
    """From the environment of this process."""
    import os

    from agent.settings import Settings

    return Settings.from_env(os.environ)
