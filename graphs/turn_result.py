"""What a turn came to: the write that ends it, from the state that the graph has left."""

from collections.abc import Sequence

from agent.audit.models import Why
from agent.events.models import Event
from agent.services import Services
from agent.tenants.hours import hours_text
from agent.threads.models import Message, Stage, Thread, TurnResult
from graphs.inbound import answering
from graphs.leasing.state import LeasingState
from prompts import load


def result_of(thread: Thread, batch: Sequence[Message], state: LeasingState) -> TurnResult:
    """All that the turn changes, but for what the graph remembers."""
    output = state["output"]
    if output is None:
        raise ValueError("a turn ended without output")
    stage = Stage(state["stage"])
    events = [Event.model_validate(event) for event in output["events"]]
    if stage is not thread.stage:
        events.append(Event(type="thread.stage_changed", data={"stage": stage.value}))
    events.append(Event(type="message", data={"message_id": f"reply:{batch[-1].turn_index}"}))
    return TurnResult(
        reply=output["reply"],
        stage=stage,
        was=thread.stage,
        why=Why.model_validate({name: output.get(name) for name in Why.model_fields}),
        answered=list(batch),
        listings=output["listings"],
        slots=output["slots"],
        favorites=state.get("favorites", []),
        handoff_reason=output["handoff"],
        channel=answering.channel_of(thread, batch),
        events=events,
    )


async def apology(
    services: Services, tenant_id: str, thread: Thread, given: LeasingState
) -> LeasingState:
    """What a turn that failed comes to: nothing changes but that a person is asked."""
    community = await services.tenants.community(tenant_id, thread.community_id)
    reply = load("leasing/replies").render("handoff", {"hours": hours_text(community)})
    return {
        **given,
        "output": {
            "reply": reply,
            "listings": [],
            "slots": [],
            "retrieved": [],
            "rules": ["turn_failed"],
            "events": [{"type": "handoff.requested", "data": {"reason": "turn failed"}}],
            "handoff": "turn failed",
            "model": None,
        },
    }
