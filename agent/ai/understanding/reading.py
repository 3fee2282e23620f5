"""Puts the readers together: one message in, one Understanding out."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from .dates import find_time
from .entities import read_entities
from .entities.areas import mentioned as places_mentioned
from .entities.when import mentioned as dates_mentioned
from .intents import read_intents
from .message import Message, read_message
from .models import Candidate, Context, Entities, Intent, Talk, Topic, Understanding, Value
from .patterns import words
from .protected import is_protected
from .references import read_references
from .slots import read_slots
from .topics import read_topics

T = TypeVar("T")


def _before(context: Context) -> Talk:
    if context.agent.about:
        return context.agent.about
    return "other" if context.aside else "homes"


def _allowed(field: str, value: Value) -> Value | None:
    """The value without protected mentions, or None where nothing is left."""
    if isinstance(value, list):
        kept = [each for each in value if not is_protected(each)]
        return kept or None
    return value


def understand(text: str, context: Context) -> Understanding:
    """What a lead's message says, read against the agent's last turn and what was offered."""
    message = read_message(text, _before(context))
    rules: list[str] = []
    entities: Entities = {}
    cleared: set[str] = set()
    for field, value, rule in read_entities(message, context):
        if value is None:
            entities.pop(field, None)
            cleared.add(field)
        elif (allowed := _allowed(field, value)) is not None:
            entities[field] = allowed
            cleared.discard(field)
        else:
            continue
        rules.append(rule)
    intents = _unique(read_intents(message, context), rules)
    topics: list[Topic] = _unique(read_topics(message), rules)
    if topics:
        intents.append(Intent.ASK)
    references = _unique(read_references(message, context), rules)
    slot_ids = _unique(read_slots(message, context), rules)
    mentioned = _mentioned(message, context)
    found = Understanding(
        entities=entities,
        cleared=frozenset(cleared),
        intents=tuple(intents),
        topics=tuple(topics),
        references=tuple(references),
        slot_ids=tuple(slot_ids),
        tour_time=find_time(message.low) if message.talk != "other" else None,
        mentioned=mentioned,
        aside=message.talk == "other",
        rules=tuple(rules),
    )
    return _with_accepted(found, message, context)


def _unique(pairs: Iterable[tuple[T, str]], rules: list[str]) -> list[T]:
    values: dict[T, None] = {}
    for value, rule in pairs:
        if value not in values:
            values[value] = None
            rules.append(rule)
    return list(values)


def _mentioned(message: Message, context: Context) -> Entities:
    said: Entities = {}
    if places := places_mentioned(message, context):
        said["areas"] = list(places)
    for found in dates_mentioned(message, context):
        said["tour_date"] = found.day
    return said


def _meant_home(found: Understanding, context: Context) -> Candidate | None:
    """The one home the message is about: named, just described, or in focus."""
    by_id = {home.listing_id: home for home in context.shortlist}
    if found.references:
        return by_id.get(found.references[0]) if len(found.references) == 1 else None
    if len(context.agent.homes) == 1:
        return context.agent.homes[0]
    return by_id.get(context.focus or "")


def _tours(found: Understanding, context: Context) -> bool:
    """Wants a visit, in words, by naming its day, or by a yes to the offer of one."""
    if "tour_date" in found.entities:
        return True
    if "tour" in context.agent.asked:
        return not found.has(Intent.NEGATE) and found.has(Intent.TOUR, Intent.AFFIRM)
    return found.has(Intent.TOUR)


_THERE = words(
    r"there|(?:that|the|this|same) (?:area|place|region|location|city|town|part)|around it"
)
_CRITERIA = frozenset({"bedrooms", "bathrooms", "pets", "furnished", "parking", "in_unit_laundry"})


def _searches_there(found: Understanding, message: Message, context: Context) -> bool:
    """Searches where the talk was, because it says so or comes back from other talk."""
    if found.aside or context.known.get("areas") or "areas" not in context.mentioned:
        return False
    if not found.has(Intent.FIND) and not _CRITERIA & found.entities.keys():
        return False
    return context.aside or bool(_THERE.search(message.low))


def _with_accepted(found: Understanding, message: Message, context: Context) -> Understanding:
    """Adds what the message agrees to without saying it."""
    accepted: Entities = {}
    rules = [*found.rules]
    tours = _tours(found, context)
    if context.agent.confirming and found.has(Intent.AFFIRM) and not found.has(Intent.NEGATE):
        accepted.update(context.agent.confirming)
        rules.append("accepts_proposal")
    elif found.has(Intent.SELECT) or tours:
        home = _meant_home(found, context)
        if home and "property" not in found.entities:
            accepted["property"] = home.name
            rules.append("accepts_home")
    if tours and "tour_date" in context.mentioned:
        accepted.setdefault("tour_date", context.mentioned["tour_date"])
        rules.append("that_day")
    if _searches_there(found, message, context):
        accepted["areas"] = context.mentioned["areas"]
        rules.append("that_area")
    for field in (*found.entities, *found.cleared):
        accepted.pop(field, None)
    intents = found.intents
    if tours and Intent.TOUR not in intents:
        intents = (Intent.TOUR, *intents)
    return replace(found, accepted=accepted, intents=intents, rules=tuple(rules))
