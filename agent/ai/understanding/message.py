"""A message cut into clauses, each knowing what it is about and whether it asks for a fact."""

import re
from dataclasses import dataclass

from agent.kit.text import clean

from .models import Gazetteer, Talk
from .names import Name, find_names, masked
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
    r"if there(?:'s| is| are) (?:any |an? |some )?(?:pets?|parking|laundry|fees?|furniture|dogs?)",
    r"whether|wondering about|(?:know|ask|asking|confirm|curious) about",
)
_INVERTED = words(
    r"(?:are|is|do|does|will|can|would) (?:the )?(?:pets?|dogs?|cats?|animals?|they|it|"
    r"apartments?|propert(?:y|ies)|place|parking|laundry) (?:be |also |come |willing |have |allow|"
    r"accept|take|permit|welcome|furnished|pet|okay|fine|included|available|there|in )\w*",
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
_PROPOSES = words(
    rf"(?:how|what) about (?:an?|the|in|#|\d|one|two|three|four|some|something|{HOME})"
)
_REQUESTS = words(
    rf"(?:can|could|may) (?:i|we) (?:get|have|see|find|rent)\b.{{0,40}}\b(?:{ONE}|bed ?rooms?)"
)
_STATES = opening(r"(?:it|this|that)(?:'s| is| it)?(?: an?)? \w+", after=_FILLER)


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


@dataclass(frozen=True, slots=True)
class Message:
    clauses: tuple[Clause, ...]

    @property
    def low(self) -> str:
        return "\n".join(clause.low for clause in self.clauses)

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
    if _REQUESTS.search(low) and not _OF_RULES.search(low):
        return False
    if _OF_THIS.search(low) or _OF_RULES.search(low) or _STATES.match(low):
        return True
    return not (_SEARCHES.search(low) or _PROPOSES.search(low))


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
            full = lower(part)
            places, communities = find_names(full, gazetteer)
            low = masked(full, (*places, *communities))
            talk = talk_of(low) or talk
            clauses.append(Clause(part, full, low, places, communities, _asks(low), talk))
    return Message(tuple(clauses))
