"""What of a community's own texts fair housing refuses."""

from collections.abc import Iterator

from agent.ai.safety.checked import unfair
from agent.ai.safety.fair_housing.table import RuleId, Setting
from agent.errors import InvalidInput
from agent.tenants.models import Community

_OF_CRITERIA: frozenset[RuleId] = frozenset(("FH4", "FH8"))
"""What the written standard of an office may speak of, in its own words."""


def unfair_texts(community: Community) -> dict[str, list[RuleId]]:
    """Field -> the rules that its text breaks, for those that break one."""
    settings: list[Setting] = ["senior_housing"] if community.senior_housing else []
    names = [name for name in (community.name, community.area, community.address) if name]
    found: dict[str, list[RuleId]] = {}
    for field, text in _texts(community):
        rules = unfair(text, names, settings)
        if field == "criteria.text":
            rules = [rule for rule in rules if rule not in _OF_CRITERIA]
        if rules:
            found[field] = rules
    return found


def require_fair(community: Community) -> None:
    """Raises InvalidInput `community_unfair` with the fields and the rules they break."""
    broken = unfair_texts(community)
    if broken:
        field, rules = next(iter(broken.items()))
        raise InvalidInput(
            "community_unfair",
            f"{field} of {community.community_id!r} breaks {', '.join(rules)} of the fair-housing "
            "rules; word it anew.",
            details=[{"at": field, "rules": rules} for field, rules in broken.items()],
        )


def _texts(community: Community) -> Iterator[tuple[str, str]]:
    yield "name", community.name
    yield from ((f"policies.{topic}", text) for topic, text in community.policies.items())
    if community.pets is not None:
        yield "pets.text", community.pets.text
    for number, fee in enumerate(community.fees):
        yield f"fees.{number}", f"{fee.name}: {fee.note}"
    if community.criteria is not None:
        yield "criteria.text", community.criteria.text
    for field, texts in (("specials", community.specials), ("documents", community.documents)):
        yield from ((f"{field}.{number}", text) for number, text in enumerate(texts))
