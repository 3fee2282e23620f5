"""Communities from a file."""

import asyncio
import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console

from agent.bootstrap import open_services
from agent.errors import InvalidInput
from agent.settings import Settings
from agent.tenants.fair import require_fair
from agent.tenants.models import Community
from server.output import Output


def run(settings: Settings, output: Output, file: Path, *, tenant: str) -> None:
    communities = _read(file)
    done = asyncio.run(_save(settings, communities, tenant))

    def show(console: Console) -> None:
        for item in done:
            console.print(f"{item['community_id']}: {item['outcome']}")

    output.result({"communities": done}, show)


async def _save(
    settings: Settings, communities: list[Community], tenant: str
) -> list[dict[str, Any]]:
    async with open_services(settings) as services:
        done = []
        for community in communities:
            saved = await services.properties.save(tenant, community)
            outcome = "added" if saved.version == 1 else "updated"
            done.append({"community_id": community.community_id, "outcome": outcome})
        return done


def _read(file: Path) -> list[Community]:
    """One community or a list; all are read and found fair before any is saved."""
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidInput(
            "community_file_unreadable", f"{file.name!r} cannot be read: {error.strerror}."
        ) from None
    except (ValueError, RecursionError):
        raise InvalidInput("community_file_invalid", f"{file.name!r} is not JSON.") from None
    rows = found if isinstance(found, list) else [found]
    communities = []
    for number, row in enumerate(rows):
        try:
            community = Community.model_validate(row)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            at = ".".join(str(part) for part in (number, *first["loc"]))
            raise InvalidInput("community_invalid", f"{at}: {first['msg']}.") from None
        require_fair(community)
        communities.append(community)
    return communities
