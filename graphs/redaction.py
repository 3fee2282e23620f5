"""A lead's message without personal data; what the tenant itself publishes stays readable."""

from agent.listings.public import public_values
from agent.privacy.models import Contact
from agent.privacy.pii import Redaction, redact
from agent.services import Services
from agent.threads.models import Role, Thread


async def redacted(
    services: Services, tenant_id: str, text: str, *, name_expected: bool
) -> Redaction:
    redaction = redact(text, name_expected=name_expected)
    if all(span.kind not in ("phone", "address") for span in redaction.spans):
        return redaction
    communities = await services.tenants.communities(tenant_id)
    own = public_values(
        [place for community in communities for place in (community.address, community.name)],
        [community.phone for community in communities],
    )
    homes = await services.listings.public(tenant_id)
    return redact(text, name_expected=name_expected, public=own | homes)


async def without_contact(services: Services, tenant_id: str, thread_id: str, text: str) -> str:
    """A lead's message without contact data, which goes to the vault."""
    # only where it would matter is it worth a look whether a name was asked for
    plain = await redacted(services, tenant_id, text, name_expected=False)
    named = await redacted(services, tenant_id, text, name_expected=True)
    if plain == named and plain.contact == Contact():
        return plain.text
    thread = await services.threads.get(tenant_id, thread_id)
    clean = named if await _name_expected(services, tenant_id, thread) else plain
    if clean.contact != Contact():
        await services.leads.learn_contact(tenant_id, thread.lead_id, clean.contact)
    return clean.text


async def _name_expected(services: Services, tenant_id: str, thread: Thread) -> bool:
    last = await services.threads.store.latest(tenant_id, thread.thread_id, Role.AGENT)
    return last is not None and last.why is not None and "asked:contact" in last.why.rules
