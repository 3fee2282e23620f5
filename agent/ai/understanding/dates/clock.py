"""Times of day."""

import re
from datetime import time
from functools import lru_cache

_CLOCK = re.compile(
    r"(?<![\d$/.,])(?P<h>1[0-2]|0?[1-9])(?::(?P<min>[0-5]\d))?\s?(?P<half>am|pm|a\.m|p\.m)\b|"
    r"\b(?P<h24>[01]?\d|2[0-3]):(?P<min24>[0-5]\d)\b|\bat\s+(?P<bare>1[0-2]|[1-9])(?=\s*(?:$|"
    r"[,.?!]|o'?clock|on\b|works|is\b|would|please|then))|\b(?P<oclock>1[0-2]|[1-9])\s?o'?clock\b|"
    r"\b(?P<noon>noon|midday)\b"
)


@lru_cache(4_096)
def find_time(low: str) -> time | None:
    """The first time of day named; a bare "at 3" is read in office hours."""
    match = _CLOCK.search(low)
    if not match:
        return None
    if match["noon"]:
        return time(12)
    if match["h24"]:
        hour, minute = int(match["h24"]), int(match["min24"])
        return time(hour + 12 if 1 <= hour <= 6 else hour, minute)
    if match["h"]:
        hour = int(match["h"]) % 12 + (12 if match["half"].startswith("p") else 0)
        return time(hour, int(match["min"] or 0))
    hour = int(match["bare"] or match["oclock"])
    return time(hour + 12 if hour <= 7 else hour)
