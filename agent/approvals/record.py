"""What is kept of a decision: all of it but contact data somebody has typed into it."""

from typing import Any

from agent.approvals.models import LONGEST_MESSAGE, Decision
from agent.privacy.pii import CONTACT, redact


def recorded(decision: Decision) -> Decision:
    message = decision.message and redact(decision.message, kinds=CONTACT).text[:LONGEST_MESSAGE]
    return decision.model_copy(update={"args": _redacted(decision.args), "message": message})


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value, kinds=CONTACT).text
    if isinstance(value, list):
        return [_redacted(item) for item in value]
    if isinstance(value, dict):
        return {key: _redacted(item) for key, item in value.items()}
    return value
