"""What a decision means for the nouns: carried out, and taken back, inside its transaction."""

from collections.abc import Awaitable, Callable

from agent.approvals.models import Approval
from agent.services import Services
from tools import applications, messages, tours

_Settle = Callable[[Services, str, Approval], Awaitable[None]]
_Unsettle = Callable[[Services, str, Approval, Approval], Awaitable[None]]


async def _nothing(services: Services, tenant_id: str, approval: Approval) -> None:
    return None


async def _nothing_back(
    services: Services, tenant_id: str, decided: Approval, reopened: Approval
) -> None:
    return None


SETTLE: dict[str, _Settle] = {
    "schedule_tour": tours.settle_schedule,
    "reschedule_tour": tours.settle_reschedule,
    "cancel_tour": tours.settle_cancel,
    "apply_now": applications.settle_application,
    "request_docs": _nothing,
    "send_message": messages.settle_message,
}
UNSETTLE: dict[str, _Unsettle] = {
    "schedule_tour": tours.unsettle_schedule,
    "reschedule_tour": tours.unsettle_reschedule,
    "cancel_tour": tours.unsettle_cancel,
    "apply_now": applications.unsettle_application,
    "request_docs": _nothing_back,
    "send_message": _nothing_back,
}


async def settle(services: Services, tenant_id: str, approval: Approval) -> None:
    """Book, move, cancel, start or free what the closed `approval` is about."""
    await SETTLE[approval.action](services, tenant_id, approval)


async def unsettle(
    services: Services, tenant_id: str, decided: Approval, reopened: Approval
) -> None:
    """Put the nouns back to what they were while the action waited, as `reopened` does again."""
    await UNSETTLE[decided.action](services, tenant_id, decided, reopened)
