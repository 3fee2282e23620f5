"""The structure the specification fixes, field by field."""

from datetime import date

from agent.tickets.models import Label, Labels, Resolution, Score
from graphs.tickets.rag import rag_response
from tests.graphs.tickets.examples import CASE

FOUND = Resolution(
    content="KB: KB-0001",
    kb_id="KB-0001",
    script_id="SCRIPT-0007",
    similarity_score=0.5718,
    distance=0.9254,
    labels=Labels(
        category=Label(value="Billing", confidence=0.9),
        priority=Label(value="High", confidence=0.4),
        sentiment=Label(value="Relieved", confidence=0.6),
    ),
    score=Score(
        relevancy_points=35, accuracy_points=30, completeness_points=20, reasoning="It is right."
    ),
    by="rules",
)


def test_the_structure_is_exactly_the_specifications() -> None:
    answer = rag_response(
        CASE,
        FOUND,
        ticket_id="CS-1",
        conversation_id="CONV-1",
        created=date(2026, 3, 2),
        agent_name="Ari",
        generated_kb_id="KB-SYN-0001",
    )
    assert answer.model_dump(mode="json") == {
        "ticket_id": "CS-1",
        "created_date": "2026-03-02",
        "conversation_id": "CONV-1",
        "first_tier_agent_name": "Ari",
        "product": "Gatehouse",
        "category": "Access",
        "resolution": {
            "content": "KB: KB-0001",
            "agent_id": "Ari",
            "relevancy_score": 85,
            "relevancy_breakdown": {
                "relevancy_points": 35,
                "accuracy_points": 30,
                "completeness_points": 20,
            },
            "reasoning": "It is right.",
            "reference_article": {
                "kb_id": "KB-0001",
                "script_id": "SCRIPT-0007",
                "generated_kb_id": "KB-SYN-0001",
            },
        },
        "metadata": {
            "similarity_score": 0.5718,
            "distance": 0.9254,
            "priority": "High",
            "sentiment": "Relieved",
            "channel": None,
        },
    }


def test_what_the_case_does_not_say_is_what_was_found() -> None:
    case = CASE.model_copy(update={"category": None, "priority": "Critical"})
    answer = rag_response(
        case, FOUND, ticket_id="CS-1", conversation_id="CONV-1", created=date(2026, 3, 2)
    )
    assert (answer.category, answer.metadata.priority) == ("Billing", "Critical")
    assert answer.resolution.reference_article.generated_kb_id is None
