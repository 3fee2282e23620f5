"""The opening hours of a day, and of a week in words."""

from datetime import date, time

from agent.tenants.models import WEEKDAYS, Community, Opening

_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def openings(community: Community, day: date) -> list[Opening]:
    """The opening hours of one local date; none on a holiday."""
    if day in community.holidays:
        return []
    return community.hours.get(WEEKDAYS[day.weekday()], [])


def hours_text(community: Community) -> str:
    """The week as a person would say it: "Monday to Saturday 9 AM to 6 PM, closed Sunday"."""
    runs: list[tuple[int, int, str]] = []
    for index, weekday in enumerate(WEEKDAYS):
        text = _day_text(community.hours.get(weekday, []))
        if runs and runs[-1][2] == text:
            runs[-1] = (runs[-1][0], index, text)
        else:
            runs.append((index, index, text))
    open_runs = [f"{_span(first, last)} {text}" for first, last, text in runs if text]
    if not open_runs:
        return "by appointment only"
    *others, last_closed = _closed_days(community) or [""]
    if last_closed:
        days = f"{', '.join(others)} and {last_closed}" if others else last_closed
        open_runs.append(f"closed {days}")
    return ", ".join(open_runs)


def clock_text(at: time) -> str:
    """A time of day as a person would say it: "9 AM", "2:30 PM"."""
    minutes = f":{at.minute:02d}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes} {'AM' if at.hour < 12 else 'PM'}"


def _day_text(day: list[Opening]) -> str:
    return " and ".join(f"{clock_text(o.opens)} to {clock_text(o.closes)}" for o in day)


def _closed_days(community: Community) -> list[str]:
    named = zip(WEEKDAYS, _DAY_NAMES, strict=True)
    return [name for weekday, name in named if not community.hours.get(weekday)]


def _span(first: int, last: int) -> str:
    if first == last:
        return _DAY_NAMES[first]
    joint = " and " if last == first + 1 else " to "
    return f"{_DAY_NAMES[first]}{joint}{_DAY_NAMES[last]}"
