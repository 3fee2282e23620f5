"""What an answer may rest on, for whoever asks: more for staff than for a visitor."""

import re
from collections.abc import Container
from dataclasses import dataclass

from agent.ai.search.lexical import terms
from agent.knowledge.passages import SURE, Text, best_passage
from agent.knowledge.quotable import quotable
from agent.knowledge.wording import meanings
from agent.services import Services
from agent.tickets.models import Case, Grounds, Source
from agent.tickets.nearness import is_near, speaks_of

ARTICLES = 5
SHOWN = 3
"""Sources that an answer may rest on, the script of the first one beside them."""
LEARNT = 2
"""Approved resolutions among them."""
ALSO = 0.6
"""Similarity from which on a further source is worth naming."""
_ASIDE = frozenset(
    terms("still about why more tell else again now mean exactly long take much find explain")
)
"""What a follow-up may say without asking for anything else."""
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


async def for_staff(
    services: Services, tenant_id: str, wanted: str, *, message: str, cited: Container[str] = ()
) -> list[Piece]:
    """From articles, resolutions and scripts, as a ticket would be resolved; what people have
    approved for the very question stands beside the article it rests on, or before it.

    `wanted` is looked for, `message` is the newest of it; what the chat has `cited` before may
    answer once more.
    """
    written = await _written(services, tenant_id, wanted, message, cited)
    known = {piece.id for piece in written}
    learnt = [each for each in await _learnt(services, tenant_id, wanted) if each.id not in known]
    if learnt and (not written or learnt[0].score > written[0].score):
        return [*learnt, *written][: SHOWN + 1]
    return [*written[:1], *learnt, *written[1:]][: SHOWN + 1]


async def _learnt(services: Services, tenant_id: str, question: str) -> list[Piece]:
    """Approved resolutions that speak of the question, the nearest first."""
    found = await services.knowledge.search(tenant_id, question, kinds=("resolution",), k=ARTICLES)
    texts = [f"{each.article.title}\n{each.passage}" for each in found]
    cosines = await services.likeness.cosines(question, texts)
    pieces = [
        Piece(
            each.article.knowledge_id,
            each.article.title,
            each.passage,
            cosine,
            each.article.text,
        )
        for each, cosine in zip(found, cosines, strict=True)
        if speaks_of(question, each.article.title, each.passage, cosine)
    ]
    return sorted(pieces, key=lambda piece: (-piece.score, piece.id))[:LEARNT]


async def _written(
    services: Services, tenant_id: str, wanted: str, message: str, cited: Container[str]
) -> list[Piece]:
    grounds = await services.ticket_search.gather(tenant_id, Case(transcript=wanted))
    scripted = grounds.scripts[:1] if _SCRIPT.search(message) else []
    first = next(
        (one for one in scripted if is_near(wanted, one)),
        _answering(grounds, wanted, message, cited),
    )
    if first is None:
        return []
    near = [one for one in grounds.articles if one is not first and one.similarity_score >= ALSO]
    vote = next((vote for vote in grounds.votes if vote.kb_id == first.id), None)
    scripts = [one for one in grounds.scripts if vote and one.id == vote.script_id]
    sources = [first, *near[: SHOWN - 1], *scripts]
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


def _answering(grounds: Grounds, wanted: str, message: str, cited: Container[str]) -> Source | None:
    """The best article or resolution, where it answers."""
    if not grounds.articles:
        return None
    best = grounds.articles[0]
    once_more = best.id in cited and stays(message, f"{best.title} {best.passage}")
    return best if grounds.evident or once_more or is_near(wanted, best) else None


def stays(message: str, written: str, share: float = 0.5) -> bool:
    """Whether at least this share of what a follow-up asks for is `written`."""
    own = {*meanings(message)} - _ASIDE
    return len(own & {*meanings(written)}) >= share * len(own)
