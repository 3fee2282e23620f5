"""From a case to its resolution, step by step; the nodes of the graph and `generate` share it."""

import asyncio
import logging

from agent.services import Services
from agent.tickets.models import Case, Grounds, Labels, Resolution, Score
from graphs.grounded import Unusable, model_of
from graphs.tickets import generate, judge, resolve, retrieve, score
from graphs.tickets.redact import redacted
from graphs.tickets.written import Material, Written, basis

log = logging.getLogger(__name__)


async def resolution(
    services: Services, tenant_id: str, case: Case, *, excluding: str | None = None
) -> tuple[Resolution, Grounds]:
    """The whole way, without a ticket and without a trace."""
    case = await asyncio.to_thread(redacted, case)
    grounds, labels = await retrieve.found(services, tenant_id, case, excluding=excluding)
    material = await retrieve.material(services, tenant_id, grounds)
    written = await write(services, case, grounds, material)
    points = await rate(services, case, grounds, labels, material, written)
    return resolution_of(grounds, labels, written, points), grounds


async def write(services: Services, case: Case, grounds: Grounds, material: Material) -> Written:
    """By the model under `llm`, by the rules otherwise and whenever the model fails."""
    if chat := model_of(services):
        try:
            return await generate.generate(chat, case, grounds, material)
        except Unusable as failure:
            log.warning("a resolution is written by rules: %s", failure.rule)
    return await asyncio.to_thread(resolve.write, case, grounds, material)


async def rate(
    services: Services,
    case: Case,
    grounds: Grounds,
    labels: Labels,
    material: Material,
    written: Written,
) -> Score:
    """The points, by who wrote it: rules judge what rules wrote."""
    chat = model_of(services)
    if chat and written.by != resolve.BY:
        try:
            return await judge.judge(chat, case, grounds, material, written)
        except Unusable as failure:
            log.warning("a resolution is scored by rules: %s", failure.rule)
    return await asyncio.to_thread(score.score, case, grounds, labels, material, written)


def resolution_of(grounds: Grounds, labels: Labels, written: Written, points: Score) -> Resolution:
    near = basis(grounds, written.kb_id)
    return Resolution(
        content=written.content,
        kb_id=written.kb_id,
        script_id=written.script_id,
        draft_title=written.draft_title,
        citations=written.citations,
        similarity_score=near.similarity_score if near else None,
        distance=near.distance if near else None,
        labels=labels,
        score=points,
        by=written.by,
    )
