"""What a resolution may rest on: found by the nouns, read as it stands now."""

import asyncio

from agent.knowledge.models import Article
from agent.services import Services
from agent.tickets.models import Case, Grounds, Labels
from graphs.tickets.resolve import chosen
from graphs.tickets.written import Material

ALIKE = 0.6
"""From this similarity on an approved resolution is a help for a draft."""


async def found(
    services: Services, tenant_id: str, case: Case, *, excluding: str | None = None
) -> tuple[Grounds, Labels]:
    """The grounds and the labels of a case; `excluding` a ticket, which is the case itself."""
    return await asyncio.gather(
        services.ticket_search.gather(tenant_id, case, excluding=excluding),
        services.ticket_labels.labels(tenant_id, case),
    )


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
