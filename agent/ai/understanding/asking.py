"""Whether a clause asks for a fact of a home; a request to search for one does not.

"Is it furnished?" asks; "Can you find me a furnished one?" and "How about a furnished one?" wish.
"""

from functools import lru_cache

from .numbers import SMALL
from .patterns import HOME, ONE, opening, words

_FILLER = (
    r"and|also|so|okay|ok|but|yes|yeah|yep|yup|sure|great|cool|perfect|by the way|well|thanks|"
    r"thank you|hi|hello|hey|no|alright|correct|good|right|nice|awesome|excellent|then|now|please"
)
_LEADS = opening(
    r"(?:is|are|was|do|does|did|can|could|will|would|may|might|should|has) (?:it|they|i|we|you|"
    r"the|this|that|those|these|there|any|an?|my|pets?|dogs?|cats?|animals?|both)",
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
    rf"(?:an?|any) (?:{SMALL})[ -]?(?:bed|bd|br)\w*",
)
_PROPOSES = words(
    rf"what if (?:i|we)|(?:how|what) about (?:an?|the|in|#|\d|one|two|three|four|some|something|"
    rf"{HOME})"
)
_COUNTS = opening(
    rf"(?:an? |any )?(?:{SMALL})[ -]?(?:bed|bd|br|bath|ba|x ?\d|b/|rooms?)\w*|studios?",
    after=_FILLER,
)
"""A size that is offered for a search: "two bedrooms?"."""
_REQUESTS = words(
    rf"(?:can|could|may) (?:i|we) (?:get|have|see|find|rent)\b.{{0,40}}\b(?:{ONE}|bed ?rooms?)"
)
_CHANGES = words(
    r"(?:can|could|may|shall) (?:i|we|you) (?:please )?(?:change|make|switch|update|bump)"
)
_OFFERED = words(
    rf"(?:is|are) (?:the|that|your|any|an?) (?:{SMALL})[ -]?(?:bed|bd|"
    rf"br)\w*\b.{{0,40}}\b(?:available|"
    r"free|open|vacant|there|left)"
)
"""A size that is asked after is a size that is wanted."""
_STATES = opening(r"(?:it|this|that)(?:'s| is| it)?(?: an?)? \w+", after=_FILLER)


@lru_cache(4_096)
def asks_for_fact(low: str) -> bool:
    if _WHETHER.search(low):
        return True
    if _INVERTED.search(low):
        return True
    if _WISHES.match(low) or not (low.endswith("?") or _LEADS.match(low)):
        return False
    if _CHANGES.search(low) or _OFFERED.search(low):
        return False
    if _COUNTS.match(low) or (_REQUESTS.search(low) and not _OF_RULES.search(low)):
        return False
    if _OF_THIS.search(low) or _OF_RULES.search(low) or _STATES.match(low):
        return True
    return not (_SEARCHES.search(low) or _PROPOSES.search(low))
