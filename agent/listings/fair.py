"""What of a home's own texts fair housing keeps out of the inventory."""

from agent.ai.safety.checked import unfair
from agent.ai.safety.fair_housing.table import RuleId, Setting
from agent.listings.models import ListingDraft


def without_unfair(
    draft: ListingDraft, *, senior_housing: bool = False
) -> tuple[ListingDraft, dict[str, list[RuleId]]]:
    """The draft without texts that break a rule; field -> the rules that its text breaks.

    A description goes as a whole, of the features only those that break one.
    """
    names = [name for name in (draft.name, draft.address) if name]
    settings: list[Setting] = ["senior_housing"] if senior_housing else []
    broken: dict[str, list[RuleId]] = {}
    if rules := unfair(draft.description, names, settings):
        broken["description"] = rules
    bad = {text: rules for text in draft.features if (rules := unfair(text, names, settings))}
    if bad:
        broken["features"] = list(dict.fromkeys(rule for rules in bad.values() for rule in rules))
    if not broken:
        return draft, broken
    kept = [text for text in draft.features if text not in bad]
    description = "" if "description" in broken else draft.description
    return draft.model_copy(update={"description": description, "features": kept}), broken
