"""Reading a ticket's contact data back, never without a trace."""

from agent.audit.service import AuditService
from agent.privacy.models import Contact
from agent.privacy.vault import Vault
from agent.tickets.models import Ticket


async def reveal(
    vault: Vault, audit: AuditService, tenant_id: str, ticket: Ticket, *, actor: str
) -> Contact:
    """What the vault holds of whom a ticket is about; `ticket.revealed` is written first.

    Who may ask is the caller's to check.
    """
    await audit.record(tenant_id, "ticket.revealed", ticket.ticket_id, {}, actor=actor)
    if ticket.contact_ref is None:
        return Contact()
    return await vault.get(tenant_id, ticket.contact_ref) or Contact()
