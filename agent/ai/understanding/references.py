"""Which homes of the shortlist a message means."""

import re
from collections.abc import Callable, Iterator, Sequence

from .dates import find_dates
from .message import Message
from .models import Candidate, Context
from .names import NameIndex
from .patterns import listed, words

_ONE = r"(?:one|home|apartment|place|property|option|unit|listing|choice|condo|house)"
_NOT_OF_DAYS = (
    r"(?! (?:of|thought|floor|time|name|day|week|month|date|slot|appointment|visit|tour))"
)


def _placed(*ordinals: str, number: str = "") -> re.Pattern[str]:
    """ "the second one", "option 2", "number two"."""
    nth = "|".join(ordinals)
    counted = rf"|(?:{_ONE}|number|no\.?) (?:#|number )?(?:{number})" if number else ""
    return words(rf"(?:{nth}) {_ONE}|the (?:{nth}){_NOT_OF_DAYS}{counted}")


_PLACES = (
    ("first_home", 0, _placed("first", "1st", "former", number="1|one")),
    ("second_home", 1, _placed("second", "2nd", number="2|two")),
    ("third_home", 2, _placed("third", "3rd", number="3|three")),
    ("last_home", -1, _placed("last", "latter")),
)


def _rent(home: Candidate) -> float | None:
    return home.rent


def _bedrooms(home: Candidate) -> float | None:
    return home.bedrooms


def _bathrooms(home: Candidate) -> float | None:
    return home.bathrooms


_Size = Callable[[Candidate], float | None]
_EXTREMES: tuple[tuple[str, _Size, bool, re.Pattern[str]], ...] = (
    (
        "cheapest_home",
        _rent,
        False,
        words(
            rf"the (?:cheap(?:er|est)|least expensive|less expensive)(?: {_ONE})?",
            rf"(?:cheap(?:er|est)|lowest[- ]price\w*|(?:more|most) affordable) {_ONE}",
            rf"{_ONE} (?:that's|that is|which is|with) (?:the )?(?:cheap(?:er|est)|lowest)",
        ),
    ),
    (
        "dearest_home",
        _rent,
        True,
        words(rf"the (?:(?:more|most) expensive|pric(?:ier|iest))(?: {_ONE})?"),
    ),
    ("biggest_home", _bedrooms, True, words(rf"the (?:bigg|larg)(?:er|est)(?: {_ONE})?")),
    ("smallest_home", _bedrooms, False, words(rf"the small(?:er|est)(?: {_ONE})?")),
    ("most_baths_home", _bathrooms, True, words(r"(?:the )?(?:most|more) bath\w*")),
)
_ALL = words(r"both|all (?:of them|three|two)|each of them|(?:these|those) (?:two|three)|them all")
_IN_FOCUS = words(
    rf"(?:that|this) (?:\w+ )?{_ONE}|it|there|that|this|the (?:apartment|place|property|unit|home)"
)
_TOKEN = re.compile(r"[a-z0-9']+")
_EVERYDAY = listed(
    """
    apartment apartments avenue boulevard city community condominiums condos court creek drive
    garden gardens hills home homes house lane park place point property residences river road
    senior square street terrace that village villas view visit with would like about have this
    they
    """
)


def read_references(message: Message, context: Context) -> list[tuple[str, str]]:
    """(listing_id, rule) of the most explicit kind of reference made; empty without one."""
    shortlist = context.shortlist
    full = "\n".join(clause.full for clause in message.homes)
    low = "\n".join(clause.low for clause in message.homes)
    if not shortlist or not low:
        return []
    for found in find_dates(low, context.today):
        low = low[: found.start] + " " * (found.end - found.start) + low[found.end :]
    recent = [home for home in shortlist if home.listing_id in context.agent.offered] or shortlist
    readings = (
        _by_name(full, shortlist),
        _by_area(full, shortlist),
        _by_place(low, recent),
        _by_extreme(low, recent),
        _by_part_of_name(full, shortlist),
        _in_focus(low, context.focus),
    )
    return next(filter(None, map(list, readings)), [])


def _by_name(low: str, shortlist: Sequence[Candidate]) -> Iterator[tuple[str, str]]:
    names = NameIndex(name for home in shortlist for name in (home.name, home.address) if name)
    said = {name.value.lower() for name in names.find(low)}
    for home in shortlist:
        if home.name.lower() in said:
            yield home.listing_id, "home_by_name"
        elif home.address.lower() in said:
            yield home.listing_id, "home_by_address"


def _by_area(low: str, shortlist: Sequence[Candidate]) -> Iterator[tuple[str, str]]:
    for home in shortlist:
        place = rf"\b(?:the|that|{_ONE}) (?:in|near|at) (?:the )?{re.escape(home.area.lower())}\b"
        if home.area and re.search(place, low):
            yield home.listing_id, "home_by_area"


def _by_place(low: str, recent: Sequence[Candidate]) -> Iterator[tuple[str, str]]:
    if len(recent) < 2:
        return
    if _ALL.search(low):
        yield from ((home.listing_id, "all_homes") for home in recent)
        return
    for name, index, pattern in _PLACES:
        if index < len(recent) and pattern.search(low):
            yield recent[index].listing_id, name


def _by_extreme(low: str, recent: Sequence[Candidate]) -> Iterator[tuple[str, str]]:
    for name, size, most, pattern in _EXTREMES:
        sized = [(value, home) for home in recent if (value := size(home)) is not None]
        if len({value for value, _ in sized}) > 1 and pattern.search(low):
            yield (max if most else min)(sized, key=lambda pair: pair[0])[1].listing_id, name
            return


def _by_part_of_name(low: str, shortlist: Sequence[Candidate]) -> Iterator[tuple[str, str]]:
    """By a word of four letters or more that only one of the names has."""
    said = set(_TOKEN.findall(low)) - _EVERYDAY
    own = {home.listing_id: set(_TOKEN.findall(home.name.lower())) for home in shortlist}
    for home in shortlist:
        others = set().union(*(own[other] for other in own if other != home.listing_id))
        if any(len(word) > 3 for word in (said & own[home.listing_id]) - others):
            yield home.listing_id, "home_by_part_of_name"


def _in_focus(low: str, focus: str | None) -> Iterator[tuple[str, str]]:
    if focus and _IN_FOCUS.search(low):
        yield focus, "home_in_focus"
