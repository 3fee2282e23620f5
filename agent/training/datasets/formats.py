"""How an example is written: for completion models, for chat models, and what it was made from."""

import json
from collections.abc import Mapping
from typing import Any

from agent.training.datasets.windows import Window

FORMAT = 1
"""Goes up when the same conversations give other lines."""
_NAMES = {"lead": "Lead", "agent": "Agent"}
_ROLES = {"lead": "user", "agent": "assistant"}


def line_of(value: Mapping[str, Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return text.encode() + b"\n"


def conditions(window: Window) -> str:
    """The stage and what is known, as the first lines of a prompt."""
    lines = [f"Stage: {window.stage}"] if window.stage else []
    if window.known:
        said = "; ".join(f"{name}={_shown(value)}" for name, value in sorted(window.known.items()))
        lines.append(f"Known: {said}")
    return "\n".join(lines)


def as_prompt(window: Window) -> dict[str, Any]:
    said = "\n".join(f"{_NAMES[line.speaker]}: {line.text}" for line in window.context)
    head = conditions(window)
    prompt = f"{head}\n{said}\nAgent:" if head else f"{said}\nAgent:"
    return {"prompt": prompt, "completion": window.reply}


def as_chat(window: Window, instructions: str) -> dict[str, Any]:
    """`instructions` are the words a model gets when it serves."""
    head = "\n\n".join(part for part in (instructions, conditions(window)) if part)
    said = [{"role": _ROLES[line.speaker], "content": line.text} for line in window.context]
    system = [{"role": "system", "content": head}] if head else []
    reply = {"role": "assistant", "content": window.reply}
    return {"messages": [*system, *said, reply]}


def as_source(window: Window) -> dict[str, Any]:
    return {
        "thread": window.thread,
        "turn": window.turn,
        "stage": window.stage,
        "known": dict(window.known),
    }


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
