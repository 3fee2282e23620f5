"""The one assistant: the leasing graph, under its name or under the id LangGraph gives it."""

from datetime import UTC, datetime
from importlib.metadata import version
from uuid import UUID, uuid5

from agent.errors import NotFound
from server.langgraph.wire import Assistant

GRAPH = "leasing"
_NAMESPACE = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")
"""From which LangGraph's own server makes an assistant's id."""
ASSISTANT_ID = str(uuid5(_NAMESPACE, GRAPH))
NAMES = frozenset((GRAPH, ASSISTANT_ID))
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def assistant() -> Assistant:
    return Assistant(
        assistant_id=ASSISTANT_ID,
        graph_id=GRAPH,
        name=GRAPH,
        description="Talks with leads about homes, tours and applications.",
        created_at=_SINCE,
        updated_at=_SINCE,
        metadata={"created_by": "system", "version": version("latchkey")},
    )


def require(assistant_id: str) -> None:
    """Raises NotFound unless it is the assistant's name or id."""
    if assistant_id not in NAMES:
        raise NotFound("assistant_not_found", f"The only assistant is {GRAPH!r}; name that.")
