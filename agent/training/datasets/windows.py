"""Examples: what was said, what was known, and the reply that followed."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.leads.models import LeadProfile
from agent.privacy.pii import redact
from agent.training.datasets.lines import Conversation, Line
from agent.training.datasets.quality import touches_protected, unfit

BEFORE = 8
"""Lines of context at most."""
_FIELDS = LeadProfile.model_fields.keys()


@dataclass(frozen=True, slots=True)
class Window:
    thread: str
    """A hash of the thread's id."""
    turn: int
    stage: str | None
    known: Mapping[str, Any]
    """The profile so far."""
    context: tuple[Line, ...]
    """Ends with the lead."""
    reply: str


def thread_hash(thread_id: str) -> str:
    return hashlib.sha256(thread_id.encode()).hexdigest()[:16]


def windows(conversation: Conversation, left_out: Counter[str]) -> Iterator[Window]:
    """The examples of a conversation; counts in `left_out` what is none, and why.

    Texts are redacted once more, whoever redacted them before.
    """
    lines = [_redacted(line, left_out) for line in conversation.lines]
    thread = thread_hash(conversation.thread_id)
    known: dict[str, Any] = {}
    stage: str | None = None
    for position, line in enumerate(lines):
        stage = line.stage or stage
        if line.speaker == "lead":
            known.update(_allowed(line.entities))
            continue
        context = _before(lines, position)
        if not context:
            left_out["unasked"] += 1
        elif conversation.handed_off and position == len(lines) - 1:
            left_out["handed_off"] += 1
        elif reason := unfit(line.text):
            left_out[reason] += 1
        elif any(touches_protected(each.text) for each in (*context, line)):
            left_out["protected"] += 1
        else:
            yield Window(thread, line.turn, stage, dict(known), context, line.text)


def _before(lines: Sequence[Line], position: int) -> tuple[Line, ...]:
    """The last lines up to the one the lead said just before; none when the agent spoke."""
    context = tuple(lines[max(0, position - BEFORE) : position])
    return context if context and context[-1].speaker == "lead" else ()


def _redacted(line: Line, left_out: Counter[str]) -> Line:
    redacted = redact(line.text).text
    if redacted == line.text:
        return line
    left_out["redacted_again"] += 1
    return replace(line, text=redacted)


def _allowed(entities: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What a profile may hold, without contact data and protected mentions."""
    for name, value in entities.items():
        if name not in _FIELDS or value in (None, [], ""):
            continue
        texts = value if isinstance(value, list) else [value]
        said = [redact(each).text if isinstance(each, str) else each for each in texts]
        kept = [each for each in said if not (isinstance(each, str) and touches_protected(each))]
        if kept:
            yield name, kept if isinstance(value, list) else kept[0]
