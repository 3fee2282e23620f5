"""Which texts may leave for a lead; what the rules refuse is `agent/ai/safety`'s."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from agent.ai.safety.allowed import Allowed
from agent.ai.safety.checked import refusal
from agent.ai.safety.fair_housing.table import Setting
from agent.errors import InvalidInput
from agent.listings.public import public_values
from agent.privacy.pii import find
from agent.services import Services
from agent.tenants.models import Community


def personal(text: str) -> list[tuple[str, str]]:
    """(kind, value) of the personal data in `text`."""
    return [(span.kind, span.value) for span in find(text)]


def allowed_here(
    community: Community, *, names: Iterable[str] = (), settings: Iterable[Setting] = ()
) -> Allowed:
    """What may be said in a conversation of `community`, but links and contacts: see allowed_by."""
    own: list[Setting] = ["senior_housing"] if community.senior_housing else []
    return Allowed(
        names=frozenset((community.name, *names)),
        criteria=(community.criteria.text,) if community.criteria else (),
        settings=frozenset((*own, *settings)),
    )


async def allowed_by(services: Services, tenant_id: str, here: Allowed) -> Allowed:
    """`here`, with the names, links and contacts that the tenant publishes."""
    communities = await services.tenants.communities(tenant_id)
    return replace(
        here,
        contacts=_contacts(communities) | await services.listings.public(tenant_id),
        links="\n".join(text for each in communities for text in _published(each)),
        names=frozenset(here.names)
        | (await services.listings.gazetteer(tenant_id)).properties
        | {community.name for community in communities},
    )


async def require_sayable(
    services: Services, tenant_id: str, community: Community, text: str
) -> None:
    """Raise InvalidInput `message_refused` with the rule that keeps `text` from being sent."""
    here = allowed_here(community)
    if refusal(text, here, personal) is None:
        return
    rule = refusal(text, await allowed_by(services, tenant_id, here), personal)
    if rule is not None:
        raise InvalidInput(
            "message_refused", f"The rule {rule} refuses a part of this text; word it without."
        )


def _published(community: Community) -> list[str]:
    return [
        community.application_url,
        community.privacy_url,
        *community.policies.values(),
        *community.specials,
    ]


def _contacts(communities: Sequence[Community]) -> frozenset[str]:
    written = [text for each in communities for text in _published(each)]
    spans = (span for text in written for span in find(text))
    return public_values([], [community.phone for community in communities]) | {
        span.value for span in spans if span.kind in ("email", "phone")
    }
