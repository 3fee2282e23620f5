"""Which of the offered tour times a message chooses."""

import re
from collections.abc import Sequence
from datetime import date, time
from functools import lru_cache

from .dates import WEEKDAYS, find_dates, find_time
from .message import Message
from .models import Context, SlotOption
from .patterns import whole, words

_ONE = r"(?:one|time|slot|option|appointment|opening)"


def _placed(ordinals: str, number: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """ "the second time" or "slot 2" anywhere, "2" as the whole message."""
    anywhere = words(rf"(?:{ordinals})(?: {_ONE})?|{_ONE} (?:#|number )?(?:{number})")
    return anywhere, whole(rf"#?(?:{number})")


_PLACES = (
    ("first_slot", 0, _placed("first|1st|former", "1|one")),
    ("second_slot", 1, _placed("second|2nd|middle", "2|two")),
    ("third_slot", 2, _placed("third|3rd", "3|three")),
    ("last_slot", -1, (words(rf"(?:last|latest|final)(?: {_ONE})?"),)),
    (
        "earliest_slot",
        0,
        (
            words(
                r"earliest|soonest|as soon as possible|asap|whichever|either",
                r"any (?:of (?:them|those|these)|time)",
            ),
        ),
    ),
)
_PARTS_OF_DAY = (
    ("morning_slot", range(0, 12), words(r"mornings?|before (?:noon|lunch)|am")),
    ("afternoon_slot", range(12, 17), words(r"afternoons?|after (?:noon|lunch)|pm")),
    ("evening_slot", range(17, 24), words(r"evenings?|after work")),
)
_MIDDLES = (
    (time(10), words(r"(?<!good )(?<!this )mornings?")),
    (time(14), words(r"(?<!good )(?<!this )afternoons?|after (?:noon|lunch)")),
    (time(17), words(r"(?<!good )(?<!this )evenings?|after work")),
)
_HOUR = re.compile(
    r"(?<!slot )(?<!option )(?<!number )(?<!#)\b(?P<hour>1[0-2]|"
    r"[1-9])(?::(?P<minute>[0-5]\d))?\b(?!\s*(?:st|nd|rd|th|bed|bath))"
)
_REFUSES = words(r"none|neither|no|not|other|different|another|can't|cannot|don't|else|doesn't")
_Choice = tuple[list[SlotOption], str]


def read_slots(message: Message, context: Context) -> list[tuple[str, str]]:
    """(slot_id, rule) of the chosen times; several only where the words fit several."""
    if not context.slots or message.talk == "other":
        return []
    low = message.low
    by_day, day_rule = _on_day(low, context.slots, context.today)
    by_time, time_rule = _at_time(low, by_day)
    if day_rule or time_rule:
        if _REFUSES.search(low) and not time_rule:
            return []
        chosen = _in_place(low, by_time)[0] or by_time
        return [(slot.slot_id, time_rule or day_rule) for slot in chosen]
    if _REFUSES.search(low):
        return []
    chosen, rule = _in_place(low, context.slots)
    return [(slot.slot_id, rule) for slot in chosen]


@lru_cache(4_096)
def part_of_day(low: str) -> time | None:
    """The middle of the part of the day that is named."""
    return next((middle for middle, pattern in _MIDDLES if pattern.search(low)), None)


def _on_day(low: str, slots: Sequence[SlotOption], today: date) -> _Choice:
    """By date, or by the weekday alone: an offered Tuesday need not be the next one."""
    days = {found.day for found in find_dates(low, today) if not found.vague}
    weekdays = {WEEKDAYS[word] for word in re.findall(r"[a-z]+", low) if word in WEEKDAYS}
    chosen = [slot for slot in slots if slot.starts.date() in days] or [
        slot for slot in slots if slot.starts.weekday() in weekdays
    ]
    return (chosen, "slot_by_day") if chosen else ([*slots], "")


def _at_time(low: str, slots: Sequence[SlotOption]) -> _Choice:
    if clock := find_time(low):
        return [slot for slot in slots if slot.starts.time() == clock], "slot_by_time"
    for name, hours, pattern in _PARTS_OF_DAY:
        if pattern.search(low):
            return [slot for slot in slots if slot.starts.hour in hours], name
    said = {(int(match["hour"]) % 12, int(match["minute"] or 0)) for match in _HOUR.finditer(low)}
    chosen = [slot for slot in slots if (slot.starts.hour % 12, slot.starts.minute) in said]
    return (chosen, "slot_by_hour") if chosen else ([*slots], "")


def _in_place(low: str, slots: Sequence[SlotOption]) -> _Choice:
    for name, index, patterns in _PLACES:
        if index < len(slots) and slots and any(pattern.search(low) for pattern in patterns):
            return [slots[index]], name
    return [], ""
