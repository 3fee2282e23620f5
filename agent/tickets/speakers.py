"""Who says what in a support transcript."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from agent.ai.understanding.patterns import listed
from agent.privacy.name_cues import NO_NAME

_LINE = re.compile(r"^(?P<who>[^\s:][^:\n]{0,60}):\s+(?P<said>\S.*)$", re.MULTILINE)
_SUPPORT = listed(
    "agent support rep representative advisor analyst technician specialist engineer assistant bot "
    "csr operator staff helpdesk"
)
_CUSTOMERS = listed(
    "caller customer client user requester resident tenant renter lead contact guest [name] name "
    "visitor member"
)
_THINGS = listed(
    "account code comment date error email invoice issue item message name note number office "
    "order phone property question report response screen site status step subject system ticket "
    "time unit user version"
)
"""Words of what stands before a colon and is nobody."""
_PERSON = re.compile(r"[^\W\d_a-z][\w'’-]+(?: [^\W\d_a-z]\.?)?(?: [^\W\d_a-z][\w'’-]+){1,2}")
_COMPANY = re.compile(r"\([^)]+\)\s*$")
_WORDS = re.compile(r"\[?\w+\]?")


@dataclass(frozen=True, slots=True)
class Line:
    who: str
    said: str


def lines(transcript: str) -> list[Line]:
    return [Line(found["who"].strip(), found["said"]) for found in _LINE.finditer(transcript)]


def support(said: Sequence[Line]) -> set[str]:
    """The speakers that are named as the support's side, or as of a company."""
    names = {line.who for line in said}
    return {
        name
        for name in names
        if _is(name, _SUPPORT) or (_COMPANY.search(name) and not _is(name, _CUSTOMERS))
    }


def undecided(said: Sequence[Line]) -> list[str]:
    """The speakers whose name says nothing of their side, in order."""
    known = support(said)
    names = dict.fromkeys(line.who for line in said)
    return [name for name in names if name not in known and not _is(name, _CUSTOMERS)]


def customers(said: Sequence[Line], agent: str | None) -> list[str]:
    """The speakers that are people by their name, where others are known to be the support."""
    helping = {*support(said), *([agent] if agent else [])}
    mine = {word.lower() for name in helping for word in _WORDS.findall(name)}
    if not any(_is(line.who, frozenset(mine)) for line in said):
        return []
    spoken = Counter(line.who for line in said)
    return [
        name
        for name in undecided(said)
        if spoken[name] > 1
        and _PERSON.fullmatch(name)
        and not _is(name, frozenset(mine) | NO_NAME | _THINGS)
    ]


def _is(name: str, words: frozenset[str]) -> bool:
    return any(word.lower() in words for word in _WORDS.findall(name))
