"""What an answer may rest on, for whoever asks: more for staff than for a visitor."""

import re
from dataclasses import dataclass

from agent.knowledge.passages import SURE, Text, best_passage
from agent.knowledge.quotable import quotable
from agent.services import Services
from agent.tickets.models import Case
from graphs.tickets.retrieve import is_near

ARTICLES = 5
SHOWN = 3
"""Sources that an answer may rest on, the script of the first one beside them."""
ALSO = 0.6
"""Similarity from which on a further source is worth naming."""
_SCRIPT = re.compile(r"\bscripts?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """Something written that answers a question."""

    id: str
    title: str
    passage: str
    """The part that does, as it may be quoted to whoever asks."""
    score: float
    text: str = ""
    """The whole, for staff."""


async def for_staff(services: Services, tenant_id: str, question: str) -> list[Piece]:
    """From articles, resolutions and scripts, as a ticket would be resolved."""
    grounds = await services.ticket_search.gather(tenant_id, Case(transcript=question))
    if _SCRIPT.search(question) and grounds.scripts:
        first, others = grounds.scripts[0], grounds.articles
    elif grounds.articles:
        first, *others = grounds.articles
    else:
        return []
    if not ((grounds.evident and first.kind != "script") or is_near(question, first)):
        return []
    near = [one for one in others if one.similarity_score >= ALSO][: SHOWN - 1]
    vote = next((vote for vote in grounds.votes if vote.kb_id == first.id), None)
    scripts = [one for one in grounds.scripts if vote and one.id == vote.script_id]
    sources = [first, *near, *scripts]
    texts = await services.knowledge.store.by_ids(tenant_id, [one.id for one in sources])
    return [
        Piece(one.id, one.title, one.passage, one.similarity_score, text.text)
        for one in sources
        if (text := texts.get(one.id)) and text.status == "active"
    ]


async def for_visitor(
    services: Services, tenant_id: str, question: str, community_id: str | None
) -> list[Piece]:
    """From articles alone, and of those what may be said to everybody."""
    found = await services.knowledge.search(
        tenant_id, question, kinds=("article",), community_id=community_id, k=ARTICLES
    )
    pieces = {}
    for each in found:
        title, text = quotable(each.article.title), quotable(each.passage)
        if title and text:
            article = each.article
            pieces[article.knowledge_id] = Piece(article.knowledge_id, title, text, each.score)
    return await _quoted(question, pieces)


async def _quoted(question: str, pieces: dict[str, Piece]) -> list[Piece]:
    """The piece that surely answers, its passage cut to what does."""
    texts = [Text(piece.id, piece.title, piece.passage) for piece in pieces.values()]
    best = await best_passage(question, texts)
    if best is None or best.sureness < SURE:
        return []
    return [Piece(best.source.source_id, best.source.title, best.text, min(best.sureness, 1.0))]
