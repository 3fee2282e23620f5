"""Reading a lead's contact data back, never without a trace."""

from agent.audit.service import AuditService
from agent.leads.service import LeadService
from agent.privacy.models import Contact
from agent.privacy.vault import Vault


async def reveal(
    leads: LeadService,
    vault: Vault,
    audit: AuditService,
    tenant_id: str,
    lead_id: str,
    *,
    actor: str,
) -> Contact:
    """What the vault holds of a lead; `lead.revealed` is written first.

    Who may ask is the caller's to check. Raises NotFound `lead_not_found`.
    """
    lead = await leads.get(tenant_id, lead_id)
    fields = sorted(lead.hashes)
    await audit.record(tenant_id, "lead.revealed", lead_id, {"fields": fields}, actor=actor)
    if lead.contact_ref is None:
        return Contact()
    return await vault.get(tenant_id, lead.contact_ref) or Contact()
