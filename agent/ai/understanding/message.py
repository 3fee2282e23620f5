"""A message cut into clauses, each knowing what it is about and whether it asks for a fact."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from agent.kit.text import clean

from .asking import asks_for_fact
from .models import Gazetteer, Talk
from .names import Name, find_names, masked
from .spelling import respell
from .talk import talk_of

_SENTENCE = re.compile(r"(?:[^.?!;\n]+|\.(?=\d)|(?<=\b[a-z])\.(?=[a-z]))+[.?!;\n]*", re.I)
_JOINT = re.compile(
    r",?\s+(?:but|however|although)\s+|,\s+(?=(?:and\s+|also\s+)?(?:when|what|what's|how|is|are|"
    r"am|do|does|can|could|will|would)\b)|,\s+(?=(?:and\s+)?(?:now\s+)?(?:need|looking|searching|"
    r"want)\b)|\s+(?=and\s+(?:also\s+)?(?:what|what's|is it|is the|"
    r"are pets|do they|does it|can you)\b)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Clause:
    raw: str
    full: str
    """Lower case."""
    low: str
    """Lower case, the names blotted out: what every rule but those for names reads."""
    places: tuple[Name, ...]
    communities: tuple[Name, ...]
    asks: bool
    """Asks for a fact; a request to search does not."""
    talk: Talk


@dataclass(frozen=True)
class Message:
    clauses: tuple[Clause, ...]

    @cached_property
    def low(self) -> str:
        return "\n".join(clause.low for clause in self.clauses)

    @cached_property
    def homes(self) -> tuple[Clause, ...]:
        return tuple(clause for clause in self.clauses if clause.talk != "other")

    @property
    def talk(self) -> Talk:
        return self.clauses[-1].talk if self.clauses else ""


def lower(text: str) -> str:
    """Lower case of the same length, so that offsets hold."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower()[:1] or c for c in text)


def read_message(text: str, gazetteer: Gazetteer, before: Talk = "") -> Message:
    """`before`: what the talk was about; a clause that does not say goes on with it."""
    clauses = []
    talk = before
    for sentence in _SENTENCE.findall(respell(clean(text))):
        for part in filter(None, map(str.strip, _JOINT.split(sentence))):
            clause = _clause(part, gazetteer, talk)
            talk = clause.talk
            clauses.append(clause)
    return Message(tuple(clauses))


@lru_cache(4_096)
def _clause(part: str, gazetteer: Gazetteer, before: Talk) -> Clause:
    full = lower(part)
    places, communities = find_names(full, gazetteer)
    low = masked(full, (*places, *communities))
    talk = talk_of(low) or before
    return Clause(part, full, low, places, communities, asks_for_fact(low), talk)
