"""What a decision meets that comes late: the recorded answer, or the reason why not."""

from agent.approvals.models import Approval, ApprovalStatus, Decision
from agent.errors import Conflict, Gone


def replayed(standing: Approval, decision: Decision) -> Approval:
    """The recorded row for the same decision; raises Gone or Conflict for any other."""
    if standing.status is ApprovalStatus.EXPIRED:
        raise expired()
    if standing.status is ApprovalStatus.SUPERSEDED:
        raise superseded()
    if standing.decision == decision:
        return standing
    recorded = standing.decision.model_dump(exclude_none=True) if standing.decision else {}
    raise Conflict(
        "approval_decided",
        f"This action is {standing.status} already.",
        details=[{**recorded, "status": standing.status, "decided_by": standing.decided_by}],
    )


def expired() -> Gone:
    return Gone("approval_expired", "This action has expired; propose it again.")


def superseded() -> Conflict:
    return Conflict(
        "approval_superseded", "The lead has changed this request since; look for the newer one."
    )


def late() -> Conflict:
    return Conflict(
        "approval_undo_late", "It has left already, or is about to; cancel or change it instead."
    )
