"""What a case can rest on: resolved tickets like it and their votes, then what is written."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from agent.chunks.models import Hit
from agent.chunks.service import ChunkService
from agent.knowledge.curating import Curator
from agent.tickets.closeness import closeness
from agent.tickets.labels import Labeler
from agent.tickets.likeness import Likeness, distance
from agent.tickets.models import Case, Grounds, Source
from agent.tickets.nearness import is_near
from agent.tickets.searching import Library, Placed
from agent.tickets.service import CORPUS, TicketService
from agent.tickets.voting import Voter, ballots
from agent.tickets.wording import asked

ALIKE = 30
"""Resolved tickets that are looked at."""
OTHER_PRODUCT = 0.8
"""What the closeness of a ticket counts that is about another product."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Retrieval:
    """Raises Unavailable when the embedding server of the search is away."""

    def __init__(
        self,
        tickets: TicketService,
        chunks: ChunkService,
        curator: Curator,
        library: Library,
        labels: Labeler,
        likeness: Likeness,
    ) -> None:
        self._tickets = tickets
        self._chunks = chunks
        self._curator = curator
        self._library = library
        self._labels = labels
        self._likeness = likeness

    async def gather(
        self, tenant_id: str, case: Case, *, k: int = 5, excluding: str | None = None
    ) -> Grounds:
        """The k best of each kind; `articles` in the order of what solves the case.

        `excluding` a ticket, which is the case itself.
        """
        category = await self._labels.category(tenant_id, case)
        (alike, voters), scripts = await asyncio.gather(
            self._alike(tenant_id, case, excluding),
            self._library.scripts(tenant_id, case, category, k=k),
        )
        voted = await self._curator.standing(tenant_id, {voter.target for voter in voters})
        found = ballots(
            [
                replace(voter, target=voted[voter.target].knowledge_id)
                for voter in voters
                if voter.target in voted
            ]
        )
        articles = await self._library.articles(
            tenant_id,
            case,
            category,
            {article.knowledge_id: article for article in voted.values()},
            found,
            k=k,
            excluding=excluding,
        )
        place = {each.source.id: place for place, each in enumerate(articles)}
        votes = [ballot.vote for ballot in found]
        return Grounds(
            votes=sorted(votes, key=lambda vote: place.get(vote.kb_id, k)),
            tickets=alike[:k],
            articles=[each.source for each in articles],
            scripts=scripts,
            evident=bool(articles) and _evident(case, articles[0]),
        )

    async def _alike(
        self, tenant_id: str, case: Case, excluding: str | None
    ) -> tuple[list[Source], list[Voter]]:
        """The approved tickets that are like the case, the closest first."""
        await self._tickets.follow_if_possible(tenant_id)
        wanted = asked(case)
        if not wanted.strip():
            return [], []
        where = {"ticket_id": {"$ne": excluding}} if excluding else None
        hits = await self._chunks.search(tenant_id, CORPUS, wanted, k=ALIKE, where=where)
        rows = await self._tickets.store.resolved(tenant_id, [hit.source_id for hit in hits])
        hits = [hit for hit in hits if hit.source_id in rows]
        cosines = await self._likeness.cosines(wanted, [hit.text for hit in hits])
        close = closeness(wanted, [hit.text for hit in hits], cosines)
        sources, voters = [], []
        for hit, cosine, near in zip(hits, cosines, close, strict=True):
            row = rows[hit.source_id]
            if case.product and row["product"] and case.product != row["product"]:
                near *= OTHER_PRODUCT
            sources.append(_source(hit, row["subject"], cosine, near))
            if target := row["kb_id"] or row["knowledge_id"]:
                at = row["resolved_at"] or _EPOCH
                voters.append(Voter(hit.source_id, target, row["script_id"], near, at))
        return sorted(sources, key=lambda source: (-source.score, source.id)), voters


def _evident(case: Case, best: Placed) -> bool:
    return best.evident or is_near(asked(case), best.source)


def _source(hit: Hit, subject: str | None, cosine: float, score: float) -> Source:
    return Source(
        id=hit.source_id,
        kind="ticket",
        title=subject or hit.text.partition("\n")[0],
        passage=hit.text,
        similarity_score=cosine,
        distance=distance(cosine),
        score=score,
    )
