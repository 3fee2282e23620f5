"""The tickets graph for LangGraph Studio: a transcript in, every node to step through.

What is pasted becomes a ticket like any other, redacted; deciding it in Studio is the review.
"""

import asyncio

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph

from agent.errors import InvalidInput
from agent.kit.ids import new_id
from agent.services import Services
from agent.tenants.models import DEFAULT_TENANT
from agent.tickets.models import TicketDraft
from graphs.studio import opening
from graphs.tickets.graph import build
from graphs.tickets.state import TicketState

_SAID = ("transcript", "subject", "description", "product", "category", "property_name")


class Arrival(TicketState, total=False):
    """A `ticket_id` that there is, or a `transcript` with what else is known."""

    transcript: str | None
    subject: str | None
    description: str | None
    product: str | None
    category: str | None
    property_name: str | None


async def tickets(config: RunnableConfig) -> StateGraph[Arrival]:
    """The factory that langgraph.json names; called for every request."""
    _, services = await opening(asyncio.get_running_loop())
    return arrivals(services)


def arrivals(services: Services) -> StateGraph[Arrival]:
    """START -> arrive -> the tickets graph -> END; not compiled, Studio brings its checkpointer."""

    async def arrive(state: Arrival) -> Arrival:
        ticket_id = await _added(services, state) if state.get("transcript") else None
        ticket_id = ticket_id or state.get("ticket_id")
        if ticket_id is None:
            raise InvalidInput("ticket_missing", "Send a transcript, or the ticket_id of a ticket.")
        nothing: Arrival = {name: None for name in _SAID}  # type: ignore[assignment]
        return {**nothing, "tenant_id": DEFAULT_TENANT, "ticket_id": ticket_id}

    graph = StateGraph(Arrival)
    graph.add_node("arrive", arrive)
    graph.add_node("tickets", build(services).compile())
    graph.add_edge(START, "arrive")
    graph.add_edge("arrive", "tickets")
    graph.add_edge("tickets", END)
    return graph


async def _added(services: Services, state: Arrival) -> str:
    said = {name: state.get(name) for name in _SAID if state.get(name)}
    draft = TicketDraft.model_validate({**said, "conversation_id": new_id("studio")})
    added = await services.tickets.add(DEFAULT_TENANT, [(1, draft)], created_by="studio")
    return added.ticket_ids[0]
