"""The seam between the state machine and whoever chooses its words and tools."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from agent.ai.understanding.models import Context, Understanding
from graphs.leasing.turn import Turn


@dataclass(frozen=True, slots=True)
class StageSpec:
    """One stage of the conversation: its goal, its tools, its prompt, its rules."""

    name: str
    goal: str
    """For a person and for a model: what this stage wants to reach, and when it is done."""
    tools: tuple[str, ...]
    prompt: str
    """Name of its template file under prompts/."""
    move: Callable[[Turn], Awaitable[None]]
    """The deterministic next step: says what it says through `turn`."""


class Policy(Protocol):
    """Reads messages and fills a turn. Both policies use the same tools under the same rights."""

    name: str

    async def understand(self, text: str, context: Context) -> Understanding: ...

    async def respond(self, stage: StageSpec, turn: Turn) -> None:
        """Say the reply of this turn through `turn`; effects only through `turn.tools`."""
        ...
