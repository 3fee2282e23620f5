"""What people write into the cells of a listing file, read as values."""

import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from agent.kit.text import clean


class Unreadable(ValueError):
    """A cell that says nothing usable; its text tells what it should look like."""


_BLANK = frozenset({"", "-", "--", "n/a", "na", "null", "nan", "unknown", "tbd", "?"})
_AMOUNT = re.compile(
    r"(?:usd|\$)?\s*(\d{1,3}(?:,\d{3})+|\d+)(\.\d{1,2})?\s*(?:usd)?"
    r"\s*(?:(?:/|per|a|each)?\s*(?:mo|mth|month)\.?|monthly|pm)?"
)
_BEDROOMS = re.compile(r"(\d+)(?:\.0+)?\s*-?\s*(?:bd|br|bed|bdr|bdrm|bedroom|bed room)?s?\.?")
_BATHROOMS = re.compile(
    r"(\d+)(?:(\.\d+)|\s+(?:and\s+)?(1/2))?\s*-?\s*(?:ba|bth|bath|bathroom|bath room)?s?\.?"
)
_SQUARE_FEET = re.compile(
    r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?\s*(?:sq\.?\s*(?:ft|feet)|sqft|sf|square f(?:ee|oo)t)?\.?"
)
_STUDIO = re.compile(r"studio|efficiency|bachelor")
_NUMBERS = {"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_UNIT = re.compile(r"(?:(?:unit|apt|apartment|suite|ste|no)\b\.?)?\s*#?\s*", re.IGNORECASE)
_SEPARATORS = re.compile(r"[,;|\n]")
_NOW = re.compile(r"(?:available\s*)?(?:now|immediately|immediate|today|asap|ready)")
_AVAILABLE = re.compile(r"available\s*(?:from|on|starting)?:?\s*")
_ISO_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[t ]\d{2}:.*")
_DATES = (
    "%Y-%m-%d",
    "%m/%d/%Y",
    "%m/%d/%y",
    "%m-%d-%Y",
    "%b %d %Y",
    "%B %d %Y",
    "%d %b %Y",
    "%d %B %Y",
)

_YES = r"(true|t|yes|y|x|1|1\.0|ok|okay|allowed|included|available|✓|✔|on)"
_NO = r"(false|f|no|n|0|0\.0|none|not\b.*|no .*|without.*|off|unavailable)"
_WORDS: dict[str, tuple[tuple[str, bool], ...]] = {
    "pets": ((r".*\b(cats?|dogs?|pets?)\b.*", True),),
    "furnished": ((r"unfurnished", False), (r"(fully |turnkey )?furnished", True)),
    "parking": (
        (r"(on[ -])?street( parking)?( only)?", False),
        (
            r".*\b(garage|carport|covered|assigned|reserved|driveway|off[ -]street|lot|spots?"
            r"|spaces?|underground|included)\b.*",
            True,
        ),
        (r"[1-9]", True),
    ),
    "in_unit_laundry": (
        (r".*\b(shared|on[ -]?site|building|community|coin|room|common|hook[ -]?ups?)\b.*", False),
        (
            r".*\bin[ -](unit|home|suite|apartment)\b.*|w/d|washer ?(and|/|&) ?dryer( included)?",
            True,
        ),
    ),
    "available": (
        (r".*\b(leased|occupied|rented|inactive|pending|hold|off[ -]market|down)\b.*", False),
        (r"available now|vacant.*|active|open|ready|now|immediate(ly)?|for rent", True),
    ),
}
"""Field -> (what a cell says, what it means) beside yes and no; the first match counts."""


def is_blank(cell: Any) -> bool:
    return cell is None or cell == [] or (isinstance(cell, str) and _folded(cell) in _BLANK)


def text(cell: Any) -> str:
    if isinstance(cell, bool | list | dict):
        raise Unreadable("is no text")
    return clean(str(cell))


def unit(cell: Any) -> str:
    written = text(cell)
    return _UNIT.sub("", written, count=1) or written


def rent(cell: Any) -> int:
    return round(_number(cell, _AMOUNT, "an amount such as 1850"))


def square_feet(cell: Any) -> int:
    return round(_number(cell, _SQUARE_FEET, "a number of square feet such as 850"))


def bedrooms(cell: Any) -> int:
    if isinstance(cell, str) and _STUDIO.match(_folded(cell)):
        return 0
    number = _number(cell, _BEDROOMS, "a whole number of bedrooms, or Studio")
    if number != int(number):
        raise Unreadable("is no whole number of bedrooms, or Studio")
    return int(number)


def bathrooms(cell: Any) -> float:
    if isinstance(cell, str):
        # compatibility normalisation would turn 1½ into 11/2
        cell = cell.replace("½", " 1/2")
    return _number(cell, _BATHROOMS, "a number of bathrooms such as 1.5")


def flag(field: str) -> Callable[[Any], bool]:
    """Reads yes and no as people write them in the column of `field`."""
    meanings = [
        (re.compile(pattern), value)
        for pattern, value in ((_NO, False), (_YES, True), *_WORDS[field])
    ]

    def read(cell: Any) -> bool:
        said = _folded(cell)
        for pattern, value in meanings:
            if pattern.fullmatch(said):
                return value
        raise Unreadable("says neither yes nor no")

    return read


def day(cell: Any) -> date | None:
    """A date; None for "now"."""
    said = _folded(cell)
    if _NOW.fullmatch(said):
        return None
    said = _ISO_MOMENT.sub(r"\1", _AVAILABLE.sub("", said, count=1)).replace(",", "")
    for form in _DATES:
        with suppress(ValueError):
            return datetime.strptime(said, form).date()  # noqa: DTZ007 - a date has no zone
    raise Unreadable("is no date such as 2026-03-01 or 3/1/2026")


def texts(cell: Any) -> list[str]:
    parts: Sequence[Any] = cell if isinstance(cell, list) else _SEPARATORS.split(text(cell))
    return list(dict.fromkeys(part for part in map(text, parts) if not is_blank(part)))


def _folded(cell: Any) -> str:
    return clean(str(cell)).casefold()


def _number(cell: Any, pattern: re.Pattern[str], meant: str) -> float:
    if isinstance(cell, str):
        value = _written_number(_folded(cell), pattern)
    else:
        value = (
            float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else None
        )
    if value is None or not math.isfinite(value):
        raise Unreadable(f"is not {meant}")
    return value


def _written_number(said: str, pattern: re.Pattern[str]) -> float | None:
    first, blank, rest = said.partition(" ")
    match = pattern.fullmatch(f"{_NUMBERS.get(first, first)}{blank}{rest}")
    if match is None:
        return None
    whole, *parts = match.groups()
    fraction = next((part for part in parts if part), "0").replace("1/2", ".5")
    return float(whole.replace(",", "")) + float(fraction)
