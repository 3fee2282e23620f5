"""Which of the offered tour times a message chooses."""

import re
from collections.abc import Sequence
from datetime import date

from .dates import find_dates, find_time
from .message import Message
from .models import Context, SlotOption

_NOUN = r"(?:one|time|slot|option|appointment|opening)"
_ORDINALS = (
    ("first_slot", re.compile(rf"\b(?:first|1st|former)(?: {_NOUN})?\b|\b(?:option|number|slot|#) ?(?:1|one)\b|^\W*(?:1|one)\W*$"), 0),
    ("second_slot", re.compile(rf"\b(?:second|2nd|middle)(?: {_NOUN})?\b|\b(?:option|number|slot|#) ?(?:2|two)\b|^\W*(?:2|two)\W*$"), 1),
    ("third_slot", re.compile(rf"\b(?:third|3rd)(?: {_NOUN})?\b|\b(?:option|number|slot|#) ?(?:3|three)\b|^\W*(?:3|three)\W*$"), 2),
    ("last_slot", re.compile(rf"\b(?:last|latest|final)(?: {_NOUN})?\b"), -1),
    ("earliest_slot", re.compile(r"\b(?:earliest|soonest|as soon as possible|asap|any (?:of (?:them|those)|time)|whichever|either)\b"), 0),
)  # fmt: skip
_PARTS = (
    ("morning_slot", re.compile(r"\bmornings?\b|\bbefore (?:noon|lunch)\b"), range(0, 12)),
    ("afternoon_slot", re.compile(r"\bafternoons?\b|\bafter (?:noon|lunch)\b"), range(12, 17)),
    ("evening_slot", re.compile(r"\bevenings?\b|\bafter work\b"), range(17, 24)),
)
_HOUR = re.compile(
    r"\b(?P<hour>1[0-2]|[1-9])(?::(?P<minute>[0-5]\d))?\b(?!\s*(?:st|nd|rd|th|bed|bath))"
)
_REFUSES = re.compile(r"\b(?:none|neither|no|not|other|different|another|can't|cannot|don't)\b")


def _dated(low: str, slots: Sequence[SlotOption], today: date) -> tuple[list[SlotOption], str]:
    days = {found.day for found in find_dates(low, today)}
    named = {
        slot.starts.date()
        for slot in slots
        if slot.starts.strftime("%A").lower() in low
        or slot.starts.strftime("%a").lower() + " " in low + " "
    }
    chosen = [slot for slot in slots if slot.starts.date() in (days | named)]
    return (chosen, "slot_by_day") if chosen else ([*slots], "")


def _timed(low: str, slots: Sequence[SlotOption]) -> tuple[list[SlotOption], str]:
    if clock := find_time(low):
        same = [slot for slot in slots if slot.starts.time() == clock]
        return same, "slot_by_time"
    for name, pattern, hours in _PARTS:
        if pattern.search(low):
            return [slot for slot in slots if slot.starts.hour in hours], name
    hours_said = {(int(m["hour"]) % 12, int(m["minute"] or 0)) for m in _HOUR.finditer(low)}
    same = [slot for slot in slots if (slot.starts.hour % 12, slot.starts.minute) in hours_said]
    return (same, "slot_by_hour") if same else ([*slots], "")


def read_slots(message: Message, context: Context) -> list[tuple[str, str]]:
    """(slot_id, rule) of the chosen times; several only where the words fit several."""
    slots, low = context.slots, message.low
    if not slots or not low or message.talk == "other":
        return []
    by_day, day_rule = _dated(low, slots, context.today)
    chosen, time_rule = _timed(low, by_day)
    if day_rule or time_rule:
        if chosen and len(chosen) > 1:
            chosen = _narrowed(low, chosen)
        return [(slot.slot_id, time_rule or day_rule) for slot in chosen]
    if _REFUSES.search(low):
        return []
    for name, pattern, index in _ORDINALS:
        if pattern.search(low) and -len(slots) <= index < len(slots):
            return [(slots[index].slot_id, name)]
    return []


def _narrowed(low: str, chosen: list[SlotOption]) -> list[SlotOption]:
    for _, pattern, index in _ORDINALS:
        if pattern.search(low) and -len(chosen) <= index < len(chosen):
            return [chosen[index]]
    return chosen
