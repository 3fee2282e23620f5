"""What a resolution may rest on: found by the nouns, read as it stands now."""

import asyncio

from agent.knowledge.models import Article
from agent.knowledge.wording import covered
from agent.services import Services
from agent.tickets.models import Case, Grounds, Labels, Source
from agent.tickets.wording import asked
from graphs.tickets.resolve import chosen
from graphs.tickets.written import Material

NEAR, BOTH = 0.6, 1.25
"""Similarity, and similarity with the share of words, from which on a text speaks of a question.

Measured: of 158 tickets that no other tells anything of, 6 are that near to an article and half of
those articles are the right ones; of 100 questions about other things none is.
"""
ALIKE = 0.6
"""From this similarity on an approved resolution is a help for a draft."""


async def found(
    services: Services, tenant_id: str, case: Case, *, excluding: str | None = None
) -> tuple[Grounds, Labels]:
    """The grounds and the labels of a case; `excluding` a ticket, which is the case itself."""
    grounds, labels = await asyncio.gather(
        services.ticket_search.gather(tenant_id, case, excluding=excluding),
        services.ticket_labels.labels(tenant_id, case),
    )
    if grounds.articles and is_near(asked(case), grounds.articles[0]):
        grounds = grounds.model_copy(update={"evident": True})
    return grounds, labels


def is_near(question: str, source: Source) -> bool:
    """Whether it speaks of the question, whatever speaks for it beside."""
    return speaks_of(question, f"{source.title} {source.passage}", source.similarity_score)


def speaks_of(question: str, text: str, alike: float) -> bool:
    """The same of any text, `alike` being the cosine of the two."""
    return alike >= NEAR or alike + covered(question, text) >= BOTH


async def material(services: Services, tenant_id: str, grounds: Grounds) -> Material:
    """The texts that a resolution is written from; of what has been retired, none."""
    kb_id, script_id = chosen(grounds)
    alike_id = None if kb_id else _alike(grounds)
    ids = [each for each in (kb_id, script_id, alike_id) if each]
    texts = await services.knowledge.store.by_ids(tenant_id, ids) if ids else {}

    def standing(knowledge_id: str | None) -> Article | None:
        text = texts.get(knowledge_id or "")
        return text if text and text.status == "active" else None

    return Material(standing(kb_id), standing(script_id), standing(alike_id))


def _alike(grounds: Grounds) -> str | None:
    near = (
        source.id
        for source in grounds.articles
        if source.kind == "resolution" and source.similarity_score >= ALIKE
    )
    return next(near, None)
