"""What is written that may fit a case: articles, approved resolutions and scripts, ranked."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from agent.knowledge.models import Article, Found, Kind
from agent.knowledge.service import KnowledgeService
from agent.tickets.likeness import Likeness, distance
from agent.tickets.models import Case, Label, Source
from agent.tickets.ranking import Candidate, ranked
from agent.tickets.store import TicketStore
from agent.tickets.voting import Ballot
from agent.tickets.wording import asked, focus

FOUND, FILED, LEARNT = 20, 10, 5
"""Looked at: those of any category, those filed under the case's own, approved resolutions."""
EMPHASIS = 2
"""How often the subject is said once more in a search for words."""
SAID = 1_000
"""Characters of an article that stand for it where no search found a passage."""


@dataclass(frozen=True, slots=True)
class Placed:
    source: Source
    evident: bool


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
        found, learnt = await asyncio.gather(
            self._found(tenant_id, case, ("article",), category),
            self._search(tenant_id, case, ("resolution",), LEARNT),
        )
        if excluding is not None:
            learnt = [each for each in learnt if each.article.ticket_id != excluding]
        known = {each.article.knowledge_id for each in (*found, *learnt)}
        unfound = [
            Found(article=article, passage=article.text[:SAID], score=0.0)
            for knowledge_id, article in voted.items()
            if knowledge_id not in known
        ]
        rests_on = await self._rests_on(tenant_id, learnt)
        return await self._placed(
            case, category, [*found, *learnt, *unfound], k, ballots=ballots, rests_on=rests_on
        )

    async def scripts(self, tenant_id: str, case: Case, category: Label, *, k: int) -> list[Source]:
        found = await self._found(tenant_id, case, ("script",), category)
        return [each.source for each in await self._placed(case, category, found, k)]

    async def _found(
        self, tenant_id: str, case: Case, kinds: Sequence[Kind], category: Label
    ) -> list[Found]:
        if category.value is None:
            return await self._search(tenant_id, case, kinds, FOUND)
        found, filed = await asyncio.gather(
            self._search(tenant_id, case, kinds, FOUND),
            self._search(tenant_id, case, kinds, FILED, category.value),
        )
        known = {each.article.knowledge_id for each in found}
        return [*found, *(each for each in filed if each.article.knowledge_id not in known)]

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

    async def _rests_on(self, tenant_id: str, learnt: Iterable[Found]) -> dict[str, str]:
        """Resolution -> the article that its ticket was solved with."""
        tickets = {
            each.article.knowledge_id: each.article.ticket_id
            for each in learnt
            if each.article.ticket_id
        }
        rows = await self._tickets.resolved(tenant_id, list(tickets.values()))
        return {
            knowledge_id: rows[ticket_id]["kb_id"]
            for knowledge_id, ticket_id in tickets.items()
            if ticket_id in rows and rows[ticket_id]["kb_id"]
        }

    async def _placed(
        self,
        case: Case,
        category: Label,
        found: Sequence[Found],
        k: int,
        *,
        ballots: Sequence[Ballot] = (),
        rests_on: Mapping[str, str] = MappingProxyType({}),
    ) -> list[Placed]:
        titles = await self._likeness.cosines(focus(case), [each.article.title for each in found])
        best = max((each.score for each in found), default=0.0) or 1.0
        candidates = [
            Candidate(
                each.article.knowledge_id,
                words=each.score / best,
                title=title,
                category=_agreement(each.article, category),
                rests_on=rests_on.get(each.article.knowledge_id),
            )
            for each, title in zip(found, titles, strict=True)
        ]
        order = ranked(candidates, ballots)[:k]
        by_id = {each.article.knowledge_id: each for each in found}
        texts = [by_id[each.id] for each in order]
        cosines = await self._likeness.cosines(
            asked(case), [f"{each.article.title}\n{each.passage}" for each in texts]
        )
        return [
            Placed(_source(text, place.score, cosine), place.evident)
            for text, place, cosine in zip(texts, order, cosines, strict=True)
        ]


def _agreement(article: Article, category: Label) -> float:
    """What tickets left behind is filed as they were, and says nothing of what solves them."""
    same = article.category == category.value and article.kind != "resolution"
    return category.confidence if category.value is not None and same else 0.0


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
