"""What a model heard beside the rules: the rules' own reading of a message always wins."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from agent.ai.understanding.models import Gazetteer, Understanding, Value
from agent.ai.understanding.protected import is_protected
from agent.leads.models import LeadProfile
from agent.leads.profile import updated
from agent.privacy.pii import redact
from graphs.leasing.model.answer import Noted
from graphs.leasing.turn import Turn

_LISTS = ("areas", "preferences")
_SANE: dict[str, tuple[float, float]] = {
    "budget": (100, 100_000),
    "bedrooms": (0, 20),
    "bathrooms": (0, 20),
    "lease_months": (1, 60),
    "occupants": (1, 20),
}
_LONGEST = 80


async def note(turn: Turn, noted: Sequence[Noted]) -> None:
    """Add to the profile what the rules missed: empty fields, and others if they heard nothing."""
    if not noted:
        return
    gazetteer = await turn.services.listings.gazetteer(turn.tools.call.tenant_id)
    known = turn.profile.known()
    heard = {*turn.heard["entities"], *turn.heard["cleared"]}
    found: dict[str, Value] = {}
    for field, value in _values(noted, gazetteer, turn):
        if field in heard or (heard and field in known and field != "preferences"):
            continue
        found[field] = [*_listed(found, field), *value] if isinstance(value, list) else value
    if found:
        turn.profile = updated(turn.profile, Understanding(entities=found))
        turn.rules += [f"noted:{field}" for field in found]


def _listed(found: dict[str, Value], field: str) -> list[str]:
    value = found.get(field)
    return value if isinstance(value, list) else []


def _values(
    noted: Sequence[Noted], gazetteer: Gazetteer, turn: Turn
) -> Iterator[tuple[str, Value]]:
    for item in noted:
        text = redact(item.value.strip()[:_LONGEST]).text
        if not text or is_protected(text):
            continue
        if item.field == "areas":
            areas = [area for area in gazetteer.areas if area.casefold() == text.casefold()]
            if areas:
                yield "areas", areas
            continue
        value = _typed(item.field, text)
        if value is not None and _sane(item.field, value, turn):
            yield item.field, value


def _typed(field: str, text: str) -> Value | None:
    """The value as the profile keeps it; None where it is no such thing."""
    given: Any = [text] if field in _LISTS else text.replace("$", "").replace(",", "").lower()
    try:
        typed = LeadProfile.model_validate({field: given})
    except ValidationError:
        return None
    value: Value | None = getattr(typed, field)
    return value


def _sane(field: str, value: Value, turn: Turn) -> bool:
    if field in _SANE and isinstance(value, int | float):
        low, high = _SANE[field]
        return low <= value <= high
    if field == "move_date":
        return bool(value >= turn.now.astimezone(turn.community.tz).date())  # type: ignore[operator]
    return True
