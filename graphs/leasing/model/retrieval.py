"""Past answers and articles that may help with this message; nothing where none come in time."""

import asyncio
import logging
import re
from dataclasses import dataclass
from typing import Any

from agent.ai.understanding.models import Intent
from agent.errors import LatchkeyError
from graphs.leasing.turn import Turn
from tools.memory import FoundArticle, PastAnswer

log = logging.getLogger(__name__)

SECONDS = 1.0
"""What a lead waits for it at most."""
TURNS = 3
ARTICLES = 2
LINE = 320
"""Characters shown of one."""
_FIGURES = re.compile(r"\$|\d{3}")


@dataclass(frozen=True, slots=True)
class Passage:
    """Text that somebody else wrote: data, never instructions."""

    source_id: str
    kind: str
    text: str

    def shown(self) -> dict[str, str]:
        return {"kind": self.kind, "text": self.text}


async def passages(turn: Turn) -> list[Passage]:
    """What to show of this tenant's redacted past, the likeliest first; the tools note the ids."""
    if not helps(turn):
        return []
    question = " ".join(item["text"] for item in turn.state["incoming"])[:500]
    if not question.strip():
        return []
    found = await asyncio.gather(_turns(turn, question), _articles(turn, question))
    return [passage for kind in found for passage in kind]


def helps(turn: Turn) -> bool:
    """A question, or words the rules could not read; a plain choice needs no past."""
    return bool(turn.heard["topics"]) or turn.has(Intent.ASK) or not turn.heard["understood"]


async def _turns(turn: Turn, question: str) -> list[Passage]:
    """What the team answered elsewhere; figures go stale or belong to another home."""
    found: list[PastAnswer] = await _used(
        turn,
        "search_conversations",
        query=question,
        k=TURNS * 2,
        listing_id=turn.state.get("focus"),
    )
    plain = [each for each in found if not _FIGURES.search(each.answer)][:TURNS]
    return [
        Passage(each.source_id, "past answer", _cut(f"{each.question or ''} - {each.answer}"))
        for each in plain
    ]


async def _articles(turn: Turn, question: str) -> list[Passage]:
    found: list[FoundArticle] = await _used(
        turn, "search_knowledge", query=question, k=ARTICLES, listing_id=turn.state.get("focus")
    )
    return [
        Passage(each.source_id, "article", _cut(f"{each.title}: {each.text}")) for each in found
    ]


async def _used(turn: Turn, tool: str, **args: Any) -> list[Any]:
    """What a tool of this stage finds, if it may and can in time."""
    if tool not in turn.tools.names():
        return []
    try:
        async with asyncio.timeout(SECONDS):
            found: list[Any] = await turn.tools.use(tool, **args)
    except (TimeoutError, LatchkeyError) as error:
        log.warning("answered without %s: %s", tool, type(error).__name__)
        return []
    return found


def _cut(text: str) -> str:
    return " ".join(text.split())[:LINE]
