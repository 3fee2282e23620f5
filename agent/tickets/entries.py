"""What a ticket adds to the knowledge."""

from agent.knowledge.models import TITLE, Entry
from agent.tickets.models import Ticket


def entry_of(ticket: Ticket, *, by: str, title: str | None = None) -> Entry:
    """The entry of its final resolution, under its subject where no title is given."""
    lines = [" ".join((line or "").split())[:TITLE].strip() for line in (title, ticket.subject)]
    return Entry(
        title=next(filter(None, lines), f"Resolution of {ticket.ticket_id}"),
        text=ticket.final_resolution or "",
        product=ticket.product,
        category=ticket.category,
        ticket_id=ticket.ticket_id,
        conversation_id=ticket.conversation_id,
        reference_articles=ticket.reference_articles,
        created_by=by,
    )
