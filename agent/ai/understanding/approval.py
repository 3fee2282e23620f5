"""Whether a message likes the home under discussion."""

from .message import Message
from .models import Context, Intent
from .patterns import words
from .phrases import ABOUT_HOMES

_APPROVAL = (
    r"(?:good|great|nice|perfect|fine|lovely|awesome|amazing|wonderful|excellent|fantastic|"
    r"terrific|ideal|right|better|interesting|promising|well|okay|cool|fair|reasonable|decent|"
    r"beautiful|suitable|sweet)"
)
_APPROVES = words(
    rf"(?:sound|look|seem|work|feel)s? (?:\w+ ){{0,3}}?(?:{_APPROVAL}|like (?:an?|the|what|it|"
    rf"something)|for me)",
    r"(?:i|i'd|we|i'll|i'd) (?:\w+ ){0,2}?(?:like|love|prefer|take|choose|pick|want|go (?:with|"
    r"for)) (?:\w+ ){0,2}?(?:it|that|this|the (?:\w+ )?one|place|apartment|sound)",
    r"(?:that|this|it|which|one|apartment|property|place)(?:'s|'ll)?(?: \w+){0,4}? (?:good|great|"
    r"nice|perfect|fine|lovely|awesome|amazing|wonderful|excellent|fantastic|ideal|suitable|"
    r"terrific|cool|okay|the one|works?|best|right one|will do|interests me)",
    r"interested in|works for me|good (?:one|choice|option)|go with|right one|(?:one )?i (?:like|"
    r"love)",
    rf"what i(?:'m| am| was)? (?:looking|need|want)\w*|{_APPROVAL}(?! (?:to|for) (?:know|hear))|"
    r"sure|alright|all right|yes|yeah|yep|yup",
)
_UNDECIDED = words(
    r"not|isn't|doesn't|don't(?! (?:need|have|want|mind|think (?:so|i)))|no|too \w+|instead|"
    r"rather|others?|another|different|maybe|before|cheaper|bigger|smaller"
)
_SATISFIED = words(
    r"that(?:'s| is|'ll be| will be| was) (?:all|everything)(?: the \w+)?(?: that)?(?: i|"
    r" we) (?:need|want)\w*",
    r"(?:all|everything) (?:that )?(?:i|we) (?:need|want)\w*|all (?:of )?the (?:help|information|"
    r"info)",
    r"found my (?:new )?home|that (?:would|will) be all|(?:i'll|i will|let's) try (?:it|this|that)",
)
_TOUR_TALK = frozenset({"confirm", "tour", "more", "slot", "tour_date", "search"})
_LOOKS_ON = tuple(
    phrase
    for phrase in ABOUT_HOMES
    if phrase.intent in (Intent.MORE, Intent.REJECT, Intent.COMPARE)
)
_SEARCHES = words(r"(?:find|search|look|try)(?:ing)?(?: for| in)? (?:me )?(?:an?|some|one|in|good)")
_TOURS = next(phrase for phrase in ABOUT_HOMES if phrase.intent is Intent.TOUR)


def approves(message: Message, context: Context) -> bool:
    """Likes the home in focus, as opposed to agreeing to what the agent would do."""
    if context.focus is None and not context.agent.homes:
        return False
    clauses = [clause.low for clause in message.homes]
    homes = "\n".join(clauses)
    if _TOUR_TALK & {*context.agent.asked} or _UNDECIDED.search(homes):
        return False
    if any(phrase.fits(homes) for phrase in _LOOKS_ON) or any(map(_SEARCHES.search, clauses)):
        return False
    if any(clause.asks and not _TOURS.fits(clause.low) for clause in message.homes):
        return False
    return any(_APPROVES.search(low) or _SATISFIED.search(low) for low in clauses)
