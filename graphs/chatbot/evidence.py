"""What an answer may rest on, for whoever asks: more for staff than for a visitor."""

from dataclasses import dataclass, field

from agent.knowledge.models import Article, Found, Kind
from agent.knowledge.passages import SURE, Text, best_passage
from agent.knowledge.quotable import quotable
from agent.services import Services
from agent.tickets.models import Case, Grounds

ARTICLES = 5
SHOWN = 3
"""Sources that an answer may rest on."""
ALSO = 0.5
"""Similarity from which on a second source is worth naming."""
_STAFF: tuple[Kind, ...] = ("article", "resolution", "script")


@dataclass(frozen=True, slots=True)
class Piece:
    """Something written that speaks of the question."""

    id: str
    title: str
    passage: str
    """The part that does, as it may be quoted to whoever asks."""
    score: float
    kind: Kind = "article"
    text: str = ""
    """The whole, for staff."""


@dataclass(frozen=True, slots=True)
class Evidence:
    pieces: list[Piece] = field(default_factory=list)
    """The one that answers first; empty where nothing does."""


async def for_staff(services: Services, tenant_id: str, question: str) -> Evidence:
    """From articles, resolutions and scripts: by resolved tickets like it, then by words."""
    grounds = await services.ticket_search.gather(tenant_id, Case(transcript=question))
    if grounds.evident:
        return await _grounded(services, tenant_id, grounds)
    found = await services.knowledge.search(tenant_id, question, kinds=_STAFF, k=ARTICLES)
    return await _quoted(question, {each.article.knowledge_id: _piece(each) for each in found})


async def for_visitor(
    services: Services, tenant_id: str, question: str, community_id: str | None
) -> Evidence:
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


async def _grounded(services: Services, tenant_id: str, grounds: Grounds) -> Evidence:
    first, *others = grounds.articles
    near = [one for one in others if one.similarity_score >= ALSO][: SHOWN - 1]
    voted = {vote.kb_id: vote.script_id for vote in grounds.votes}
    wanted = voted.get(first.id)
    scripts = [one for one in grounds.scripts if one.id == wanted]
    sources = [first, *near, *scripts]
    texts = await services.knowledge.store.by_ids(tenant_id, [one.id for one in sources])
    return Evidence(
        [
            Piece(one.id, one.title, one.passage, one.similarity_score, text.kind, text.text)
            for one in sources
            if (text := texts.get(one.id)) and text.status == "active"
        ]
    )


async def _quoted(question: str, pieces: dict[str, Piece]) -> Evidence:
    """The piece that surely answers, its passage cut to what does."""
    texts = [Text(piece.id, piece.title, piece.passage) for piece in pieces.values()]
    best = await best_passage(question, texts)
    if best is None or best.sureness < SURE:
        return Evidence()
    piece = pieces[best.source.source_id]
    score = round(min(best.sureness, 1.0), 4)
    return Evidence([Piece(piece.id, piece.title, best.text, score, piece.kind, piece.text)])


def _piece(found: Found) -> Piece:
    article: Article = found.article
    return Piece(
        article.knowledge_id, article.title, found.passage, found.score, article.kind, article.text
    )
