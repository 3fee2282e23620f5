"""Whether words are about homes or about something else a lead may chat of in between."""

from .models import Talk
from .patterns import HOME, VISIT, words

_HOME = words(
    HOME,
    r"bed ?rooms?|beds|bath ?rooms?|baths?|rooms",
    r"(?:un)?furnished|furniture|pets?|pet-friendly|dogs?|cats?",
    r"lease|leasing|rent|landlord|place to (?:live|stay|rent)|move[- ]in|moving",
    r"laundry|garage|visit(?:ing)?|accommodation|appointment",
    VISIT,
)
_HOME_ACTION = words(
    rf"(?:find|search|look|need|want|show|get|like|help|how about|what about)\b.{{0,50}}?\b{HOME}",
    rf"(?:schedul\w+|book\w*|set(?:ting)? up|arrang\w+|make|fix|plan|reserve|proceed|go(?: ahead)?"
    rf"|want|like)\b.{{0,40}}?\b(?:{VISIT}|visit(?:ing)?|see (?:it|this|that|the)\b.{{0,12}}{HOME})",
    rf"(?:go|going) to (?:see )?(?:the|that|this) {HOME}",
)
_OWN_CALENDAR = words(
    r"(?:am|will) i (?:be )?(?:\w+ )?(?:free|available|busy)",
    r"(?:see|check|know|tell me|look) when (?:i'm|i am|i will be|i'll be) (?:free|available)",
    r"(?:if|whether) (?:i'm|im|i am|i will be|i'll be) (?:free|available|busy)",
    r"(?:do|if|that|what\w*|when|would) i (?:have|got)\b.{0,24}"
    r"\b(?:free|available|open|openings?|slots?|time|hours|events?|anything)",
    r"(?:openings?|slots?|time|hours|events?|free) (?:do i have|is free|have i got|am i)",
    r"(?:you're|you are|you will be|you have|you've got) (?:\w+ ){0,2}?(?:free(?! to)|empty|open slot)",
    r"(?:free|empty|available|time|open) slots?|(?:any|much|my|have) free time|free (?:from|between)",
    r"(?<!per )calendars?(?! month)|events?|my (?:schedule|agenda|availability)",
)
_OTHER = words(
    r"cabs?|taxis?|uber|lyft|rides?|riders?|drivers?|fare|pool ride|shared ride",
    r"cars?|automobiles?|vehicles?|(?:full|mid)-?size|(?:compact|standard|economy|intermediate) rental",
    r"suv|hatchback|sedan|pick(?:ed|ing)? ?(?:me |it |you )?up|drop(?:ped)?[- ]?off",
    r"restaurants?|tables? for|dinner|lunch|cuisine",
    r"hotels?|flights?|airlines?|airports?|bus|buses|trains?|tickets?",
    r"movies?|films?|theat(?:er|re)s?|songs?|music|playlist|album|concerts?",
    r"balance|savings|checking|transfer|transaction|bank account",
    r"doctors?|dentists?|dermatologists?|therapists?|psychologists?|salons?|stylists?|haircut",
    r"weather|temperature|forecast|rain|humidity",
    r"alarms?|museums?|attractions?",
)
_OWN_CAR = words(r"(?:my|our|a|one|two|own|have|park\w*|for) (?:\w+ )?(?:cars?|vehicles?)")


def talk_of(low: str) -> Talk:
    if _OWN_CALENDAR.search(low):
        return "homes" if _dismisses(low) else "other"
    if not _OTHER.search(low):
        return "homes" if _HOME.search(low) else ""
    if _HOME_ACTION.search(low) or (_OWN_CAR.search(low) and _PARKS.search(low)):
        return "homes"
    return "other"


_PARKS = words(r"park\w*|garages?|spots?|spaces?")
_DISMISSAL = words(r"no|not|don't|skip|never ?mind|forget|just|instead|without")


def _dismisses(low: str) -> bool:
    """ "Don't add it to my calendar, just schedule the visit"."""
    return bool(_DISMISSAL.search(low) and _HOME_ACTION.search(low))
