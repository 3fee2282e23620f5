"""A resolution as the specification's "RAG Response Structure" has it."""

from datetime import date

from pydantic import BaseModel

from agent.tickets.models import Case, Resolution


class Breakdown(BaseModel):
    relevancy_points: int
    accuracy_points: int
    completeness_points: int


class References(BaseModel):
    kb_id: str | None
    script_id: str | None
    generated_kb_id: str | None
    """Of the draft article that was written, where one was kept."""


class RagResolution(BaseModel):
    content: str
    agent_id: str | None
    relevancy_score: int
    relevancy_breakdown: Breakdown
    reasoning: str
    reference_article: References


class RagMetadata(BaseModel):
    similarity_score: float | None
    distance: float | None
    priority: str | None
    sentiment: str | None
    channel: str | None


class RagResponse(BaseModel):
    ticket_id: str
    created_date: date
    conversation_id: str
    first_tier_agent_name: str | None
    product: str | None
    category: str | None
    resolution: RagResolution
    metadata: RagMetadata


def rag_response(
    case: Case,
    resolution: Resolution,
    *,
    ticket_id: str,
    conversation_id: str,
    created: date,
    agent_name: str | None = None,
    agent_id: str | None = None,
    generated_kb_id: str | None = None,
) -> RagResponse:
    """What the case itself says goes before what was found for it."""
    labels, score = resolution.labels, resolution.score
    return RagResponse(
        ticket_id=ticket_id,
        created_date=created,
        conversation_id=conversation_id,
        first_tier_agent_name=agent_name,
        product=case.product,
        category=case.category or labels.category.value,
        resolution=RagResolution(
            content=resolution.content,
            agent_id=agent_id or agent_name,
            relevancy_score=score.relevancy_score,
            relevancy_breakdown=Breakdown(
                relevancy_points=score.relevancy_points,
                accuracy_points=score.accuracy_points,
                completeness_points=score.completeness_points,
            ),
            reasoning=score.reasoning,
            reference_article=References(
                kb_id=resolution.kb_id,
                script_id=resolution.script_id,
                generated_kb_id=generated_kb_id,
            ),
        ),
        metadata=RagMetadata(
            similarity_score=resolution.similarity_score,
            distance=resolution.distance,
            priority=case.priority or labels.priority.value,
            sentiment=labels.sentiment.value,
            channel=case.channel,
        ),
    )
