"""The leasing graph for LangGraph Studio: a line of the lead in, every node to step through.

Nothing is written to a transcript; what is proposed waits as an approval like any other, and can be
decided in Studio or anywhere else.
"""

import asyncio
import os
from contextlib import AsyncExitStack
from functools import cache

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph

from agent.bootstrap import open_services
from agent.kit.ids import new_id
from agent.kit.text import validate_message
from agent.leads.models import Consent
from agent.privacy.models import Contact
from agent.services import Services
from agent.settings import Settings
from agent.tenants.models import DEFAULT_TENANT
from agent.threads.models import Thread
from graphs.leasing.graph import build
from graphs.leasing.state import Incoming, LeasingState
from graphs.policies import open_policy
from graphs.redaction import redacted
from graphs.tracing import tracing


class Visit(LeasingState, total=False):
    message: str
    """What the lead says; the rest comes by itself."""


async def leasing(config: RunnableConfig) -> StateGraph[Visit]:
    """The factory that langgraph.json names; called for every request."""
    _, services = await opening(asyncio.get_running_loop())
    return visits(services)


def visits(services: Services) -> StateGraph[Visit]:
    """START -> arrive -> the leasing graph -> END; not compiled, Studio brings its checkpointer."""

    async def arrive(state: Visit) -> LeasingState:
        return await _turn(services, state)

    graph = StateGraph(Visit)
    graph.add_node("arrive", arrive)
    graph.add_node("leasing", build(services, open_policy(services)).compile())
    graph.add_edge(START, "arrive")
    graph.add_edge("arrive", "leasing")
    graph.add_edge("leasing", END)
    return graph


async def _turn(services: Services, state: Visit) -> LeasingState:
    """The input of one turn; the first one opens a thread."""
    thread = await _thread(services, state)
    message = validate_message(state["message"])
    clean = await redacted(services, DEFAULT_TENANT, message, name_expected=True)
    lead = await services.leads.learn_contact(DEFAULT_TENANT, thread.lead_id, clean.contact)
    pending = await services.approvals.store.pending(DEFAULT_TENANT, thread.thread_id)
    said: Incoming = {
        "message_id": new_id("msg"),
        "turn": state.get("through", -1) + 1,
        "text": clean.text,
        "action_id": None,
    }
    return {
        "tenant_id": DEFAULT_TENANT,
        "thread_id": thread.thread_id,
        "lead_id": lead.lead_id,
        "community_id": thread.community_id,
        "contact_ref": lead.contact_ref if lead.reachable else None,
        "now": services.clock.now().isoformat(),
        "incoming": [said],
        "stage": state.get("stage", thread.stage.value),
        "profile": state.get("profile", {}),
        "pending": [row.action_id for row in pending],
        "heard": None,
        "output": None,
    }


async def _thread(services: Services, state: Visit) -> Thread:
    known = state.get("thread_id")
    if known:
        return await services.threads.get(DEFAULT_TENANT, known)
    community = await services.tenants.community(DEFAULT_TENANT)
    now = services.clock.now()
    lead = await services.leads.create(
        DEFAULT_TENANT, contact=Contact(), consent=Consent(), source="studio"
    )
    thread = Thread(
        thread_id=new_id("thr"),
        lead_id=lead.lead_id,
        community_id=community.community_id,
        source="studio",
        created_at=now,
        updated_at=now,
    )
    await services.threads.store.create(DEFAULT_TENANT, thread)
    return thread


@cache
def opening(
    loop: asyncio.AbstractEventLoop,
) -> "asyncio.Task[tuple[AsyncExitStack, Services]]":
    """The services of this process: opened once, since Studio asks for the graph all the time."""
    return loop.create_task(_open())


async def _open() -> tuple[AsyncExitStack, Services]:
    stack, settings = AsyncExitStack(), Settings.from_env(os.environ)
    await stack.enter_async_context(tracing(settings))
    services = await stack.enter_async_context(open_services(settings))
    return stack, services
