"""The one door to the tickets graph: resolve, decide, generate."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Unpack

from langgraph.types import Command

from agent.errors import LatchkeyError, Unavailable
from agent.jobs.models import OPEN
from agent.services import Services
from agent.tickets.deciding import Approved
from agent.tickets.models import Case, Grounds, Resolution, Ticket
from agent.tickets.reviewers import Reviewer
from agent.tickets.reviewing import Said
from graphs.checkpoints import TurnSaver
from graphs.tickets import resolving
from graphs.tickets.review import waits
from graphs.tickets.waiting import Waiting, place

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.graph.state import CompiledStateGraph

    from graphs.tickets.state import TicketState

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Tickets that are resolved beside each other."""
STOP_SECONDS = 5.0
SWEPT = 200
"""Tickets that are looked at in one sweep."""
LEFT, LEFT_AT_ONCE = timedelta(minutes=10), 20
"""After so long without a resolution a ticket whose job has ended gets it from a sweep, each time
one fails again; so many in a sweep."""
DECIDED = {"decision": "decided"}
"""What a graph is resumed with that finds its ticket decided; it reads the row."""
Step = Callable[[int], Awaitable[None]]
"""Called with how many of the tickets are done so far."""


async def _quiet(done: int) -> None:
    return None


class TicketDesk:
    """Serves every way in. The ticket's row is the truth; its graph only follows."""

    def __init__(
        self,
        services: Services,
        graph: "CompiledStateGraph[TicketState, None, TicketState, TicketState]",
        saver: TurnSaver,
    ) -> None:
        self.services = services
        self._graph = graph
        self._saver = saver
        self._waiting = Waiting(services.repository)
        self._background: set[asyncio.Task[None]] = set()
        self._swept: dict[str, str] = {}
        self._tried: dict[str, datetime] = {}

    async def resolve(self, tenant_id: str, ticket_ids: Sequence[str], step: Step = _quiet) -> None:
        """Take each ticket through the graph to its question; doing it again changes nothing.

        A ticket that cannot be resolved waits as it was, and holds up no other. Raises
        Unavailable, once all have been tried, where something was away.
        """
        room = asyncio.Semaphore(AT_ONCE)
        away: list[Unavailable] = []
        done = 0

        async def one(ticket_id: str) -> None:
            nonlocal done
            async with room:
                try:
                    await self._ask(tenant_id, ticket_id)
                except Unavailable as error:
                    away.append(error)
                except Exception as error:
                    log.error("ticket %s was not resolved: %s", ticket_id, _name(error))
            done += 1
            await step(done)

        await asyncio.gather(*(one(ticket_id) for ticket_id in ticket_ids))
        if away:
            raise away[0]

    async def approve(
        self, tenant_id: str, ticket_id: str, reviewer: Reviewer, **said: Unpack[Said]
    ) -> Approved:
        """Approve for good, then let the graph go on; see `Reviewing.approve`."""
        approved = await self.services.reviewing.approve(tenant_id, ticket_id, reviewer, **said)
        self._wake(tenant_id, ticket_id)
        return approved

    async def approve_above(self, tenant_id: str, reviewer: Reviewer, score: int) -> list[Approved]:
        """Open and approve what scores at least so much; see `Reviewing.approve_above`."""
        approved = await self.services.reviewing.approve_above(tenant_id, reviewer, score)
        for each in approved:
            self._wake(tenant_id, each.ticket.ticket_id)
        return approved

    async def reject(
        self,
        tenant_id: str,
        ticket_id: str,
        reviewer: Reviewer,
        *,
        reason: str,
        version: int | None = None,
    ) -> Ticket:
        """Reject for good, then let the graph go on; raises what the review raises."""
        ticket = await self.services.reviewing.reject(
            tenant_id, ticket_id, reviewer, reason=reason, version=version
        )
        self._wake(tenant_id, ticket_id)
        return ticket

    async def generate(self, tenant_id: str, case: Case) -> tuple[Resolution, Grounds]:
        """A resolution of a case that is no ticket; stores nothing."""
        return await resolving.resolution(self.services, tenant_id, case)

    async def sweep(self) -> bool:
        """Make good what a process that died or a job that failed has left; some at a time.

        Graphs go on whose ticket was decided, and tickets get the resolution they wait for.
        """
        for tenant in await self.services.tenants.tenants():
            tenant_id = tenant.tenant_id
            try:
                await self._sweep(tenant_id)
                await self.resolve(tenant_id, await self._left(tenant_id))
            except Exception as error:
                # one tenant holds up no other
                log.warning("tickets of %s wait for the next sweep: %s", tenant_id, _name(error))
        return False

    async def close(self) -> None:
        """Wait a little for the graphs that are going on; a sweep does what is cut off."""
        if not self._background:
            return
        _, late = await asyncio.wait(self._background, timeout=STOP_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _ask(self, tenant_id: str, ticket_id: str) -> None:
        """Run the graph of one ticket up to its question."""
        start: TicketState = {"tenant_id": tenant_id, "ticket_id": ticket_id}
        if await self._waiting.is_kept(tenant_id, ticket_id):
            return
        at = place(tenant_id, ticket_id)
        with self._saver.turn(at, None, fresh=True) as saved:
            state = await self._graph.ainvoke(start, _config(at), durability="exit")
            self.services.failpoints.reach("ticket_question")
            if "__interrupt__" in state:
                await self._waiting.keep(tenant_id, saved)

    async def _go_on(self, tenant_id: str, ticket_id: str) -> None:
        """Resume the graph of a decided ticket to its end, and forget that it waited."""
        if not await self._waiting.is_kept(tenant_id, ticket_id):
            return
        at = place(tenant_id, ticket_id)
        with self._saver.turn(at, None, fresh=False):
            resume: Command[Any] = Command(resume=DECIDED)
            await self._graph.ainvoke(resume, _config(at), durability="exit")
        self.services.failpoints.reach("ticket_decided")
        await self._waiting.drop(tenant_id, [ticket_id])

    def _wake(self, tenant_id: str, ticket_id: str) -> None:
        """Let the graph go on without making the caller wait."""
        task = asyncio.create_task(_alone(ticket_id, self._go_on(tenant_id, ticket_id)))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _sweep(self, tenant_id: str) -> None:
        ids = await self._waiting.some(tenant_id, after=self._swept.get(tenant_id, ""), limit=SWEPT)
        self._swept[tenant_id] = ids[-1] if len(ids) == SWEPT else ""
        tickets = await self.services.tickets.store.by_ids(tenant_id, ids)
        gone = [each for each in ids if not (each in tickets and _is_told(tickets[each]))]
        await self._waiting.drop(tenant_id, gone)
        for ticket in tickets.values():
            if ticket.ticket_id not in gone and not waits(ticket):
                await _alone(ticket.ticket_id, self._go_on(tenant_id, ticket.ticket_id))

    async def _left(self, tenant_id: str) -> list[str]:
        """ticket_ids that wait for a resolution and that no job will give one."""
        now = self.services.clock.now()
        self._tried = {each: at for each, at in self._tried.items() if now - at < LEFT}
        waiting = await self.services.tickets.store.unresolved(tenant_id, SWEPT)
        old = [
            each
            for each in waiting
            if each.ticket_id not in self._tried and now - each.steps[0].at >= LEFT
        ]
        running = {
            job_id
            for job_id in {each.job_id for each in old if each.job_id}
            if (job := await self.services.jobs.store.get(tenant_id, job_id)) and job.status in OPEN
        }
        left = [each.ticket_id for each in old if each.job_id not in running][:LEFT_AT_ONCE]
        self._tried |= dict.fromkeys(left, now)
        return left


@contextlib.asynccontextmanager
async def open_desk(services: Services) -> AsyncIterator[TicketDesk]:
    from graphs.checkpoints import open_saver
    from graphs.tickets.graph import build

    saver = await asyncio.to_thread(open_saver, services.database)
    desk = TicketDesk(services, build(services).compile(checkpointer=saver), saver)
    try:
        yield desk
    finally:
        await desk.close()


async def _alone(ticket_id: str, work: Coroutine[Any, Any, None]) -> None:
    """Do it, or note why not; the next sweep tries it again."""
    try:
        await work
    except Exception as error:
        log.warning("the graph of ticket %s waits on %s", ticket_id, _name(error))


def _is_told(ticket: Ticket) -> bool:
    """Whether what it said is still there; what was forgotten may wait in no checkpoint."""
    return ticket.forgotten_at is None


def _config(at: str) -> "RunnableConfig":
    return {"configurable": {"thread_id": at}}


def _name(error: Exception) -> str:
    return error.code if isinstance(error, LatchkeyError) else type(error).__name__
