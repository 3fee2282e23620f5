"""A lead's message without personal data; what the tenant itself publishes stays readable."""

from agent.listings.public import public_values
from agent.privacy.pii import Redaction, redact
from agent.services import Services


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
