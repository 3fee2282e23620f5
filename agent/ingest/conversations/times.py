"""When a line was said: the ways in which people and programs write a moment, as UTC."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_EARLIEST, _LATEST = 1970, 2100
"""Years outside are a slip of the export."""
_SECONDS = len("2026-03-04 05:06:07")
_IN_UTC = "+00:00"
"""Cheaper to read than to add afterwards."""
_OFFSETS = {
    "z": 0, "utc": 0, "gmt": 0, "ut": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7,
    "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10,
}  # fmt: skip
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_EPOCH = re.compile(r"\d{9,10}(?:\.\d{1,9})?|\d{12,13}|\d{15,16}")
_CLOCK = (
    r"(?:[ ,T]+(?:at )?(?P<h>\d{1,2})(?::(?P<min>\d{2}))?(?::(?P<s>\d{2})(?:[.,]\d{1,9})?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?(?![a-z]))?)?"
)
_ZONE = (
    r"(?: ?[(\[]?(?P<zone>[A-Za-z]{1,4}(?:[+-]\d{1,2}(?::?\d{2})?)?|[A-Za-z]+/[\w/+-]+|"
    r"[+-]\d{1,2}:?(?:\d{2})?)[)\]]?)?"
)
_DAY_NAME = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? +)?"
_NUMERIC = re.compile(
    rf"{_DAY_NAME}(?P<a>\d{{1,2}})(?P<dash>[/.-])(?P<b>\d{{1,2}})(?P=dash)(?P<y>\d{{4}}|\d{{2}})"
    rf"{_CLOCK}{_ZONE}",
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(
    rf"(?P<y>\d{{4}})(?P<dash>[/.-]?)(?P<mon>\d{{1,2}})(?P=dash)(?P<d>\d{{1,2}}){_CLOCK}{_ZONE}",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"{_DAY_NAME}(?:(?P<mon>[a-z]{{3}})[a-z]*\.? +(?P<d>\d{{1,2}})(?:st|nd|rd|th)?|"
    rf"(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?[ /-](?P<mon2>[a-z]{{3}})[a-z]*\.?)[ ,/-]+"
    rf"(?P<y>\d{{4}}|\d{{2}}){_CLOCK}{_ZONE}",
    re.IGNORECASE,
)


def read_time(written: str, zone: tzinfo = UTC) -> datetime | None:
    """The moment in UTC; without a zone of its own it is in `zone`; None where it is unreadable.

    Of 03/04/2026 the month comes first, of 31/12/2026 the day. A time that a clock change skips
    counts as if the clock had not changed yet; of one that happens twice, the first.
    """
    written = written.strip()
    try:
        found = _iso(written, zone) or _epoch(written) or _written(written)
        if found is None:
            return None
        if found.tzinfo is None:
            found = found.replace(tzinfo=zone)
        if found.tzinfo is not UTC:
            found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if _EARLIEST <= found.year < _LATEST else None


def _iso(written: str, zone: tzinfo) -> datetime | None:
    if written[4:5] != "-" and written[8:9] != "T":
        return None
    if zone is UTC and len(written) == _SECONDS and written[13] == written[16] == ":":
        written += _IN_UTC
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return None


def _epoch(written: str) -> datetime | None:
    if not _EPOCH.fullmatch(written):
        return None
    whole = len(written.partition(".")[0])
    scale = 1 if whole <= 10 else 1_000 if whole <= 13 else 1_000_000
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(written) / scale)


def _written(written: str) -> datetime | None:
    for pattern, day in _FORMS:
        match = pattern.fullmatch(written)
        if match and (date := day(match)):
            return datetime(*date, *_clock(match), tzinfo=_zone(match["zone"]))
    return None


def _numeric_day(match: re.Match[str]) -> tuple[int, int, int]:
    first, second = int(match["a"]), int(match["b"])
    month, day = (second, first) if first > 12 or match["dash"] == "." else (first, second)
    return _year(match["y"]), month, day


def _year_first_day(match: re.Match[str]) -> tuple[int, int, int]:
    return int(match["y"]), int(match["mon"]), int(match["d"])


def _named_day(match: re.Match[str]) -> tuple[int, int, int] | None:
    month = _MONTHS.get((match["mon"] or match["mon2"]).lower())
    return (_year(match["y"]), month, int(match["d"] or match["d2"])) if month else None


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[int, int, int] | None]], ...]
_FORMS = ((_NUMERIC, _numeric_day), (_YEAR_FIRST, _year_first_day), (_NAMED, _named_day))


def _year(digits: str) -> int:
    return int(digits) + (0 if len(digits) == 4 else 2000 if int(digits) < 70 else 1900)


def _clock(match: re.Match[str]) -> tuple[int, int, int]:
    if match["h"] is None:
        return 0, 0, 0
    hour = int(match["h"])
    if match["half"] and hour <= 12:
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    elif match["min"] is None:
        raise ValueError
    return hour, int(match["min"] or 0), int(match["s"] or 0)


@lru_cache(256)
def _zone(name: str | None) -> tzinfo | None:
    if name is None:
        return None
    known = _OFFSETS.get(name.lower())
    if known is not None:
        return UTC if known == 0 else timezone(timedelta(hours=known))
    offset = re.fullmatch(r"(?:utc|gmt)?([+-])(\d{1,2}):?(\d{2})?", name, re.IGNORECASE)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    if "/" not in name:
        raise ValueError
    try:
        return ZoneInfo(name)
    except (KeyError, OSError):
        raise ValueError from None
