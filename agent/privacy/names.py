"""Finds the name under which people introduce themselves."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

_WORD = re.compile(r"[^\W\d_][\w'’-]{0,39}(?!\w)")
_MY_NAME_IS = re.compile(
    r"(?:\bmy (?:full )?name(?:'s| is)|\bi am called|(?:^|[\n.;,])\s*name:) +", re.IGNORECASE
)
_I_AM = re.compile(
    r"(?:\b(?P<alone>call me)|\b(?:i'm|i am)|^(?P<greets>hi|hello|hey)\b[,!. ]+(?:it's|this is)) +",
    re.IGNORECASE,
)
_ENDS = re.compile(r" *(?:$|[^\w ]|(?:and|from|with|here|again|please|by)\b)", re.IGNORECASE)
_FILLER = re.compile(
    r"\W*(?:(?:sure|ok|okay|yes|yeah|hi|hello|of course|it's|its|i'm|i am|this is|name is|name:)"
    r"\b[\s,!.:]*)*",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s*(?:\[\w+\]|[,;:/|\n(]|\s[-–]|\band\b|[.!](?=\s|$))\s*", re.IGNORECASE)
_ORDINARY = """
    a an the and or but so i i'm im me my mine you your it its it's is was are am be on at by in of
    to for from with without not no yes yeah ok okay sure please thanks thank here there this that
    what who why when where how which if as well also just still only about after before all any
    name called email e-mail mail phone cell mobile number text call best reach contact address work
    home office works fine good great sorry happy glad ready done back new free busy interested
    looking searching hoping trying calling writing moving renting asking wondering planning
    available we he she they can could would will do does did have has had need want
    like prefer see tour visit rent lease apply book cancel stop help person human agent anyone
    maybe later now soon today tomorrow tonight anytime morning afternoon evening noon
    monday tuesday wednesday thursday friday saturday sunday january february march july
    september october november december
    """
_NO_NAME = frozenset(_ORDINARY.split())
_CUES = ("name", "called", "call me", "i'm", "i am", "it's", "this is")


@dataclass(frozen=True, slots=True)
class Name:
    """A name at `text[start:end]`."""

    start: int
    end: int
    own: bool
    """The writer's, not somebody's whom they mention."""


def names(
    text: str, lower: str, taken: Sequence[tuple[int, int, str]], *, expected: bool
) -> list[Name]:
    """Names that are introduced or labelled, in order and not overlapping.

    `taken` are (start, end, mark) of other personal data. With `expected` (the agent has just
    asked who they are) a name needs no introduction.
    """
    if not expected and not any(cue in lower for cue in _CUES):
        return []
    masked, shifts = _masked(text, taken)
    found: list[Name] = []
    for name in sorted(_named(masked), key=lambda name: name.start):
        if not found or name.start >= found[-1].end:
            found.append(name)
    if expected and not any(name.own for name in found) and (span := _answered(masked)):
        found = [name for name in found if name.end <= span[0] or name.start >= span[1]]
        found.append(Name(*span, own=True))
    return [Name(_back(n.start, shifts), _back(n.end, shifts), n.own) for n in found]


def _masked(text: str, taken: Sequence[tuple[int, int, str]]) -> tuple[str, list[tuple[int, int]]]:
    """`text` with marks, and (offset in it, what to add) from there on."""
    pieces, shifts, end, length = [], [(0, 0)], 0, 0
    for start, stop, mark in taken:
        pieces += [text[end:start], mark]
        length += start - end + len(mark)
        shifts.append((length, stop - length))
        end = stop
    return "".join([*pieces, text[end:]]), shifts


def _back(offset: int, shifts: Sequence[tuple[int, int]]) -> int:
    return offset + shifts[bisect_right(shifts, (offset, 1 << 62)) - 1][1]


def _named(text: str) -> Iterator[Name]:
    for match in _MY_NAME_IS.finditer(text):
        words = _words(text, match.end())
        if words and _titled(words[0]):
            words = list(takewhile(_titled, words))
        if words:
            yield Name(words[0].start(), words[-1].end(), own=True)
    for match in _I_AM.finditer(text):
        words = list(takewhile(_titled, _words(text, match.end())))
        enough = 1 if match["alone"] or match["greets"] else 2
        if len(words) >= enough and _ENDS.match(text, words[-1].end()):
            yield Name(words[0].start(), words[-1].end(), own=True)


def _answered(text: str) -> tuple[int, int] | None:
    reached = "[email]" in text or "[phone]" in text
    parts = list(_parts(text))
    for start, end in parts:
        words = _words(text, start)
        if not words or words[-1].end() != end:
            continue
        titled = all(_titled(word) for word in words)
        leads = reached and start == parts[0][0]
        if leads or (titled and (reached or (len(parts) == 1 and len(words) > 1))):
            return start, end
    return None


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """The stretches between separators, without what people say before a name."""
    start = 0
    for match in [*_SEPARATOR.finditer(text), None]:
        end = match.start() if match else len(text)
        filler = _FILLER.match(text, start, end)
        begin = filler.end() if filler else start
        if text[begin:end].strip():
            yield begin, begin + len(text[begin:end].rstrip())
        start = match.end() if match else end


def _words(text: str, start: int) -> list[re.Match[str]]:
    """At most three words of a possible name, one blank apart; initials may have a dot."""
    words: list[re.Match[str]] = []
    while len(words) < 3 and (word := _WORD.match(text, start)):
        if word.group().lower() in _NO_NAME:
            break
        words.append(word)
        dot = len(word.group()) == 1 and text[word.end() : word.end() + 1] == "."
        start = word.end() + dot + 1
        if text[start - 1 : start] != " ":
            break
    return words


def _titled(word: re.Match[str]) -> bool:
    written = word.group()
    return written[0].isupper() and (len(written) == 1 or not written.isupper())
