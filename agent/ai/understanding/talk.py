"""Whether words are about homes or about something else a lead may chat of in between."""

import re

from .models import Talk

_HOME = re.compile(
    r"\b(?:apartments?|propert(?:y|ies)|condos?|townhouses?|homes?|houses?|lofts?|studios?|"
    r"bed ?rooms?|beds|bath ?rooms?|baths?|furnished|unfurnished|furniture|pets?|pet-friendly|"
    r"lease|leasing|rent|rental unit|landlord|place to (?:live|stay|rent)|move[- ]in|moving|"
    r"laundry|garage|tour|viewing|showing|unit|residence|visit|accommodation|dogs?|cats?)\b"
)
_ACTION = re.compile(
    r"\b(?:(?:find|search|look|need|want|show|get|like|help)\b.{0,50}?\b(?:apartments?|"
    r"propert(?:y|ies)|condos?|homes?|houses?|studios?|residence|"
    r"place to (?:live|stay|rent))|"
    r"(?:schedul\w*|book\w*|set(?:ting)? up|arrang\w*|make|fix|plan|get|reserve|proceed|"
    r"want|like|going|go|have)\b.{0,40}?\b(?:(?:visit|tour|viewing|showing)s?|visit\w*|"
    r"(?:see|view|tour|look at)\b.{0,12}?\b(?:the|that|this|it)\b.{0,12}?"
    r"\b(?:apartment|property|place|home|house|unit)?))\b"
)
_OTHER = re.compile(
    r"\b(?:cabs?|taxis?|uber|lyft|rides?|riders?|drivers?|fare|pool|shared|"
    r"(?:rent|rental|hire|renting|book|reserve)\b.{0,12}?\b(?:car|vehicle|sedan|suv|truck|van)s?|"
    r"cars?|vehicles?|suv|hatchback|sedan|compact|pick ?up|drop[- ]?off|"
    r"calendars?|events?|"
    r"(?:am i|i'm|im|i am|if i'm|are you|you(?:'re| are)) (?:free|available|busy)|"
    r"my (?:free|schedule|availability|day|agenda)|free (?:time|slots?)|time slots?|"
    r"time (?:am i|do i have|is free)|empty slots?|available slots?|do i have time|"
    r"restaurants?|tables? for|dinner|lunch|cuisine|reservations?|"
    r"hotels?|flights?|airlines?|airports?|bus|buses|trains?|tickets?|"
    r"movies?|films?|theat(?:er|re)s?|songs?|music|playlist|album|concerts?|"
    r"bank|balance|savings|checking|transfer|transaction|"
    r"doctors?|dentists?|dermatologists?|therapists?|psychologists?|salons?|stylists?|hair|"
    r"weather|temperature|forecast|rain|humidity|"
    r"alarms?|message|payment|museums?|attractions?)\b"
)


def talk_of(low: str) -> Talk:
    other = _OTHER.search(low)
    if not other:
        return "homes" if _HOME.search(low) else ""
    if _ACTION.search(low):
        return "homes"
    return "other"
