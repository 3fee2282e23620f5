"""What follows a street in an address: unit, city, state, ZIP."""

import re

from agent.privacy.street_words import NEVER_CITY, NO_WORD_STATES, STATE_NAMES, STATES

UNIT = re.compile(
    r"(?:,|\s-)?\s{0,2}(?:(?:apt|apartment|unit|ste|suite|bldg|building|fl|floor|rm|room|lot|spc"
    r"|space|trlr|trailer|no|number|ph|penthouse)\b\.?:?\s?\#?\s?(?:\d{1,5}[A-Za-z]?|[A-Za-z]"
    r"(?:-?\d{1,5})?)(?:-[A-Za-z0-9]{1,4})?|\#\s?[A-Za-z]?-?\d{0,5}[A-Za-z]?(?:-[A-Za-z0-9]{1,4})?"
    r"|\d{1,3}(?:st|nd|rd|th)\ (?:floor|fl)\b"
    r"|(?:front|rear|basement|upper|lower)(?:\ unit)?\b)(?!\w)",
    re.IGNORECASE | re.VERBOSE,
)
_ZIP = r"(?:\d{5}(?:-\d{4})?)(?![\w-])"
_CITY_WORD = r"[^\W\d_][\w.'’-]*"
_TAIL = re.compile(
    rf"""
    \s{{0,2}},?\s{{0,2}}(?:in\ )?(?:
        (?P<city>{_CITY_WORD}(?:\ {_CITY_WORD}){{0,3}}?)\s{{0,2}},?\s{{0,2}}
        (?:(?P<state>{STATES}|(?i:{STATES})(?=,?\s{_ZIP})|(?i:{STATE_NAMES}))(?!\w)
           (?:\.?,?\s{{0,2}}{_ZIP})?(?:,?\ (?:USA|U\.S\.A\.?|US|United\ States)\b)?
         | (?P<zip>{_ZIP}))
      | (?:{STATES})\ {_ZIP}
      | {_ZIP}
    )
    """,
    re.VERBOSE,
)
_CITY_ALONE = re.compile(
    rf"""
    (?:,\s{{0,2}}|\ (?:in|IN)\ )(?P<city>[A-Z][\w.'’-]*(?:\ [A-Z][\w'’-]*){{0,2}})
    | ,\s{{0,2}}(?P<small>{_CITY_WORD}(?:\ {_CITY_WORD}){{0,2}}),\s{{0,2}}
      (?:(?i:{NO_WORD_STATES})\b|(?i:{STATES})(?=\s*(?:[.,;!?)\n]|$)))
    | ,\s{{0,2}}(?P<last>[a-z]{{2,}}(?:\ [a-z]{{3,}})?)(?=\s*(?:\n|$))
    """,
    re.VERBOSE,
)
_PART_OF_BUILDING = (
    "apt apartment unit units ste suite bldg building floor fl room rm lot no ph rear"
)
_FIVE_DIGITS = re.compile(r"\d{5}")
_FOLLOWING = re.compile(r"[\s,#-]*(\w+)")
PARTS = frozenset(_PART_OF_BUILDING.split())
_MAY_FOLLOW = PARTS | {"in"}
_AFTER_ALL = NEVER_CITY - PARTS - {"in", "no"}


def whole(text: str, start: int, end: int) -> tuple[int, int, str]:
    """With the unit, city, state and ZIP that follow."""
    following = _FOLLOWING.match(text, end)
    if following is None or following[1].lower() in _AFTER_ALL:
        return start, end, text[start:end]
    runs_on = text[end] == " " and following[1].islower() and following[1] not in _MAY_FOLLOW
    if runs_on and not _FIVE_DIGITS.search(text, end, end + 70):
        return start, end, text[start:end]
    for _ in range(2):
        if unit := UNIT.match(text, end):
            end = unit.end()
    tail = tail_end(text, end)
    if tail is not None:
        end = tail
    elif city := _CITY_ALONE.match(text, end):
        end = _city_end(city) or end
    return start, end, text[start:end]


def tail_end(text: str, end: int) -> int | None:
    """Where city, state and ZIP end that stand at `end`; None where none do."""
    tail = _TAIL.match(text, end)
    if tail is None or (tail["city"] and not _is_city(tail["city"])):
        return None
    return tail.end()


def _city_end(city: re.Match[str]) -> int | None:
    """Where a city ends that no state follows; before a word that begins a sentence."""
    if city["city"] is None:
        return city.end() if _is_city(city[city.lastgroup or 0]) else None
    end = None
    for word in re.finditer(r"\S+", city["city"]):
        if word.group().lower().rstrip(".") in NEVER_CITY:
            break
        end = city.start("city") + len(word.group().rstrip(".")) + word.start()
    return end


def _is_city(written: str) -> bool:
    return not any(word.lower() in NEVER_CITY for word in re.split(r"[ .]+", written))
