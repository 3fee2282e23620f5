"""Postal addresses by their grammar: number, street name, kind of street, unit, city, state, ZIP.

No list of places: a street is known by the word it ends with, and by what stands around it.
"""

import re

from agent.privacy.address_endings import PARTS, UNIT, tail_end, whole
from agent.privacy.street_words import (
    ALONE,
    BEFORE_NAME,
    EVERY_DIRECTION,
    KINDS,
    MIDDLE,
    NEVER_CITY,
    NEVER_STREET,
    NOT_AFTER,
    ROAD_OF,
    SPANISH,
    STRONG,
)

_NUMBER = re.compile(
    r"(?<![\w$#£€.,:/+-])\d{1,6}(?:[A-Za-z]|-\d{1,4}[A-Za-z]?)?(?: 1/2| ½|½)?"
    r"(?= {1,2}(?P<next>\w+))"
)
_WORD = re.compile(r" {1,2}((?:[^\W\d_]|\d{1,3}(?:st|nd|rd|th)\b)[\w'’-]*)(\.?)", re.IGNORECASE)
_DESIGNATOR = re.compile(r" {1,2}(\d{1,4}[A-Za-z]?|[A-Z][\w'’-]*)\b")
_OF = re.compile(r" (?:of|de)(?: (?:the|la|las|los))? [A-Z][\w'’-]*")
_UNIT_BEFORE = re.compile(
    r"\b(?:apt|apartment|unit|ste|suite|bldg|lot)\.?\s?#?\s?\w{1,5},\s$|#\s?\w{1,5},\s$",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(?:address(?:'s)?|i\ live|we\ live|lives?|living|located|resid(?:e|ing)|stay(?:ing)?"
    r"|mail(?:ed|ing)?|send|ship|deliver|moving|move|home)\b"
    r"(?:\ (?:is|was|at|to|from|out\ of|it|in|on|them|mail|currently|now))*\s?[:=-]?\s{0,2}$",
    re.IGNORECASE | re.VERBOSE,
)
_LIVES = re.compile(
    r"\b(?:address(?:'s)?|i live|we live|lives?|living)(?: (?:is|at|currently|now))*"
    r"\s?[:=-]?\s{0,2}$",
    re.IGNORECASE,
)
_BOX = re.compile(
    r"\b(?:(?:p\.? ?o\.? ?|post office |postal )box\.? ?(?:no\.? ?|number )?#?"
    r"|r\.?r\.?|rural route) ?$",
    re.IGNORECASE,
)
_BOX_NUMBER = re.compile(r"\d{1,6}(?:,? box #?\d{1,6})?(?!\w)", re.IGNORECASE)
_NEVER_FIRST = NEVER_STREET - {"the"}
_BEFORE_BOX = frozenset(" #xX")
_ENDS_OF_BOX = frozenset({"ox", "x.", "o.", "er", "rr", ".r", "r.", "te"})


def address_at(text: str, start: int) -> tuple[int, int, str] | None:
    """A postal address whose first digit stands at `start`: (start, end, as it was written)."""
    number = _NUMBER.match(text, start)
    if number is None and text[start - 1 : start] not in _BEFORE_BOX:
        return None
    counted = number is None or number["next"].lower() in _NEVER_FIRST
    boxed = text[max(0, start - 4) : start].rstrip(" #")[-2:].lower() in _ENDS_OF_BOX
    if counted and not boxed:
        return None
    before = text[max(0, start - 40) : start]
    if boxed and (box := _in_box(text, start, before)):
        return box
    if counted or number is None or _word_before(before) in PARTS:
        return None
    end = _street_end(text, number, before)
    if end is None:
        return None
    if before.endswith(", ") and (unit := _UNIT_BEFORE.search(before)):
        start = start - len(before) + unit.start()
    return whole(text, start, end)


def _in_box(text: str, start: int, before: str) -> tuple[int, int, str] | None:
    """P.O. Box 12, RR 2 Box 12."""
    box, number = _BOX.search(before), _BOX_NUMBER.match(text, start)
    if box is None or number is None:
        return None
    return whole(text, start - len(before) + box.start(), number.end())


def _word_before(before: str) -> str:
    return before.rstrip(" #").rpartition(" ")[2].rstrip(".").lower()


def _street_end(text: str, number: re.Match[str], before: str) -> int | None:
    """Where the street ends that follows the house number, if one does."""
    words = _words(text, number.end())
    if not words:
        return None
    named = 1 if words[0].group(1).lower() in EVERY_DIRECTION and len(words) > 1 else 0
    first = words[named].group(1).lower()
    if first in BEFORE_NAME or (first in ROAD_OF and len(words) > named + 1):
        end = _leading_end(text, words[named:])
        if end is not None:
            return end
    for place in range(named, min(len(words), named + 5)):
        word = words[place]
        low = word.group(1).lower()
        if low in ALONE and _plausible(text, number, words[:place], word, before):
            return _directed(text, word)
        if low not in KINDS or _begins_name(words, place, named):
            if _stops(word, low, first=place == 0):
                break
            continue
        last = _extended(words, place)
        if _followed_by_noun(text, last):
            return None
        if KINDS[low] in STRONG or _plausible(text, number, words[: place + 1], last, before):
            return _directed(text, last)
    return _without_kind(text, number, words, named, before)


def _words(text: str, start: int) -> list[re.Match[str]]:
    words: list[re.Match[str]] = []
    while len(words) < 6 and (word := _WORD.match(text, start)):
        words.append(word)
        start = word.end()
    return words


def _begins_name(words: list[re.Match[str]], place: int, named: int) -> bool:
    """Whether a word that may be a kind is a name here: Court Street, N Vista del Mar Ave."""
    if place == 0:
        return True
    if place > named and not (words[place].group(1)[0].isupper() and words[place].group(2)):
        return False
    for word in words[place + 1 : place + 5]:
        written = word.group(1)
        if written.lower() in KINDS:
            return True
        if not written[0].isupper() and written.lower() not in MIDDLE:
            return False
    return False


def _stops(word: re.Match[str], low: str, *, first: bool) -> bool:
    if low in MIDDLE and not first:
        return False
    return low in NEVER_STREET or (bool(word.group(2)) and len(low) > 3)


def _extended(words: list[re.Match[str]], place: int) -> re.Match[str]:
    """The last kind of a name such as Lake View Drive."""
    following = words[place + 1] if place + 1 < len(words) else None
    low = words[place].group(1).lower()
    if following and following.group(1).lower() in KINDS and not words[place].group(2):
        titled = words[place].group(1)[0].isupper() == following.group(1)[0].isupper()
        if titled and (KINDS[low] not in STRONG or following.group(1)[0].isupper()):
            return _extended(words, place + 1)
    return words[place]


def _plausible(
    text: str,
    number: re.Match[str],
    names: list[re.Match[str]],
    last: re.Match[str],
    before: str,
) -> bool:
    """Whether a street that ends with an everyday word is meant as one."""
    titled = all(n.group(1)[0].isupper() or n.group(1)[0].isdigit() for n in [*names, last])
    if titled or len(number.group()) > 2 or _SAID.search(before):
        return True
    return bool(UNIT.match(text, last.end()) or tail_end(text, last.end()))


def _followed_by_noun(text: str, last: re.Match[str]) -> bool:
    following = _WORD.match(text, last.end())
    return following is not None and following.group(1).lower() in NOT_AFTER


def _leading_end(text: str, words: list[re.Match[str]]) -> int | None:
    """Avenue B, Calle Luna, Highway 101, County Road 12."""
    kind = words[0]
    spanish = kind.group(1).lower() in SPANISH
    if kind.group(1).lower() in ROAD_OF:
        kind = words[1]
        if kind.group(1).lower() not in {"road", "rd", "highway", "hwy", "route", "rte"}:
            return None
    end, count = kind.end(), 0
    while count < 3 and (name := _DESIGNATOR.match(text, end)):
        if len(name.group(1)) > 1 and name.group(1).lower() in NEVER_STREET and count == 0:
            break
        end, count = name.end(), count + 1
        if name.group(1)[0].isdigit() or len(name.group(1)) == 1:
            break
    if count:
        return end
    name = _OF.match(text, kind.end())
    if name:
        return name.end()
    small = words[1].group(1).lower() if spanish and len(words) > 1 else "the"
    return None if small in NEVER_STREET else words[1].end(1)


def _without_kind(
    text: str, number: re.Match[str], words: list[re.Match[str]], named: int, before: str
) -> int | None:
    """A street without a kind: after a direction, before a state and ZIP, or said to be one."""
    names: list[re.Match[str]] = []
    for word in words[named : named + 3]:
        written = word.group(1)
        the = written == "The" and not names
        if written.lower() in NEVER_CITY and not the:
            break
        if not (written[0].isupper() or written[0].isdigit()):
            break
        names.append(word)
        if word.group(2) and len(written) > 2:
            break
    if not names:
        return None
    if named and words[0].group(1).isupper() and len(number.group()) > 1:
        return names[-1].end(1)
    if _LIVES.search(before):
        return names[-1].end(1)
    for name in names:
        end = name.end(1)
        unit = UNIT.match(text, end)
        after = unit.end() if unit else end
        tail = tail_end(text, after)
        if tail is not None and re.search(r"\d{5}", text[after:tail]):
            return end
    return None


def _directed(text: str, word: re.Match[str]) -> int:
    """The end of the street with a direction after it: Elm St NW."""
    low = word.group(1).lower()
    abbreviated = KINDS.get(low, low) != low and text[word.end() : word.end() + 1].strip(" ,") == ""
    end = word.end() if abbreviated and word.end() < len(text) else word.end(1)
    after = _WORD.match(text, word.end())
    if after:
        written = after.group(1)
        low = written.lower()
        last = UNIT.match(text, after.end()) or text[after.end() : after.end() + 1] in ("", ",")
        if low in EVERY_DIRECTION and (written[0].isupper() or len(low) == 2 or last):
            return after.end(1)
    return end
