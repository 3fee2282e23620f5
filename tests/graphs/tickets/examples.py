"""A case of our own, and what could be found for it."""

from datetime import UTC, datetime
from math import sqrt

from agent.knowledge.models import Article, Kind
from agent.tickets.models import Case, Grounds, Source, TicketDraft, Vote
from agent.tickets.models import Kind as SourceKind

NOW = datetime(2026, 3, 2, tzinfo=UTC)
GUIDE = (
    "The gate does not open for a new fob. Why this happens: the fob is not paired yet. "
    "Pair the fob 1. Open Settings > Access 2. Choose the gate of <PROPERTY_NAME> "
    "3. Click Pair and hold the fob to the reader"
)
SCRIPT = "use <DATABASE>\nupdate fobs set paired = 1 where site = '<SITE_NAME>'"
CASE = Case(
    subject="New fob does not open the gate",
    description="A new fob does not open the gate. Residents wait outside.",
    transcript=(
        "Agent: Harbor Support, what can I do for you?\n"
        "Caller: Our new fob does not open the gate.\n"
        "Agent: Please check that the reader is lit. Then restart the reader.\n"
        "Caller: Done.\n"
        "Agent: Could you pair the fob again?\n"
        "Caller: That worked."
    ),
    product="Gatehouse",
    category="Access",
    property_name="Alder Row",
    property_city="Portland",
)


def article(knowledge_id: str, text: str, *, kind: Kind = "article", title: str = "") -> Article:
    return Article(
        knowledge_id=knowledge_id,
        title=title or f"About {knowledge_id}",
        text=text,
        kind=kind,
        category="Access" if kind == "article" else None,
        source="test",
        digest="",
        created_at=NOW,
        updated_at=NOW,
    )


def source(source_id: str, kind: SourceKind = "article", alike: float = 0.8) -> Source:
    return Source(
        id=source_id,
        kind=kind,
        title=f"About {source_id}",
        passage="The gate does not open for a new fob.",
        similarity_score=alike,
        distance=sqrt(2 - 2 * alike),
        score=alike,
    )


def voted(
    *, share: float = 1.0, script_id: str | None = "SCRIPT-0007", alike: float = 0.8
) -> Grounds:
    """Three tickets, of which `share` votes for KB-0001."""
    others = [Vote(kb_id="KB-0003", share=1 - share, tickets=["CS-3"])] if share < 1 else []
    voters = ["CS-1", "CS-2"] if others else ["CS-1", "CS-2", "CS-3"]
    return Grounds(
        votes=[Vote(kb_id="KB-0001", share=share, tickets=voters, script_id=script_id), *others],
        tickets=[source(f"CS-{n}", "ticket", alike - n / 100) for n in (1, 2, 3)],
        articles=[source("KB-0001"), source("KB-0003", alike=0.5)],
        scripts=[source("SCRIPT-0007", "script", 0.4)],
        evident=True,
    )


FOB = article("KB-0001", GUIDE, title="Pairing a fob")
FOB_SCRIPT = article("SCRIPT-0007", SCRIPT, kind="script", title="Fob repair")


def draft(number: int, **changes: str) -> TicketDraft:
    """Another one with the same trouble."""
    said = CASE.model_dump(include=set(TicketDraft.model_fields), exclude_none=True)
    return TicketDraft.model_validate(
        {
            **said,
            "conversation_id": f"CONV-{number}",
            "ticket_id": f"CS-{number}",
            "contact_name": "Kim Doe",
            "contact_email": "kim@example.com",
            "first_tier_agent_name": "Ari",
            **changes,
        }
    )
