"""A support desk to try: what it has written down, and cases that came to it; all made up."""

from pathlib import Path

from agent.knowledge.models import ArticleDraft, Put
from agent.knowledge.service import KnowledgeService
from agent.tenants.models import DEFAULT_TENANT
from agent.tickets.models import TicketDraft

SOURCE = "demo"
COLUMNS = {
    "ticket_id": "Ticket Number",
    "conversation_id": "Conversation ID",
    "created_at": "Created At",
    "channel": "Channel",
    "customer_role": "Customer Role",
    "product": "Product",
    "priority": "Priority",
    "first_tier_agent_name": "First Tier Agent Name",
    "account_name": "Account Name",
    "property_name": "Property Name",
    "property_city": "Property City",
    "property_state": "Property State",
    "contact_name": "Contact Name",
    "contact_role": "Contact Role",
    "contact_email": "Contact Email",
    "contact_phone": "Contact Phone",
    "subject": "Subject",
    "description": "Description",
    "transcript": "Transcript",
}
"""Field -> how a help desk calls the column it exports."""
_HERE = Path(__file__).parent


async def load_support(
    knowledge: KnowledgeService, *, tenant_id: str = DEFAULT_TENANT
) -> list[Put]:
    """Add the desk's articles and scripts, or set them back; the search follows later.

    They speak of a community of their own, so that no lead is answered from them.
    """
    drafts = [ArticleDraft.model_validate_json(line) for line in _lines("support.jsonl")]
    return await knowledge.put(tenant_id, drafts, SOURCE)


def demo_cases() -> list[TicketDraft]:
    """30 of them: ten troubles, three people with each."""
    return [TicketDraft.model_validate_json(line) for line in _lines("tickets.jsonl")]


def _lines(name: str) -> list[str]:
    return (_HERE / name).read_text(encoding="utf-8").splitlines()
