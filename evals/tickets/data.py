"""Labelled support cases, and what a desk knows: its articles, scripts and questions."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from agent.errors import InvalidInput
from agent.tickets.models import TicketDraft

_FILES = ("kb.jsonl.gz", "scripts.jsonl", "tickets.jsonl")
_LABELS = ("category", "priority", "sentiment", "resolution", "kb_id", "script_id")


@dataclass(frozen=True, slots=True)
class Gold:
    """What the desk decided; no part of it is shown before a decision."""

    category: str | None
    priority: str | None
    sentiment: str | None
    resolution: str | None
    kb_id: str | None
    script_id: str | None


@dataclass(frozen=True, slots=True)
class Labelled:
    draft: TicketDraft
    gold: Gold


@dataclass(frozen=True, slots=True)
class Asked:
    text: str
    answer: Literal["KB", "SCRIPT", "TICKET_RESOLUTION"]
    target: str


@dataclass(frozen=True, slots=True)
class Desk:
    articles: Path
    scripts: Path
    history: list[Labelled]
    """Approved before the first ticket comes in."""
    tickets: list[Labelled]
    """In time order, as the history is."""
    questions: list[Asked]


def read_desk(data: Path) -> Desk:
    """From the folder of the files, or from the one that holds it as `tickets`.

    Raises InvalidInput `data_missing`.
    """
    folder = data if (data / "tickets.jsonl").is_file() else data / "tickets"
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise InvalidInput("data_missing", f"{data} holds no {', '.join(missing)}.")
    return Desk(
        articles=folder / "kb.jsonl.gz",
        scripts=folder / "scripts.jsonl",
        history=_labelled(folder / "history.jsonl"),
        tickets=_labelled(folder / "tickets.jsonl"),
        questions=[
            Asked(row["text"], row["answer_type"], row["target_id"])
            for row in _rows(folder / "questions.jsonl")
            if row.get("target_id")
        ],
    )


def _labelled(path: Path) -> list[Labelled]:
    found = [
        Labelled(
            TicketDraft.model_validate(
                {name: row.get(name) for name in TicketDraft.model_fields if name != "tier"}
            ),
            Gold(**{name: row["gold"].get(name) or None for name in _LABELS}),
        )
        for row in _rows(path)
    ]
    return sorted(found, key=lambda each: (str(each.draft.created_at), each.draft.conversation_id))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_file():
        with path.open(encoding="utf-8") as file:
            yield from (json.loads(line) for line in file if line.strip())
