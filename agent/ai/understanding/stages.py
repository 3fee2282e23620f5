"""Which stage a thread is in, from what is known; people alone set approval and what follows."""

from collections.abc import Mapping
from typing import Final, Literal

from .models import Intent, Understanding, Value
from .patterns import listed

Stage = Literal[
    "qualifying",
    "sending_list",
    "selecting_favorites",
    "touring",
    "applying",
    "approval",
    "post_close",
    "renewal",
]

SET_BY_PEOPLE: Final = frozenset({"approval", "post_close", "renewal"})

_TOURING = (Intent.TOUR, Intent.RESCHEDULE, Intent.CANCEL_TOUR)
_CHOOSING = (Intent.MORE, Intent.SELECT, Intent.REJECT, Intent.FAVORITE, Intent.COMPARE)
_CRITERIA = listed(
    "budget move_date areas bedrooms bathrooms pets furnished parking in_unit_laundry lease_months "
    "occupants preferences"
)


def stage_of(
    current: Stage,
    understanding: Understanding,
    known: Mapping[str, Value],
    *,
    has_shortlist: bool,
    has_tour: bool = False,
    has_application: bool = False,
) -> Stage:
    """The stage after a message. `known` is the profile with the message applied.

    `has_shortlist`: homes were offered; `has_tour`: a tour is being arranged or booked;
    `has_application`: one is being prepared.
    """
    if current in SET_BY_PEOPLE:
        return current
    if understanding.has(Intent.APPLY, Intent.DOCUMENTS):
        return "applying"
    if understanding.has(*_TOURING) or "tour_date" in understanding.entities:
        return "touring"
    if understanding.slot_ids or "tour_date" in understanding.accepted:
        return "touring"
    searches = understanding.has(Intent.FIND, Intent.MORE) or bool(
        _CRITERIA & (understanding.entities.keys() | understanding.cleared)
    )
    if searches:
        return _searching(known, has_shortlist=has_shortlist, more=understanding.has(Intent.MORE))
    if current == "applying" and _names_home(understanding):
        return current
    if has_shortlist and (understanding.has(*_CHOOSING) or understanding.references):
        return "selecting_favorites"
    if current != "qualifying":
        return current
    if has_application:
        return "applying"
    if has_tour:
        return "touring"
    return (
        "selecting_favorites"
        if has_shortlist
        else _searching(known, has_shortlist=False, more=False)
    )


def _names_home(understanding: Understanding) -> bool:
    """Says which home is meant, and no more."""
    beside = (Intent.MORE, Intent.REJECT, Intent.FAVORITE, Intent.COMPARE)
    named = bool(understanding.references) and not understanding.topics
    return named and not understanding.has(*beside)


def _searching(known: Mapping[str, Value], *, has_shortlist: bool, more: bool) -> Stage:
    if has_shortlist and more:
        return "selecting_favorites"
    enough = known.get("areas") and known.get("bedrooms") is not None
    return "sending_list" if enough else "qualifying"
