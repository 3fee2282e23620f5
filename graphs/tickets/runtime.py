"""The one door to the tickets graph: resolve, decide, generate."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from agent.services import Services
from agent.tickets.models import Case, Grounds, Resolution, Ticket

if TYPE_CHECKING:
    from agent.tickets.reviewing import Approved, Reviewer

Step = Callable[[int], Awaitable[None]]
"""Called with how many of the tickets have been resolved so far."""


async def _quiet(done: int) -> None:
    return None


class TicketDesk:
    """Serves every way in. The ticket's row is the truth; its graph only follows."""

    def __init__(self, services: Services) -> None:
        self.services = services

    async def resolve(self, tenant_id: str, ticket_ids: Sequence[str], step: Step = _quiet) -> None:
        """Take each ticket through the graph to its question; doing it again changes nothing."""
        raise NotImplementedError

    async def approve(
        self,
        tenant_id: str,
        ticket_id: str,
        reviewer: "Reviewer",
        *,
        edited_resolution: str | None = None,
        kb_id: str | None = None,
        script_id: str | None = None,
        version: int | None = None,
    ) -> "Approved":
        """Approve for good, then let the graph go on; raises what the review raises."""
        raise NotImplementedError

    async def approve_above(
        self, tenant_id: str, reviewer: "Reviewer", score: int
    ) -> "list[Approved]":
        raise NotImplementedError

    async def reject(
        self,
        tenant_id: str,
        ticket_id: str,
        reviewer: "Reviewer",
        *,
        reason: str,
        version: int | None = None,
    ) -> Ticket:
        raise NotImplementedError

    async def generate(self, tenant_id: str, case: Case) -> tuple[Resolution, Grounds]:
        """A resolution of a case that is no ticket; stores nothing."""
        raise NotImplementedError

    async def sweep(self) -> bool:
        """Let graphs go on that a dead process has left waiting; False: for a worker's loop."""
        return False

    async def close(self) -> None:
        """Wait for the graphs that are going on."""


@contextlib.asynccontextmanager
async def open_desk(services: Services) -> AsyncIterator[TicketDesk]:
    desk = TicketDesk(services)
    try:
        yield desk
    finally:
        await desk.close()
