"""Finds names that people introduce themselves with, or mention others by."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from agent.privacy import name_cues as cues
from agent.privacy.name_cues import NO_NAME

_WORD = re.compile(r"(?:St\.)?[^\W\d_][\w'’-]{0,39}(?!\w)")
_FILLER = re.compile(
    r"\W*(?:(?:sure|ok|okay|yes|yeah|hi|hello|of course|it's|its|i'm|i am|this is|name is|name:)"
    r"\b[\s,!.:]*)*",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"\s{0,3}(?:\[\w+\]|[,;:/|\n(]|\s[-–]|\band\b|[.!](?=\s|$))\s{0,3}", re.IGNORECASE
)


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
    masked, shifts = _masked(text, taken)
    found: list[Name] = []
    for name in sorted(_named(masked, lower), key=lambda name: name.start):
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


def _named(text: str, lower: str) -> Iterator[Name]:
    """Under every cue; a pattern runs only where `lower` holds one of its words."""
    if "name" in lower or "i am called" in lower:
        for words in _after(cues.MY_NAME_IS, text, any_case=True):
            yield _name(text, words, own=True)
    if any(word in lower for word in ("i'm ", "i am ", "im ", "it's ", "its ", "is ", "call me ")):
        yield from _introduced(text)
    if " here" in lower:
        for match in cues.TITLED_HERE.finditer(text):
            words = list(takewhile(_titled, _words(text, match.start("name"))))
            if words and words[-1].end() >= match.end("name") - 1:
                yield _name(text, words, own=True)
    if any(word in lower for word in cues.SIGNING):
        for match in cues.SIGNED.finditer(text):
            words = list(takewhile(_titled, _words(text, match.end())))
            signs = len(words) > 1 or match["strong"]
            if words and (signs or cues.LINE_END.match(text, words[-1].end())):
                yield _name(text, words, own=True)
    yield from _mentioned(text, lower)


def _introduced(text: str) -> Iterator[Name]:
    for match in cues.I_AM.finditer(text):
        words = list(takewhile(_titled, _words(text, match.end())))
        if not words:
            continue
        here = cues.HERE.match(text, words[-1].end())
        if match["this"] and not here:
            continue
        enough = 1 if match["alone"] or match["greets"] or here else 2
        if len(words) >= enough and cues.ENDS.match(text, words[-1].end()):
            yield _name(text, words, own=True)


def _mentioned(text: str, lower: str) -> Iterator[Name]:
    """Names of others."""
    if ":" in text or "=" in text:
        for words in _after(cues.LABEL, text):
            yield _name(text, words, own=False)
    if any(word in lower for word in cues.OTHERS_WORDS):
        for match in cues.OTHERS.finditer(text):
            words = list(takewhile(_titled, _words(text, match.end())))
            if words and not (match["is"] and len(words) < 2):
                yield _name(text, words, own=False)
    for words in _after(cues.HONORIFIC, text):
        yield _name(text, words, own=False)
    if any(word in lower for word in cues.GREETING_WORDS):
        for words in _after(cues.GREETING, text):
            if cues.GREETED.match(text, words[-1].end()):
                yield _name(text, words, own=False)


def _after(
    cue: re.Pattern[str], text: str, *, any_case: bool = False
) -> Iterator[list[re.Match[str]]]:
    """The words of a name after every match; with `any_case` capitals are not needed."""
    for match in cue.finditer(text):
        words = _words(text, match.end())
        if not any_case:
            words = list(takewhile(_titled, words))
        elif words and _capital(words[0]):
            words = list(takewhile(_capital, words))
        if words:
            yield words


def _name(text: str, words: Sequence[re.Match[str]], *, own: bool) -> Name:
    """With the dot of a last initial."""
    end = words[-1].end()
    dot = len(words[-1].group()) == 1 and text[end : end + 1] == "."
    return Name(words[0].start(), end + dot, own=own)


def _capital(word: re.Match[str]) -> bool:
    return word.group()[0].isupper()


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
        if word.group().lower() in NO_NAME and not _is_name_after_all(text, word):
            break
        words.append(word)
        dot = len(word.group()) == 1 and text[word.end() : word.end() + 1] == "."
        start = word.end() + dot + 1
        if text[start - 1 : start] != " ":
            break
    return words


def _is_name_after_all(text: str, word: re.Match[str]) -> bool:
    """Will Osei, and the A. of Dana A. Osei."""
    if text[word.end() : word.end() + 1] == ".":
        return len(word.group()) == 1
    following = _WORD.match(text, word.end() + 1) if word.group() == "Will" else None
    return following is not None and _titled(following) and following.group().lower() not in NO_NAME


def _titled(word: re.Match[str]) -> bool:
    written = word.group()
    return written[0].isupper() and (len(written) == 1 or not written.isupper())
