"""Whether words are about homes or about something else a lead may chat of in between."""

from functools import lru_cache

from .models import Talk
from .patterns import HOME, VISIT, words

_HOME = words(
    HOME,
    VISIT,
    r"bed ?rooms?|beds|bath ?rooms?|baths?|rooms",
    r"(?:un)?furnished|furniture|pets?|pet-friendly|dogs?|cats?",
    r"lease|leasing|rent|landlord|place to (?:live|stay|rent)|move[- ]in|moving",
    r"laundry|garage|visit(?:ing)?|accommodation",
)
_HOME_ACTION = words(
    rf"(?:find|search|look|need|want|show|get|like|help|(?:how|what) about)\b.{{0,50}}?\b{HOME}",
    r"(?:schedul\w+|book\w*|set(?:ting)? up|arrang\w+|make|fix|plan|reserve|proceed|go(?: ahead)?|"
    rf"want|like)\b.{{0,40}}?\b(?:{VISIT}|visit(?:ing)?|see (?:it|this|that|the)\b.{{0,12}}{HOME})",
    rf"(?:go|going) to (?:see )?(?:the|that|this) {HOME}",
    r"park\w*|garages?|spots?",
)
_OWN_CALENDAR = words(
    r"(?:am|will) i (?:be )?(?:\w+ )?(?:free|available|busy)",
    r"(?:see|check|know|tell me|look) when (?:i'm|i am|i will be|i'll be) (?:free|available)",
    r"(?:if|whether) (?:i'm|im|i am|i will be|i'll be) (?:free|available|busy)",
    r"(?:do|if|that|what\w*|when|would) i (?:have|got)\b.{0,24}\b(?:free|available|open|openings?|"
    r"slots?|time|hours|events?|anything)",
    r"(?:openings?|slots?|time|hours|events?|free) (?:do i have|is free|have i got|am i)",
    r"slots? (?:is |are )?(?:\w+ )?for me|(?:any|much|my|have) free time|"
    r"my (?:schedule|agenda|availability)",
    r"(?:you're|you are|you will be|you have|you've got) (?:\w+ ){0,2}?(?:free(?! to)|empty|"
    r"open slot)",
    r"empty slots?|free (?:from|between)|(?<!per )calendars?(?! month)|events?",
)
_OTHER = words(
    r"cabs?|taxis?|uber|lyft|rides?|riders?|drivers?|fare|pool ride|shared ride",
    r"cars?|automobiles?|vehicles?|suv|hatchback|sedan|(?:full|mid)-?size",
    r"(?:compact|standard|economy|intermediate) rental",
    r"(?:pick(?:ed|ing)? ?(?:me |it |you )?up|drop(?:ped)?[- ]?off)(?! (?:the|my|an?) (?:keys?|"
    r"packages?|applications?|checks?|papers|documents|deposit))",
    r"restaurants?|tables? for|dinner|lunch|cuisine",
    r"hotels?|flights?|airlines?|airports?|bus|buses|trains?|tickets?",
    r"movies?|films?|theat(?:er|re)s?|songs?|playlist|album|concerts?",
    r"bank account|(?:savings|checking) account|transfer (?:money|\$)|transactions?",
    r"doctors?|dentists?|dermatologists?|therapists?|psychologists?|salons?|stylists?|haircut",
    r"weather|temperature|forecast|humidity|set an alarm|museums?|attractions?",
)
_NEARBY = words(
    r"(?:near(?:by)?|close to|next to|by|distance (?:to|from|of)|access to|around|along|good|"
    r"public|few)(?: (?:the|an?|any|some|good|public|bus|train|other))* (?:bus|buses|trains?|"
    r"airports?|restaurants?|theat(?:er|re)s?|museums?|hotels?|doctors?)",
    r"(?:bus|train) (?:line|stop|station|route)s?",
)
"""What a home is close to."""
_DISMISSAL = words(r"no|not|don't|skip|never ?mind|forget|just|instead|without")


@lru_cache(4_096)
def talk_of(low: str) -> Talk:
    if _OWN_CALENDAR.search(low):
        return "homes" if _dismisses(low) else "other"
    if not _OTHER.search(_NEARBY.sub("", low)):
        return "homes" if _HOME.search(low) else ""
    return "homes" if _HOME_ACTION.search(low) else "other"


def _dismisses(low: str) -> bool:
    """ "Don't add it to my calendar, just schedule the visit"."""
    return bool(_DISMISSAL.search(low) and _HOME_ACTION.search(low))
