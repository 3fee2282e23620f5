"""A transcript's lines as LangChain messages."""

from typing import Any

from agent.threads.models import Message, Role
from server.langgraph.wire import WireMessage

HIDDEN = "do-not-render-"
"""LangChain's chat pages do not show a message whose id begins so."""


def wire_message(message: Message) -> WireMessage:
    if message.role is Role.LEAD:
        return WireMessage(type="human", id=message.message_id, content=message.text)
    if message.role is Role.SYSTEM:
        return WireMessage(type="system", id=HIDDEN + message.message_id, content=message.text)
    return WireMessage(
        type="ai",
        id=message.message_id,
        content=message.text,
        name="staff" if message.role is Role.STAFF else None,
        additional_kwargs=_shown(message),
    )


def _shown(message: Message) -> dict[str, Any]:
    shown: dict[str, Any] = {"listings": message.listings, "slots": message.slots}
    if message.stage is not None:
        shown["stage"] = message.stage.value
    return {name: value for name, value in shown.items() if value}
