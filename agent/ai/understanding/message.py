"""A message cut into clauses, each knowing whether it asks, searches or speaks of other things."""

import re
from dataclasses import dataclass

from agent.kit.text import clean

from .models import Talk
from .spelling import respell
from .talk import talk_of

_CLAUSE = re.compile(r"(?:[^.?!;\n]|\.(?=\d)|(?<=\b[a-z])\.)+[.?!;\n]*", re.I)
_BUT = re.compile(r",?\s+(?:but|however|although)\s+", re.I)

_LEADS_QUESTION = re.compile(
    r"^\W*(?:(?:and|also|so|okay|ok|but|yes|yeah|yep|sure|great|cool|perfect|by the way|well|thanks|"
    r"hi|hello|hey|no|alright|correct|good|right)\b[\s,!-]*)*"
    r"(?:is|are|was|do|does|did|can|could|will|would|may|might|should|has|have|any|"
    r"what|which|where|who|when|why|how|whats|what's|how's|where's)\b"
)
_EMBEDDED = re.compile(
    r"\b(?:(?:know|see|check|tell me|ask|find out|wonder(?:ing)?|confirm|verify|sure|let me know|"
    r"curious|question|unclear|clarify)\b.{0,40}?\b(?:if|whether|about|on|that|are|is)\b|"
    r"whether\b|or not\b|wondering if\b|"
    r"(?:what|how) about\b)"
)
_SEARCHES = re.compile(
    r"\b(?:find|search\w*|look(?:ing)?(?: for| up)?|show|recommend|suggest|locate|get|give|"
    r"pull up|send|list|"
    r"(?:any|some|other|another|different|more|else)\b.{0,24}?\b"
    r"(?:apartments?|places?|propert(?:y|ies)|options?|homes?|houses?|ones?|units?|listings?|"
    r"condos?|rentals?|choices?|rooms?|other|others)|"
    r"(?:anything|something|nothing|anywhere|somewhere|else|alternatives?)|"
    r"(?:are there|do you have|have you got|is there|got)\b.{0,30}?\b(?:apartments?|places?|"
    r"propert(?:y|ies)|options?|homes?|houses?|ones?|units?|listings?|condos?|studios?|"
    r"rentals?|bedrooms?))\b"
)
_WISH = re.compile(
    r"\b(?:i|we|it|that|which|they|he|she|you|there|one|apartment|place|property|must|should)?\s*"
    r"(?:i'd|we'd|i'll|we'll|need\w*|wants?|wish\w*|like|love|prefer\w*|require\w*|must|"
    r"should|has to|have to|hoping|hope|looking for|make sure|ensure|only|important|essential|"
    r"necessary|want to|with|that (?:is|are|has|have|allows?|permits?|accepts?)|"
    r"which (?:is|are|has|have|allows?|permits?)|where)\b"
)


@dataclass(frozen=True, slots=True)
class Clause:
    raw: str
    low: str
    asks: bool
    """Asks for a fact of a home; a request to search is not one."""
    talk: Talk


@dataclass(frozen=True, slots=True)
class Message:
    raw: str
    low: str
    clauses: tuple[Clause, ...]

    @property
    def homes(self) -> tuple[Clause, ...]:
        return tuple(clause for clause in self.clauses if clause.talk != "other")

    @property
    def talk(self) -> Talk:
        return self.clauses[-1].talk if self.clauses else ""


def _asks(low: str) -> bool:
    if _EMBEDDED.search(low):
        return True
    if not (low.rstrip().endswith("?") or _LEADS_QUESTION.match(low)):
        return False
    return not _SEARCHES.search(low)


def lower(text: str) -> str:
    """Lower case of the same length, so that offsets hold."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower()[:1] or c for c in text)


def read_message(text: str, before: Talk = "") -> Message:
    """`before` is what the talk was about; a clause that does not say inherits from the one before."""
    raw = respell(clean(text))
    clauses = []
    talk = before
    for sentence in _CLAUSE.findall(raw):
        for part in _BUT.split(sentence):
            if not (part := part.strip()):
                continue
            low = lower(part)
            talk = talk_of(low) or talk
            clauses.append(Clause(raw=part, low=low, asks=_asks(low), talk=talk))
    return Message(raw=raw, low=lower(raw), clauses=tuple(clauses))
