"""What a message agrees to without saying it: a proposal, a home, a day, a place spoken of."""

from collections.abc import Iterator

from .message import Message
from .models import Candidate, Context, Entities, Intent, Understanding, Value
from .patterns import words

_THERE = words(r"there|(?:that|the|this|same) (?:area|place|region|location|city|town|part)")
_CRITERIA = frozenset({"bedrooms", "bathrooms", "pets", "furnished", "parking", "in_unit_laundry"})


def wants_tour(found: Understanding, context: Context) -> bool:
    """Wants a visit: in words, by naming its day, or by a yes to the offer of one."""
    if "tour_date" in found.entities:
        return True
    if "tour" in context.agent.asked and not _other_point(found):
        return not found.has(Intent.NEGATE) and found.has(Intent.TOUR, Intent.AFFIRM)
    return found.has(Intent.TOUR)


def _other_point(found: Understanding) -> bool:
    """ "Okay, bye" and "okay, without the garage" are no yes to the visit offered."""
    return "leaves" in found.rules or bool(found.cleared)


def read_accepted(
    found: Understanding, message: Message, context: Context
) -> Iterator[tuple[Entities, str]]:
    """Accepted values with the rule that accepts them; what was said itself is left out."""
    said = {*found.entities, *found.cleared}
    for values, rule in _accepted(found, message, context):
        if kept := {field: value for field, value in values.items() if field not in said}:
            yield kept, rule


def _accepted(
    found: Understanding, message: Message, context: Context
) -> Iterator[tuple[dict[str, Value], str]]:
    proposed = dict(context.agent.confirming)
    tours = wants_tour(found, context)
    day = context.mentioned.get("tour_date")
    if tours and day and day != context.known.get("move_date"):
        yield {"tour_date": day}, "that_day"
    if proposed and found.has(Intent.AFFIRM) and not found.has(Intent.NEGATE):
        yield proposed, "accepts_proposal"
    elif proposed.keys() & found.entities.keys():
        yield proposed, "corrects_proposal"
    elif (found.has(Intent.SELECT) or tours) and (home := _meant_home(found, context)):
        yield {"property": home.name}, "accepts_home"
    if _searches_there(found, message, context):
        yield {"areas": context.mentioned["areas"]}, "that_area"


def _meant_home(found: Understanding, context: Context) -> Candidate | None:
    """The one home the message is about: referred to, just described, or in focus."""
    by_id = {home.listing_id: home for home in context.shortlist}
    if found.references:
        return by_id.get(found.references[0]) if len(found.references) == 1 else None
    if len(context.agent.homes) == 1:
        return context.agent.homes[0]
    return by_id.get(context.focus or "")


def _searches_there(found: Understanding, message: Message, context: Context) -> bool:
    """Searches where the talk was, because it says so or comes back from other talk."""
    if found.aside or context.known.get("areas") or "areas" not in context.mentioned:
        return False
    if not found.has(Intent.FIND) and not _CRITERIA & found.entities.keys():
        return False
    return context.aside or bool(_THERE.search(message.low))
