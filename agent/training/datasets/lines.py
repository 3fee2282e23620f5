from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Speaker = Literal["lead", "agent"]
_SPEAKERS: Mapping[str, Speaker] = {"lead": "lead", "agent": "agent", "staff": "agent"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transcript as it is stored; staff speak as the agent does."""

    turn: int
    speaker: Speaker
    text: str
    stage: str | None = None
    entities: Mapping[str, Any] = field(default_factory=dict)
    guessed: bool = False
    """A model gave the stage."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Line | None":
        """None for what nobody said: announcements, empty lines."""
        speaker = _SPEAKERS.get(row.get("role", ""))
        text = (row.get("clean_text") or row.get("text") or "").strip()
        if speaker is None or not text:
            return None
        return cls(
            turn=row["turn_index"],
            speaker=speaker,
            text=text,
            stage=row.get("stage"),
            entities=row.get("entities") or {},
            guessed=bool(row.get("stage_guessed")),
        )


@dataclass(frozen=True, slots=True)
class Conversation:
    thread_id: str
    lines: tuple[Line, ...]
    handed_off: bool = False
