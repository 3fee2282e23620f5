"""The tickets graph as Studio runs it: something pasted becomes a ticket, asked and decided."""

from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from agent.errors import InvalidInput
from agent.services import Services
from graphs.studio_tickets import arrivals
from tests.graphs.tickets.conftest import TENANT
from tests.graphs.tickets.examples import CASE

CONFIG: RunnableConfig = {"configurable": {"thread_id": "studio"}}


async def test_a_pasted_transcript_is_resolved_asked_and_approved(library: Services) -> None:
    graph = arrivals(library).compile(checkpointer=InMemorySaver())
    given: Any = {
        "transcript": f"{CASE.transcript}\nCaller: Write to kim@example.com.",
        "subject": CASE.subject,
        "product": "Gatehouse",
        "category": "Access",
        "property_name": "Alder Row",
    }
    waiting = await graph.ainvoke(given, CONFIG)
    (asked,) = waiting["__interrupt__"]
    args = asked.value["action_request"]["args"]
    assert args["resolution"].startswith("KB: KB-0001")
    assert "Alder Row" in args["resolution"]
    state = await graph.aget_state(CONFIG)
    assert "kim@example.com" not in str(state.values)

    done: Any = await graph.ainvoke(Command(resume=[{"type": "accept", "args": None}]), CONFIG)
    assert "__interrupt__" not in done
    ticket = await library.tickets.get(TENANT, done["ticket_id"])
    assert (ticket.status, ticket.decided_by) == ("approved", "studio")
    again: Any = await graph.ainvoke({"ticket_id": ticket.ticket_id}, CONFIG)
    assert "__interrupt__" not in again


async def test_without_anything_it_says_what_to_send(library: Services) -> None:
    graph = arrivals(library).compile(checkpointer=InMemorySaver())
    nothing: Any = {"subject": "x"}
    with pytest.raises(InvalidInput, match="transcript"):
        await graph.ainvoke(nothing, CONFIG)
