"""Yes and no, also inside longer sentences."""

from functools import lru_cache

from .patterns import opening, words

_FILLER = r"oh|ah|um+|uh|hm+|well|wow|okay|so|and|then|actually"
_GOOD = (
    r"(?:good|great|fine|perfect|right|correct|nice|okay|awesome|excellent|wonderful|amazing|"
    r"lovely|fantastic|cool|ideal|accurate|confirmed|true|terrific)"
)
_VERY = r"(?:(?:all|absolutely|totally|about|quite|really|pretty|just|so|very|exactly|also)\s+)*"
_YES = opening(
    r"yes+|yeah+|yep|yup|ya|ye|yea+h?|sure|of course|certainly|definitely|absolutely|indeed|"
    r"exactly",
    r"affirmative|approved|confirmed?|agreed|proceed|by all means|why not|okay|alright|all right|"
    r"sweet",
    _GOOD,
    r"please (?:do|proceed|book|schedule|confirm|go)|go ahead|do it|let's do (?:it|that)",
    r"you got it|that(?:'ll| will) do|i like (?:it|that|this)|i do(?! not)|i would(?=\W*$|[,.!])|"
    r"i (?:confirm|agree|approve)",
    rf"(?:that|this|it|everything|all)(?:'s|'ll be)?(?: is| was| would be| will be| all| looks?|"
    rf" sounds?| seems?| works?)?\s+{_VERY}(?:{_GOOD}|it|works?|what i (?:want|need|meant|said)|"
    r"like (?:just |exactly )?what i \w+)",
    rf"(?:that|this|it|everything)(?:'s| is) {_VERY}(?:{_GOOD}|it)",
    rf"(?:sounds?|looks?|seems?) {_VERY}(?:{_GOOD}|like (?:a plan|(?:just |exactly )*what))|"
    rf"works(?: (?:well|great|fine|for me))?",
    after=_FILLER,
)
_YES_WITHIN = words(
    r"yes|yeah|yep|yup|works for me|that works|go ahead|please (?:do|proceed)|i confirm|"
    r"let's do it",
    rf"that(?:'s| is) {_VERY}{_GOOD}|(?:that )?sounds? {_VERY}{_GOOD}|is (?:right|correct)",
)
_THUMB = ("\N{THUMBS UP SIGN}", "\N{WHITE HEAVY CHECK MARK}")
_NO = opening(
    r"no+|nope|nah|naw|negative|incorrect|wrong|never ?mind|don't|do not|wait|hold on|hang on",
    r"not (?:really|now|yet|right now|today|at (?:this|the) (?:moment|time)|quite|exactly|"
    r"this time|necessary|needed|interested|that|for)",
    r"(?:that|this|it)(?:'s| is| does|'s)?(?:n't| not)|(?:that|this|it) doesn't",
    r"i(?: don't| do not|'d rather| would rather|'m not| am not| can't| cannot)(?! (?:see|mind))",
    r"(?:maybe|perhaps) (?:later|another time|not|next time)",
    after=_FILLER + r"|sorry|thanks|thank you",
)
_NO_AS_FILLER = opening(
    r"no (?:problem|worries|doubt|pets?|dogs?|cats?|preference|idea|issue|rush|smoking)",
    r"no,? (?:that|this|it)(?:'s| is) (?:fine|okay|perfect|great|good|right|correct)",
)
_OTHERWISE = words(
    r"instead|rather than|(?:change|move|push) (?:it|that|the|my)",
    r"make (?:it|that) (?:on |for |to )?(?:the|another|a different|next|this|\d|mon|tue|wed|thu|"
    r"fri|sat|sun)(?:day|nes|urs|r|s)*",
    r"can't (?:make|do)|cannot (?:make|do)|won't work|doesn't work|not (?:correct|right)|"
    r"isn't (?:correct|right)|wrong|(?:different|another|other) (?:date|day|time)",
    r"(?:can|could) we do|prefer (?:the|another|a different)",
)


_TAKES_BACK = opening(
    r"no(?! (?:problem|worries|pets?|need|rush))|nope|wait|hold on|never ?mind|scratch that",
    r"not (?:that|this|on|for|then|at)|(?:i )?(?:can't|cannot|won't)",
    r"i (?:changed my mind|take (?:that|it) back)",
    after=r"actually|sorry|oh|hm+|and",
)


def takes_back(low: str) -> bool:
    """Withdraws the yes that an earlier clause gave."""
    return bool(_TAKES_BACK.match(low))


def negates(low: str) -> bool:
    return bool(_NO.match(low)) and not _NO_AS_FILLER.match(low)


def affirms(low: str) -> bool:
    if low.lstrip().startswith(_THUMB):
        return True
    return not negates(low) and bool(_YES.match(low) or _YES_WITHIN.search(low))


def wants_otherwise(low: str) -> bool:
    """Asks for something else than what was proposed."""
    return bool(_OTHERWISE.search(low))


@lru_cache(4_096)
def answer(low: str) -> bool | None:
    """A yes, a no, or neither."""
    if negates(low):
        return False
    return True if affirms(low) else None
