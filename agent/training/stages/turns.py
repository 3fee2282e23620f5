from dataclasses import dataclass
from typing import Literal

Speaker = Literal["lead", "agent"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of a conversation, redacted; `agent` is whoever speaks for the property."""

    speaker: Speaker
    text: str
    stage: str | None = None
    """The label, where somebody gave one."""
