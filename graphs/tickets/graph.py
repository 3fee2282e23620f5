"""The tickets state machine; wiring only."""

import asyncio
from typing import Literal

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from agent.errors import LatchkeyError, Unavailable
from agent.services import Services
from agent.tickets.models import Status, Ticket
from graphs.approval import decision_from, payload
from graphs.tickets import resolving, retrieve
from graphs.tickets.learn import learn
from graphs.tickets.redact import redacted
from graphs.tickets.review import STUDIO, carry_out, question, waits
from graphs.tickets.state import TicketState

Then = Command[Literal["review", "learn", "__end__"]]


def build(services: Services) -> StateGraph[TicketState]:
    """The graph, not compiled: the caller decides on a checkpointer.

    START -> redact -> retrieve -> resolve -> score -> review (asks a person) -> learn -> END.
    A ticket that has its resolution goes to `review` at once.
    """
    graph = StateGraph(TicketState)

    async def read(state: TicketState) -> Command[Literal["retrieve", "review"]]:
        ticket = await _ticket(services, state)
        if ticket.resolution_content is not None or not waits(ticket):
            return Command(goto="review")
        case = await asyncio.to_thread(redacted, ticket.case)
        return Command(goto="retrieve", update={"case": case})

    async def find(state: TicketState) -> TicketState:
        tenant_id = state["tenant_id"]
        grounds, labels = await retrieve.found(
            services, tenant_id, state["case"], excluding=state["ticket_id"]
        )
        material = await retrieve.material(services, tenant_id, grounds)
        return {"grounds": grounds, "labels": labels, "material": material}

    async def write(state: TicketState) -> TicketState:
        written = await resolving.write(
            services, state["case"], state["grounds"], state["material"]
        )
        return {"written": written}

    async def rate(state: TicketState) -> None:
        """Score it, and write all that was found into the ticket's row."""
        grounds, labels, written = state["grounds"], state["labels"], state["written"]
        points = await resolving.rate(
            services, state["case"], grounds, labels, state["material"], written
        )
        found = resolving.resolution_of(grounds, labels, written, points)
        await services.tickets.settle(state["tenant_id"], state["ticket_id"], found, grounds)

    async def ask(state: TicketState) -> Then:
        return await _ask(services, state)

    async def follow(state: TicketState) -> None:
        await learn(services, state["tenant_id"])

    graph.add_node("redact", read)
    graph.add_node("retrieve", find)
    graph.add_node("resolve", write)
    graph.add_node("score", rate)
    graph.add_node("review", ask)
    graph.add_node("learn", follow)
    graph.add_edge(START, "redact")
    graph.add_edge("retrieve", "resolve")
    graph.add_edge("resolve", "score")
    graph.add_edge("score", "review")
    graph.add_edge("learn", END)
    return graph


async def _ask(services: Services, state: TicketState) -> Then:
    """Interrupt while the ticket waits; a resume decides it by the review, once.

    An answer that cannot be carried out is asked for again, with what is wrong: raised here, it
    would be the answer of every later resume.
    """
    ticket = await _ticket(services, state)
    if waits(ticket):
        asked = question(ticket, state.get("problem"))
        answer = interrupt(payload(asked, may_ignore=False))
        try:
            decision = decision_from(answer, asked)
            ticket = await carry_out(services, state["tenant_id"], ticket, decision, STUDIO)
        except Unavailable:
            raise
        except LatchkeyError as error:
            return Command(goto="review", update={"problem": error.message})
    if waits(ticket):
        return Command(goto="review", update={"problem": None})
    return Command(goto="learn" if ticket.status is Status.APPROVED else "__end__")


async def _ticket(services: Services, state: TicketState) -> Ticket:
    return await services.tickets.get(state["tenant_id"], state["ticket_id"])
