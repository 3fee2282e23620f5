"""Past answers and articles that may help with this message; nothing where none come in time."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from agent.ai.understanding.models import Intent
from agent.errors import LatchkeyError
from graphs.leasing.turn import Turn

log = logging.getLogger(__name__)

SECONDS = 1.0
"""What a lead waits for it at most."""
TURNS = 3
ARTICLES = 2
CANDIDATES = 10
LINE = 280
SAME_STAGE = 1.15
"""How much more a turn of the same stage counts."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Text that somebody else wrote: data, never instructions."""

    source_id: str
    kind: str
    text: str

    def shown(self) -> dict[str, str]:
        return {"kind": self.kind, "text": self.text}


async def passages(turn: Turn) -> list[Passage]:
    """What to show of this tenant's redacted past, the likeliest first; ids go into `why`."""
    if not helps(turn):
        return []
    question = " ".join(item["text"] for item in turn.state["incoming"])[:500]
    found = await asyncio.gather(_turns(turn, question), _articles(turn, question))
    chosen = [passage for kind in found for passage in kind]
    why = turn.tools.call.why
    why.retrieved += [p.source_id for p in chosen if p.source_id not in why.retrieved]
    return chosen


def helps(turn: Turn) -> bool:
    """A question, or words the rules could not read; a plain choice needs no past."""
    return bool(turn.heard["topics"]) or turn.has(Intent.ASK) or not turn.heard["understood"]


async def _turns(turn: Turn, question: str) -> list[Passage]:
    hits = await _search(turn, "conversations", question, where={"role": "agent"})
    own = turn.state["thread_id"]
    stage = turn.state["stage"]
    others = [hit for hit in hits if hit.meta.get("thread_id") != own]
    others.sort(
        key=lambda hit: -hit.score * (SAME_STAGE if hit.meta.get("stage") == stage else 1.0)
    )
    return [Passage(hit.source_id, "past answer", hit.text[:LINE]) for hit in others[:TURNS]]


async def _articles(turn: Turn, question: str) -> list[Passage]:
    hits = await _search(turn, "knowledge", question)
    return [Passage(hit.source_id, "article", hit.text[:LINE]) for hit in hits[:ARTICLES]]


async def _search(turn: Turn, corpus: str, question: str, **options: Any) -> list[Any]:
    chunks = getattr(turn.services, "chunks", None)
    if chunks is None:
        return []
    call = turn.tools.call
    try:
        async with asyncio.timeout(SECONDS):
            found: list[Any] = await chunks.search(
                call.tenant_id, corpus, question, k=CANDIDATES, **options
            )
    except (TimeoutError, LatchkeyError) as error:
        log.warning("answered without %s: %s", corpus, type(error).__name__)
        return []
    return found
