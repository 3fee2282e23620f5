"""Puts the readers together: one message in, one Understanding out."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import time
from typing import TypeVar

from .accepted import read_accepted, wants_tour
from .dates import find_time
from .entities import areas, read_entities, when
from .intents import read_intents
from .message import Message, read_message
from .models import Context, Entities, Intent, Talk, Understanding, Value
from .protected import is_protected
from .references import read_references
from .short_answers import with_short_answer
from .slots import part_of_day, read_slots
from .topics import read_topics

T = TypeVar("T")


def understand(text: str, context: Context) -> Understanding:
    """What a lead's message says, read against the agent's last turn and what was offered."""
    message = read_message(text, context.gazetteer, _talk_before(context))
    if not context.mixed:
        message = _about_homes(message)
    rules: list[str] = []
    entities, cleared = _entities(message, context, rules)
    intents = _unique(read_intents(message, context), rules)
    topics = _unique(read_topics(message), rules)
    found = Understanding(
        entities=entities,
        cleared=cleared,
        intents=(*intents, Intent.ASK) if topics else intents,
        topics=topics,
        references=_unique(read_references(message, context), rules),
        slot_ids=_unique(read_slots(message, context), rules),
        tour_time=_tour_time(message),
        mentioned=_mentioned(message, context),
        aside=message.talk == "other",
        rules=tuple(rules),
    )
    for values, rule in read_accepted(found, message, context):
        found = replace(found, accepted={**found.accepted, **values}, rules=(*found.rules, rule))
    if wants_tour(found, context) and Intent.TOUR not in found.intents:
        found = replace(found, intents=(Intent.TOUR, *found.intents))
    return with_short_answer(found, message, context)


def _tour_time(message: Message) -> time | None:
    """A time of day; a part of the day counts beside a wish to come."""
    if message.talk == "other":
        return None
    return find_time(message.low) or (part_of_day(message.low) if message.talk else None)


def _talk_before(context: Context) -> Talk:
    if context.agent.about:
        return context.agent.about
    return "other" if context.aside else "homes"


def _entities(
    message: Message, context: Context, rules: list[str]
) -> tuple[Entities, frozenset[str]]:
    """The last word on a field counts; a field is either said or withdrawn."""
    entities: Entities = {}
    cleared: set[str] = set()
    for field, value, rule in read_entities(message, context):
        if value is None:
            entities.pop(field, None)
            cleared.add(field)
        elif (allowed := _without_protected(value)) != []:
            entities[field] = allowed
            cleared.discard(field)
        else:
            continue
        rules.append(rule)
    return entities, frozenset(cleared)


def _without_protected(value: Value) -> Value:
    if isinstance(value, list):
        return [each for each in value if not is_protected(each)]
    return value


def _unique(pairs: Iterable[tuple[T, str]], rules: list[str]) -> tuple[T, ...]:
    values: dict[T, None] = {}
    for value, rule in pairs:
        if value not in values:
            values[value] = None
            rules.append(rule)
    return tuple(values)


def _mentioned(message: Message, context: Context) -> Entities:
    said: Entities = {}
    if places := areas.mentioned(message):
        said["areas"] = [*places]
    for found in when.mentioned(message, context):
        said["tour_date"] = found.day
    return said


def _about_homes(message: Message) -> Message:
    """The message of somebody who has come to talk about homes only."""
    return replace(message, clauses=tuple(replace(each, talk="homes") for each in message.clauses))
