"""The actions of the contract: one table for policies, tools, API, approvals and events."""

from dataclasses import dataclass
from typing import Any

from agent.approvals.models import Args, Risk

_TOLD = ("tour_id", "listing_id", "application_id", "starts_at", "channel")


@dataclass(frozen=True, slots=True)
class Action:
    name: str
    tool: str
    title: str
    """As a person would say it."""
    risk: Risk | None = None
    proposed_event: str | None = None
    done_event: str | None = None
    auto: bool = True
    """Whether a tenant may let it pass without a person."""

    @property
    def external(self) -> bool:
        """Waits for approval."""
        return self.risk is not None


ACTIONS = {
    action.name: action
    for action in (
        Action(
            "schedule_tour",
            "propose_tour",
            "Book a tour",
            "medium",
            "tour.proposed",
            "tour.booked",
        ),
        Action(
            "reschedule_tour",
            "reschedule_tour",
            "Move a tour",
            "medium",
            None,
            "tour.rescheduled",
        ),
        Action("cancel_tour", "cancel_tour", "Cancel a tour", "low", None, "tour.canceled"),
        Action(
            "request_docs",
            "request_documents",
            "Ask for documents",
            "medium",
            None,
            "documents.requested",
        ),
        Action(
            "apply_now",
            "start_application",
            "Start an application",
            "high",
            None,
            "application.started",
            auto=False,
        ),
        Action("send_message", "send_message", "Send a message", "medium", None, "message.sent"),
        Action("mark_favorite", "mark_favorite", "Save a home", done_event="listing.favorited"),
        Action("hand_off", "hand_off", "Hand over to a person", done_event="handoff.requested"),
    )
}


def references(action_id: str, args: Args) -> dict[str, Any]:
    """What an event may say of an action: ids, a time, a channel; nothing a person wrote."""
    return {"action_id": action_id, **{name: args[name] for name in _TOLD if name in args}}
