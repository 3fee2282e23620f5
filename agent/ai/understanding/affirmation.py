"""Yes and no, also inside longer sentences."""

import re

_YES = re.compile(
    r"^\W*(?:(?:oh|ah|um|uh|hmm|well|wow|ok|okay|great|so)\b[\s,.!]*)*"
    r"(?:yes|yeah|yep|yup|ya|ye|yea|yess+|sure|of course|certainly|definitely|absolutely|correct|"
    r"indeed|please do|go ahead|right|exactly|affirmative|ok|okay|fine|alright|all right|perfect|"
    r"great|cool|awesome|excellent|good|wonderful|fantastic|by all means|why not|i do\b|"
    r"i would\b(?! (?:like|love|prefer|want|rather|need))|"
    r"(?:that|this|it|everything|all)(?:'s| is| was| looks?| sounds?| seems?| works?| would be| will be| all)?"
    r"\W+(?:all )?(?:absolutely |totally |about |quite |really |pretty |just |so |very )*"
    r"(?:right|correct|good|great|fine|perfect|it|works?|nice|ok|okay|awesome|excellent|wonderful|"
    r"confirmed|true|accurate|ideal|cool|lovely|amazing|exactly)|"
    r"(?:sounds?|looks?|seems?|works?)\s+(?:\w+\s+)?(?:good|great|fine|perfect|right|correct|nice|"
    r"ok|okay|awesome|excellent|wonderful|for me|like a plan|amazing|lovely)|"
    r"(?:that|this|it) works\b|works for me|i (?:confirm|agree|approve)|confirmed?\b|"
    r"let's do (?:it|that)|do it|please (?:proceed|book|schedule|confirm|go)|proceed|"
    r"\U0001f44d|\u2705|\u2714)"
)
_INNER_YES = re.compile(
    r"\b(?:yes|yeah|yep|yup|that(?:'s| is) (?:right|correct|fine|good|perfect|great)|sounds "
    r"(?:good|great|right|perfect|fine)|works for me|that works|go ahead|please (?:do|proceed)|"
    r"i confirm|let's do it|is (?:right|correct))\b"
)
_NO = re.compile(
    r"^\W*(?:(?:oh|ah|um|uh|hmm|well|actually|sorry|ok|okay|thanks|thank you)\b[\s,.!]*)*"
    r"(?:no+|nope|nah|naw|not (?:really|now|yet|right now|today|at (?:this|the) (?:moment|time)|"
    r"quite|exactly|this time|necessary|needed|interested)|never ?mind|negative|"
    r"don't\b|do not\b|wait\b|hold on\b|(?:that|this|it)(?:'s| is)(?:n't| not)\b|"
    r"i(?: don't| do not|'d rather not| would rather not|'m not)\b(?! (?:see|mind))|"
    r"i'd rather\b|i would rather\b|incorrect|wrong|not that)\b"
)
_NO_AS_FILLER = re.compile(
    r"^\W*no (?:problem|worries|doubt|pets?|dogs?|cats?|preference|"
    r"need to (?:worry|apologize)|issue)\b"
)
_INSTEAD = re.compile(
    r"\b(?:instead|rather than|change (?:it|that|the|my)|make (?:it|that) (?:on |for |to )?(?:the|"
    r"another|a different|\d)|can't (?:make|do)|cannot (?:make|do)|won't work|doesn't work|not "
    r"(?:correct|right)|isn't (?:correct|right)|wrong|different (?:date|day|time)|another (?:date|"
    r"day|time))\b"
)


def affirms(low: str) -> bool:
    return not negates(low) and bool(_YES.search(low) or _INNER_YES.search(low))


def negates(low: str) -> bool:
    return bool(_NO.search(low)) and not _NO_AS_FILLER.search(low)


def corrects(low: str) -> bool:
    """Asks for something else than what was proposed."""
    return bool(_INSTEAD.search(low))


def leans(low: str) -> bool | None:
    """A yes, a no, or neither."""
    if negates(low):
        return False
    return True if affirms(low) else None
