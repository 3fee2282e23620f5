"""What a decision means for the nouns: carried out inside the decision's transaction."""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, ValidationError

from agent.approvals.models import Approval, Args
from agent.errors import InvalidInput
from agent.services import Services
from tools import applications, messages, tours

_Settle = Callable[[Services, str, Approval], Awaitable[None]]


async def _nothing(services: Services, tenant_id: str, approval: Approval) -> None:
    return None


SETTLE: dict[str, _Settle] = {
    "schedule_tour": tours.settle_schedule,
    "reschedule_tour": tours.settle_reschedule,
    "cancel_tour": tours.settle_cancel,
    "apply_now": applications.settle_application,
    "request_docs": _nothing,
    "send_message": messages.settle_message,
}
STORED: dict[str, type[BaseModel]] = {
    "schedule_tour": tours.TourArgs,
    "reschedule_tour": tours.MoveArgs,
    "cancel_tour": tours.CancelStored,
    "apply_now": applications.ApplyStored,
    "request_docs": applications.DocumentsStored,
    "send_message": messages.MessageStored,
}
EDITABLE: dict[str, frozenset[str]] = {
    "schedule_tour": frozenset({"starts_at"}),
    "reschedule_tour": frozenset({"starts_at"}),
    "cancel_tour": frozenset({"reason"}),
    "apply_now": frozenset(),
    "request_docs": frozenset({"documents"}),
    "send_message": frozenset({"text", "channel"}),
}


async def settle(services: Services, tenant_id: str, approval: Approval) -> None:
    """Book, move, cancel, start or free what the closed `approval` is about."""
    await SETTLE[approval.action](services, tenant_id, approval)


async def coerce(approval: Approval, edited: Args) -> Args:
    """The stored arguments with `edited` over them, typed anew; only EDITABLE ones may differ."""
    merged: dict[str, Any] = {**approval.args, **edited}
    try:
        parsed = (
            STORED[approval.action]
            .model_validate(merged)
            .model_dump(mode="json", exclude_none=True)
        )
    except ValidationError as error:
        raise InvalidInput(
            "approval_edit_invalid",
            "These arguments cannot be carried out; nothing was decided.",
            details=error.errors(include_url=False, include_input=False, include_context=False),
        ) from None
    fixed = {
        name
        for name in parsed.keys() | approval.args.keys()
        if parsed.get(name) != approval.args.get(name) and name not in EDITABLE[approval.action]
    }
    if fixed:
        raise InvalidInput(
            "approval_edit_invalid", f"These cannot be edited: {', '.join(sorted(fixed))}."
        )
    return parsed
