"""Made-up tickets, and who reviews them."""

from typing import Any

from agent.services import Services
from agent.tickets.models import Grounds, Resolution, Status, Ticket, TicketDraft
from agent.tickets.reviewers import Reviewer

TENANT = "default"
DANA = Reviewer("user:dana", user_id="dana", tier=3)
ELI = Reviewer("user:eli", user_id="eli", tier=2)
KEY = Reviewer("key:desk", admin=True)


def draft(n: int = 1, **fields: Any) -> TicketDraft:
    row = {
        "conversation_id": f"CONV-{n}",
        "transcript": "Caller: The gate code does not work.\nAgent: Try the star key first.",
        "subject": f"Gate code {n}",
        "description": "The keypad at the gate refuses the code.",
        "product": "Access",
    }
    return TicketDraft.model_validate({**row, **fields})


def found(content: str = "Reset the keypad, then enter it.", **fields: Any) -> Resolution:
    score = {
        "relevancy_points": 30,
        "accuracy_points": 25,
        "completeness_points": 20,
        "reasoning": "It names the steps.",
    }
    return Resolution.model_validate({"content": content, "score": score, "by": "rules", **fields})


def scoring(points: int) -> dict[str, Any]:
    """A score of up to 40 points."""
    parts = {"accuracy_points": 0, "completeness_points": 0, "reasoning": "-"}
    return {"score": {"relevancy_points": points, **parts}}


async def added(services: Services, *drafts: TicketDraft) -> list[str]:
    rows = list(enumerate(drafts or (draft(),), 2))
    return (await services.tickets.add(TENANT, rows, created_by="user:sam")).ticket_ids


async def settled(services: Services, *drafts: TicketDraft, **fields: Any) -> list[Ticket]:
    resolution = found(**fields)
    return [
        await services.tickets.settle(TENANT, ticket_id, resolution, Grounds())
        for ticket_id in await added(services, *drafts)
    ]


async def opened(
    services: Services, *drafts: TicketDraft, reviewer: Reviewer = DANA, **fields: Any
) -> list[Ticket]:
    return [
        await services.reviewing.set_status(TENANT, ticket.ticket_id, reviewer, Status.IN_PROGRESS)
        for ticket in await settled(services, *drafts, **fields)
    ]
