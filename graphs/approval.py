"""The one interrupt node: asks a person about the oldest pending action, does nothing itself."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from agent.approvals.models import SCHEMA_VERSION, Approval, Decision
from agent.errors import InvalidInput

WORDS = {"accept": "approve", "response": "respond", "ignore": "dismiss"}
"""What other inboxes call a decision."""


def payload(approval: Approval) -> dict[str, Any]:
    """The interrupt value; opens in agent-inbox, agent-chat-ui and LangGraph Studio alike."""
    args, description = approval.args, approval.description
    return {
        "action_requests": [
            {
                "name": approval.action,
                "args": args,
                "arguments": args,
                "description": description,
            }
        ],
        "review_configs": [
            {
                "action_name": approval.action,
                "allowed_decisions": ["approve", "edit", "reject", "respond"],
            }
        ],
        "action_request": {"action": approval.action, "args": args},
        "config": {
            "allow_accept": True,
            "allow_edit": True,
            "allow_respond": True,
            "allow_ignore": True,
        },
        "description": description,
        "action_id": approval.action_id,
        "args_hash": approval.args_hash,
        "risk": approval.risk,
        "expires_at": approval.expires_at.isoformat(),
        "version": approval.version,
        "schema_version": SCHEMA_VERSION,
    }


def decision_from(answer: Any, approval: Approval) -> Decision:
    """The decision meant by any reply shape of the known inboxes.

    Arguments that come back with an approval are ignored: the stored ones run. Raises
    InvalidInput `decision_unreadable`; the action stays pending.
    """
    said = _single(answer)
    word = said.get("decision") or said.get("type")
    word = WORDS.get(str(word), word)
    given: dict[str, Any] = {"decision": word}
    if word == "edit":
        given["args"] = _edited(said, approval)
    elif word in ("reject", "respond"):
        given["message"] = said.get("message") or _text(said.get("args"))
    try:
        return Decision.model_validate(given)
    except ValidationError:
        raise _unreadable() from None


def _single(answer: Any) -> Mapping[str, Any]:
    """The one decision inside lists and `decisions` wrappers."""
    if isinstance(answer, Mapping) and "decisions" in answer:
        answer = answer["decisions"]
    if isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    if not isinstance(answer, Mapping):
        raise _unreadable()
    return answer


def _edited(said: Mapping[str, Any], approval: Approval) -> dict[str, Any]:
    edited = said.get("edited_action") or said.get("args")
    if isinstance(edited, Mapping) and ("name" in edited or "action" in edited):
        if (edited.get("name") or edited.get("action")) != approval.action:
            raise _unreadable()
        edited = edited.get("args")
    if not isinstance(edited, Mapping):
        raise _unreadable()
    return dict(edited)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _unreadable() -> InvalidInput:
    return InvalidInput(
        "decision_unreadable",
        "Send one decision: approve, edit with args, reject or respond with a message.",
    )
