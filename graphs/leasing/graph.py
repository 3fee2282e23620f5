"""The leasing state machine; wiring only."""

from datetime import datetime
from typing import Literal

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from agent.approvals.models import ApprovalStatus
from agent.errors import Forbidden
from agent.leads.models import LeadProfile
from agent.services import Services
from agent.threads.models import Stage
from graphs.approval import decision_from, payload
from graphs.decisions import decide
from graphs.leasing import applying, handoff, listing, outcome, qualifying, touring
from graphs.leasing.outgoing import keep_safe
from graphs.leasing.policy import Policy, StageSpec
from graphs.leasing.state import Heard, LeasingState, changes
from graphs.leasing.turn import Turn
from graphs.leasing.understand import route, understand
from tools.call import Call
from tools.executor import Toolbox

STAGES = (
    qualifying.STAGE,
    listing.STAGE,
    touring.STAGE,
    applying.STAGE,
    handoff.STAGE,
)
_AFTER = ("approval", END)
_NOTHING: Heard = {
    "intents": [],
    "topics": [],
    "references": [],
    "slot_ids": [],
    "tour_time": None,
    "entities": {},
    "changed": [],
    "cleared": [],
    "understood": True,
    "rules": [],
}


def build(services: Services, policy: Policy) -> StateGraph[LeasingState]:
    """The graph, not compiled: the caller decides on a checkpointer.

    START -> understand -> one stage -> approval while something waits for a person -> END; the
    outcome of a decided action enters at `outcome`.
    """
    graph = StateGraph(LeasingState)

    async def read(state: LeasingState) -> Command[str]:
        after = await understand(state, services, policy)
        return Command(goto=route(after), update=changes(state, after))

    async def approval(state: LeasingState) -> Command[Literal["outcome"]]:
        return await _ask(state, services)

    async def told(state: LeasingState) -> Command[str]:
        turn = await open_turn({**state, "heard": _NOTHING}, services)
        await outcome.tell(turn)
        await keep_safe(turn)
        return _then(state, turn)

    graph.add_node("understand", read, destinations=tuple(stage.name for stage in STAGES))
    graph.add_node("outcome", told, destinations=_AFTER)
    graph.add_node("approval", approval)
    graph.add_conditional_edges(START, _entry, ["understand", "outcome"])
    for stage in STAGES:
        _add_stage(graph, stage, services, policy)
    return graph


def _add_stage(
    graph: StateGraph[LeasingState], stage: StageSpec, services: Services, policy: Policy
) -> None:
    async def answer(state: LeasingState) -> Command[str]:
        turn = await open_turn(state, services)
        await policy.respond(stage, turn)
        await keep_safe(turn)
        return _then(state, turn)

    graph.add_node(stage.name, answer, destinations=_AFTER)


async def _entry(state: LeasingState) -> str:
    return "outcome" if state["incoming"][0]["action_id"] else "understand"


def _then(state: LeasingState, turn: Turn) -> Command[str]:
    """The turn's result, and whether a person is to be asked; cheaper than a conditional edge."""
    after = turn.update()
    return Command(goto="approval" if after["pending"] else END, update=changes(state, after))


async def _ask(state: LeasingState, services: Services) -> Command[Literal["outcome"]]:
    """Interrupt with the oldest pending row; a resume decides it, once, and goes on to tell."""
    action_id = state["pending"][0]
    row = await services.approvals.get(state["tenant_id"], action_id)
    answer = interrupt(payload(row))
    if row.status is ApprovalStatus.PENDING:  # nobody has decided it elsewhere
        decision = decision_from(answer, row)
        row = await decide(services, state["tenant_id"], action_id, decision, actor="studio")
        if row.status is ApprovalStatus.PENDING:
            raise Forbidden(
                "approval_needs_another", "Your approval is noted; another person has to approve."
            )
    incoming = state["incoming"]
    if incoming[0]["action_id"] != action_id:
        incoming = [
            {
                "message_id": f"outcome:{action_id}",
                "turn": state["through"] + 1,
                "text": "",
                "action_id": action_id,
            }
        ]
    return Command(goto="outcome", update={"incoming": incoming})


async def open_turn(state: LeasingState, services: Services) -> Turn:
    """The working copy a stage fills; its permissions come from the state alone."""
    tenant_id = state["tenant_id"]
    community = await services.tenants.community_of(tenant_id, state["community_id"])
    disclosed = state.get("disclosed")
    heard = state["heard"]
    if heard is None:
        raise ValueError("a stage runs after understanding")
    call = Call(
        services=services,
        tenant_id=tenant_id,
        thread_id=state["thread_id"],
        lead_id=state["lead_id"],
        community=community,
        stage=Stage(state["stage"]),
        turn=state["incoming"][-1]["turn"],
        contact_ref=state.get("contact_ref"),
        listings=_offered(state),
        slots={
            slot["slot_id"]: (slot["listing_id"], datetime.fromisoformat(slot["starts_at"]))
            for slot in state.get("slots", [])
        },
        disclosed=(disclosed[0], datetime.fromisoformat(disclosed[1])) if disclosed else None,
        excerpt=[f"{role}: {text}" for role, text, *_ in state.get("window", [])[-5:]]
        + [f"lead: {item['text'][:300]}" for item in state["incoming"]],
        favorites=list(state.get("favorites", [])),
    )
    call.why.rules = list(heard["rules"])
    return Turn(
        services=services,
        tools=Toolbox(call),
        community=community,
        now=datetime.fromisoformat(state["now"]),
        state={**state},
        heard=heard,
        profile=LeadProfile.model_validate(state.get("profile", {})),
    )


def _offered(state: LeasingState) -> set[str]:
    shown = {home["listing_id"] for home in state.get("shortlist", [])}
    focus = state.get("focus")
    return shown | {*state.get("offered", [])} | ({focus} if focus else set())
