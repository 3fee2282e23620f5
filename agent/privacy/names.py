"""Finds the name under which people introduce themselves."""

import re
from collections.abc import Iterator

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


def name_span(text: str, *, expected: bool) -> tuple[int, int] | None:
    """Where a name stands in `text`, contact data in which has been replaced by `[email]`, ….

    With `expected` (the agent has just asked who they are) a name needs no introduction.
    """
    return _introduced(text) or (_answered(text) if expected else None)


def _introduced(text: str) -> tuple[int, int] | None:
    for match in _MY_NAME_IS.finditer(text):
        words = _words(text, match.end())
        if words and _titled(words[0]):
            words = [word for word in words if _titled(word)]
        if words:
            return words[0].start(), words[-1].end()
    for match in _I_AM.finditer(text):
        words = [word for word in _words(text, match.end()) if _titled(word)]
        enough = 1 if match["alone"] or match["greets"] else 2
        if len(words) >= enough and _ENDS.match(text, words[-1].end()):
            return words[0].start(), words[-1].end()
    return None


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
