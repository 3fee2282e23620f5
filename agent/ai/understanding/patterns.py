"""How the tables of rules write their patterns: one alternative a line, whole words."""

import re

HOME = (
    r"(?:apartments?|aparments?|places?|propert(?:y|ies)|homes?|houses?|units?|condos?|studios?|"
    r"flats?|lofts?|townhouses?|rentals|residences?|listings?|somewhere (?:to live|else))"
)
"""A home, in one word."""
ONE = rf"(?:{HOME}|ones?|options?|choices?|something|anything)"
"""A home, or a word that stands for one."""
VISIT = r"(?:visits?|tours?|viewings?|showings?|appointments?|appt|walk-?throughs?)"
"""A visit, as a noun."""


_REACH = 60


def before(text: str, position: int) -> str:
    """The words just before a position: as far as a phrase reaches, however long the text."""
    return text[max(0, position - _REACH) : position]


def listed(text: str) -> frozenset[str]:
    """The words of a text, for a long list that reads as lines."""
    return frozenset(text.split())


def words(*alternatives: str) -> re.Pattern[str]:
    """Any of these as whole words, anywhere."""
    return re.compile(rf"\b(?:{'|'.join(alternatives)})\b")


def opening(*alternatives: str, after: str = "") -> re.Pattern[str]:
    """Any of these at the beginning, perhaps `after` some filler words."""
    filler = rf"(?:(?:{after})\b[\s,.!-]*)*" if after else ""
    return re.compile(rf"^\W*{filler}(?:{'|'.join(alternatives)})\b")


def whole(*alternatives: str) -> re.Pattern[str]:
    """Any of these as the whole message, whatever the punctuation around it."""
    return re.compile(rf"^\W*(?:{'|'.join(alternatives)})\W*$")
