"""What the interrupt asks a person, and the one decision any answer means; decides nothing."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from pydantic import ValidationError

from agent.approvals.models import SCHEMA_VERSION, Args, Decision, Risk
from agent.errors import Conflict, InvalidInput

WORDS = {"accept": "approve", "response": "respond", "ignore": "dismiss"}
"""What other inboxes call a decision."""
END = "__end__"
"""Where a thread is sent by the "Resolve" button of other inboxes."""
_OURS = frozenset({"decision", "type", "decisions", "args", "message", "edited_action"})
_BOUND = frozenset({"action_id"})


class Question(Protocol):
    """Something that waits for a person: an approval, or a ticket's resolution."""

    @property
    def action(self) -> str: ...
    @property
    def action_id(self) -> str: ...
    @property
    def args(self) -> Args: ...
    @property
    def args_hash(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def risk(self) -> Risk: ...
    @property
    def version(self) -> int: ...
    @property
    def expires_at(self) -> datetime | None: ...


def payload(approval: Question, *, may_ignore: bool = True) -> dict[str, Any]:
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
            "allow_ignore": may_ignore,
        },
        "description": description,
        "action_id": approval.action_id,
        "args_hash": approval.args_hash,
        "risk": approval.risk,
        "expires_at": approval.expires_at.isoformat() if approval.expires_at else None,
        "version": approval.version,
        "schema_version": SCHEMA_VERSION,
    }


def decision_from(answer: Any, approval: Question, *, interrupt_id: str | None = None) -> Decision:
    """The decision about `approval` that any reply of the known inboxes means.

    `answer` is a resume value, or a whole state update or command that ends the thread;
    `interrupt_id` the interrupt that is open, where the caller knows it. Arguments that come back
    with an approval are never used. Raises InvalidInput `decision_unreadable` or
    `decision_unbound` (high risk, and neither action_id nor arguments say what is meant), Conflict
    `interrupt_stale`, `approval_differs` (it is about another action) or `approval_args_differ`;
    whatever is raised, the action stays pending.
    """
    if _ends(answer):
        return Decision(decision="dismiss")
    said = _single(_of_interrupt(answer, approval, interrupt_id))
    if said.get("action_id") not in (None, approval.action_id):
        raise Conflict("approval_differs", "The answer is about another action; read them again.")
    word = said.get("decision") or said.get("type")
    word = WORDS.get(word, word) if isinstance(word, str) else None
    given: dict[str, Any] = {"decision": word}
    echoed: Args | None = None
    if word == "edit":
        given["args"] = echoed = _edited(said, approval)
    elif word == "approve":
        echoed = _echoed(said.get("args"), approval)
    elif word in ("reject", "respond"):
        given["message"] = said.get("message") or _text(said.get("args"))
    try:
        decision = Decision.model_validate(given)
    except ValidationError:
        raise _unreadable() from None
    if decision.decision != "dismiss" and "action_id" not in said and not echoed:
        _require_low(approval)
    return decision


def _ends(answer: Any) -> bool:
    """Whether it is POST /threads/{id}/state as `__end__`, or a command that goes there."""
    if not isinstance(answer, Mapping):
        return False
    if answer.get("as_node") == END:
        return answer.get("values") is None
    goto = answer.get("goto")
    return answer.get("resume") is None and (goto == END or goto == [END])


def _of_interrupt(answer: Any, approval: Question, interrupt_id: str | None) -> Any:
    """What stands under the id of the interrupt, where the answer names one."""
    if not isinstance(answer, Mapping) or len(answer) != 1:
        return answer
    [(name, value)] = answer.items()
    if name in _OURS or not isinstance(value, Mapping | list):
        return answer
    if name == approval.action_id:
        return _bound(value, approval)
    if interrupt_id is not None and name != interrupt_id:
        raise Conflict(
            "interrupt_stale",
            "This interrupt is not open any more; read the thread again. The action still waits "
            f"as {approval.action_id}.",
        )
    return value


def _bound(value: Any, approval: Question) -> Any:
    said = _single(value)
    return {**said, "action_id": said.get("action_id", approval.action_id)}


def _single(answer: Any) -> Mapping[str, Any]:
    """The one decision inside lists and `decisions` wrappers."""
    around: dict[str, Any] = {}
    if isinstance(answer, Mapping) and "decisions" in answer:
        around = {name: answer[name] for name in _BOUND & answer.keys()}
        answer = answer["decisions"]
    if isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    if not isinstance(answer, Mapping):
        raise _unreadable()
    return {**around, **answer}


def _edited(said: Mapping[str, Any], approval: Question) -> Args:
    edited = said.get("edited_action") or said.get("args")
    if isinstance(edited, Mapping) and ("name" in edited or "action" in edited):
        if (edited.get("name") or edited.get("action")) != approval.action:
            raise _unreadable()
        edited = edited.get("args")
    if not isinstance(edited, Mapping):
        raise _unreadable()
    return dict(edited)


def _echoed(request: Any, approval: Question) -> Args | None:
    """The arguments that came back with an approval, if any; they must be the stored ones."""
    if not request:
        return None
    if not isinstance(request, Mapping):
        raise _unreadable()
    name: Any = approval.action
    args: Any = request
    if request.keys() <= {"action", "name", "args"}:
        name = request.get("action") or request.get("name") or name
        args = request.get("args")
    if name != approval.action or (args and not _same(args, approval.args)):
        raise Conflict(
            "approval_args_differ",
            "The arguments that came back are not those that wait; read the action again. "
            "Send an edit to change them.",
        )
    return dict(args) if args else None


def _same(echoed: Any, stored: Args) -> bool:
    """Other inboxes send what is no text as text."""
    if not isinstance(echoed, Mapping) or echoed.keys() != stored.keys():
        return False
    return all(echoed[name] in (value, _as_text(value)) for name, value in stored.items())


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _require_low(approval: Question) -> None:
    if approval.risk == "high":
        raise InvalidInput(
            "decision_unbound",
            "This action has a high risk: send its action_id or its arguments along, or decide it "
            f"in /inbox or by POST /api/approvals/{approval.action_id}/decision.",
        )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _unreadable() -> InvalidInput:
    return InvalidInput(
        "decision_unreadable",
        "Send one decision: approve, edit with args, reject or respond with a message.",
    )
