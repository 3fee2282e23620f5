"""What is written that may fit a case: articles, approved resolutions and scripts, ranked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent.knowledge.models import Article, Found, Kind
from agent.knowledge.service import KnowledgeService
from agent.tickets.likeness import Likeness, distance
from agent.tickets.models import Case, Label, Source
from agent.tickets.ranking import Candidate, Ranked, ranked
from agent.tickets.store import TicketStore
from agent.tickets.voting import Ballot
from agent.tickets.wording import asked, focus

FOUND, FILED, LEARNT = 20, 10, 5
"""Looked at: those of any category, those filed under the case's own, approved resolutions."""
EMPHASIS = 2
"""How often the subject is said once more in a search for words."""
UNVOTED = 0.5
"""What the words of a resolution count that no ticket like the case votes for."""
SAID = 1_000
"""Characters of an article that stand for it where no search found a passage."""


@dataclass(frozen=True, slots=True)
class Placed:
    source: Source
    ranked: Ranked

    @property
    def evident(self) -> bool:
        return self.ranked.evident


class Library:
    def __init__(
        self, tickets: TicketStore, knowledge: KnowledgeService, likeness: Likeness
    ) -> None:
        self._tickets = tickets
        self._knowledge = knowledge
        self._likeness = likeness

    async def articles(
        self,
        tenant_id: str,
        case: Case,
        category: Label,
        voted: Mapping[str, Article],
        ballots: Sequence[Ballot],
        *,
        k: int,
        excluding: str | None = None,
    ) -> list[Placed]:
        """Articles and resolutions; `voted` holds those of the ballots by their id."""
        found = await self._found(tenant_id, case, ("article",), category)
        learnt = await self._search(tenant_id, case, ("resolution",), LEARNT)
        found += await self._own(tenant_id, learnt, excluding)
        known = {each.article.knowledge_id for each in found}
        found += [
            Found(article=article, passage=article.text[:SAID], score=0.0)
            for knowledge_id, article in voted.items()
            if knowledge_id not in known
        ]
        return await self._placed(case, category, found, ballots, k)

    async def scripts(self, tenant_id: str, case: Case, category: Label, *, k: int) -> list[Source]:
        found = await self._found(tenant_id, case, ("script",), category)
        return [each.source for each in await self._placed(case, category, found, (), k)]

    async def _found(
        self, tenant_id: str, case: Case, kinds: Sequence[Kind], category: Label
    ) -> list[Found]:
        found = await self._search(tenant_id, case, kinds, FOUND)
        if category.value is not None:
            filed = await self._search(tenant_id, case, kinds, FILED, category.value)
            known = {each.article.knowledge_id for each in found}
            found += [each for each in filed if each.article.knowledge_id not in known]
        return found

    async def _search(
        self,
        tenant_id: str,
        case: Case,
        kinds: Sequence[Kind],
        k: int,
        category: str | None = None,
    ) -> list[Found]:
        text = "\n".join([asked(case), *[focus(case)] * EMPHASIS])
        if not text.strip():
            return []
        return await self._knowledge.search(tenant_id, text, kinds=kinds, category=category, k=k)

    async def _own(
        self, tenant_id: str, learnt: Iterable[Found], excluding: str | None
    ) -> list[Found]:
        """Without the resolutions that rest on an article, which stands for them."""
        learnt = [each for each in learnt if each.article.ticket_id != excluding]
        ids = [each.article.ticket_id for each in learnt if each.article.ticket_id]
        rows = await self._tickets.resolved(tenant_id, ids)
        return [
            each
            for each in learnt
            if rows.get(each.article.ticket_id or "", {}).get("kb_id") is None
        ]

    async def _placed(
        self,
        case: Case,
        category: Label,
        found: Sequence[Found],
        ballots: Sequence[Ballot],
        k: int,
    ) -> list[Placed]:
        titles = await self._likeness.cosines(focus(case), [each.article.title for each in found])
        best = max((each.score for each in found), default=0.0) or 1.0
        by_id = {each.article.knowledge_id: each for each in found}
        order = ranked(
            [
                _candidate(each, each.score / best, title, category)
                for each, title in zip(found, titles, strict=True)
            ],
            ballots,
        )[:k]
        texts = [by_id[each.id] for each in order]
        cosines = await self._likeness.cosines(
            asked(case), [f"{each.article.title}\n{each.passage}" for each in texts]
        )
        return [
            Placed(_source(text, place.score, cosine), place)
            for text, place, cosine in zip(texts, order, cosines, strict=True)
        ]


def _candidate(found: Found, words: float, title: float, category: Label) -> Candidate:
    article = found.article
    if article.kind == "resolution":
        return Candidate(article.knowledge_id, UNVOTED * words, UNVOTED * title)
    same = category.value is not None and article.category == category.value
    return Candidate(article.knowledge_id, words, title, category.confidence if same else 0.0)


def _source(found: Found, score: float, cosine: float) -> Source:
    article = found.article
    return Source(
        id=article.knowledge_id,
        kind=article.kind,
        title=article.title,
        passage=found.passage,
        similarity_score=cosine,
        distance=distance(cosine),
        score=score,
        version=article.version,
    )
