"""A message cut into clauses, each knowing what it is about and whether it asks for a fact."""

import re
from dataclasses import dataclass

from agent.kit.text import clean

from .models import Talk
from .patterns import HOME, ONE, opening, words
from .spelling import respell
from .talk import talk_of

_SENTENCE = re.compile(r"(?:[^.?!;\n]|\.(?=\d)|(?<=\b[a-z])\.(?=[a-z]))+[.?!;\n]*", re.I)
_JOINT = re.compile(
    r",?\s+(?:but|however|although)\s+|,\s+(?=(?:and\s+|also\s+)?(?:when|what|what's|how|is|are|"
    r"am|do|does|can|could|will|would)\b)|\s+(?=and\s+(?:also\s+)?(?:what|what's|is it|is the|"
    r"are pets|do they|does it|can you)\b)",
    re.I,
)
_FILLER = (
    r"and|also|so|okay|ok|but|yes|yeah|yep|yup|sure|great|cool|perfect|by the way|well|thanks|"
    r"thank you|hi|hello|hey|no|alright|correct|good|right|nice|awesome|excellent|then|now|please"
)
_LEADS = opening(
    r"(?:is|are|was|do|does|did|can|could|will|would|may|might|should|has) (?:it|they|i|we|you|"
    r"the|this|that|those|these|there|any|my|pets?|dogs?|cats?|animals?|both)",
    r"what(?! an?\b)|what's|which|where|where's|who|when|why|how|how's|whether",
    after=_FILLER,
)
_WISHES = opening(
    r"i(?:'d| would|'ll| will| am|'m)? (?:also |really |just )?(?:want|need|wish|like|prefer|love|"
    r"looking|require|hoping|interested)",
    after=_FILLER,
)
_WHETHER = words(
    r"(?<!prefer )(?<!great )(?<!nice )(?<!good )(?<!like )(?<!love )(?<!better )(?<!perfect )if "
    r"(?:it'?s?|they|the|this|that|these|those|pets?|dogs?|cats?|animals?|my|i can|is|are)",
    r"whether|wondering about|(?:know|ask|asking|confirm|curious) about",
)
_INVERTED = words(
    r"(?:are|is|do|does|will|can|would) (?:the )?(?:pets?|dogs?|cats?|animals?|they|it|"
    r"apartments?|propert(?:y|ies)|place|parking|laundry) (?:be |also |come |have |allow|accept|"
    r"take|permit|welcome|furnished|pet|okay|fine|included|available|there|in )\w*",
)
_OF_RULES = words(r"restrictions?|polic(?:y|ies)|fees?|deposits?|limits?|rules?")
_OF_THIS = words(
    rf"(?:is|are|does|do|will|would|can|has|did) (?:it|they|this|that|these|those|the {HOME}|"
    r"pets?(?![ -]friendly)|dogs?|cats?|animals?|my|i|both|the|you allowed)(?! (?:be )?possible)",
    r"(?:do|should) (?:we|i) (?:need|have)|(?:is|are) there (?:already )?(?:furniture|parking|"
    r"laundry)",
)
_SEARCHES = words(
    r"(?:find|search\w*|look(?:ing)? (?:for|in|at|around|up|into)|show|recommend|suggest|locate|"
    r"pull up|list)(?! out)",
    rf"(?:any|some|other|another|different|more|else|an?)\b.{{0,32}}?\b{ONE}(?! (?:fee|polic)\w*)",
    r"(?:any|some)(?:thing|where)|something|else|alternatives?|others?",
    rf"(?:(?:are|is) there|do (?:you|they) have|have you got|get|give me)\b.{{0,30}}?\b(?:{ONE}|"
    rf"bed ?rooms?)",
    r"what(?:'s| is) available|what (?:else )?(?:do )?you have",
)
_PROPOSES = words(r"(?:how|what) about (?:an?|the|in|\d|one|two|three|four|some|something)")


@dataclass(frozen=True, slots=True)
class Clause:
    raw: str
    low: str
    asks: bool
    """Asks for a fact; a request to search does not."""
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
    if _WHETHER.search(low):
        return True
    if _INVERTED.search(low):
        return True
    if _WISHES.match(low) or not (low.endswith("?") or _LEADS.match(low)):
        return False
    if _OF_THIS.search(low) or _OF_RULES.search(low):
        return True
    return not (_SEARCHES.search(low) or _PROPOSES.search(low))


def lower(text: str) -> str:
    """Lower case of the same length, so that offsets hold."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower()[:1] or c for c in text)


def read_message(text: str, before: Talk = "") -> Message:
    """`before`: what the talk was about; a clause that does not say goes on with it."""
    raw = respell(clean(text))
    clauses = []
    talk = before
    for sentence in _SENTENCE.findall(raw):
        for part in filter(None, map(str.strip, _JOINT.split(sentence))):
            low = lower(part)
            talk = talk_of(low) or talk
            clauses.append(Clause(raw=part, low=low, asks=_asks(low), talk=talk))
    return Message(raw=raw, low=lower(raw), clauses=tuple(clauses))
