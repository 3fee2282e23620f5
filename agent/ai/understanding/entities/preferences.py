"""Wishes that have no field of their own, in the lead's words."""

import re
from collections.abc import Iterator

from ..facts import Fact
from ..message import Message
from ..models import Context

_WISHES = re.compile(
    r"\b(?:(?:ground|first|top|upper|higher|lower|second|third) floor|balcon(?:y|ies)|patio|(?:private |small |fenced )?yard|pool|gym|"
    r"fitness (?:center|room)|dishwasher|air conditioning|a/c|central air|fireplace|hardwood(?: floors?)?|"
    r"(?:walk-?in )?closets?|natural light|(?:big |large )?windows|(?:city|water|lake|bay|park|mountain|ocean) view|view|elevator|"
    r"quiet(?: (?:street|building|unit))?|downtown|near (?:the )?(?:train|bart|subway|bus|beach|park|campus|downtown|"
    r"work|metro|station|university|freeway|highway)\w*|close to (?:the )?(?:train|bart|subway|beach|park|downtown|work|metro|"
    r"station|freeway|highway)\w*|storage|home office|den|loft|open (?:floor ?plan|kitchen)|"
    r"(?:newly |recently )?(?:renovated|remodeled|updated)|modern|spacious|wheelchair-height|"
    r"ev charg\w+|bike storage|rooftop(?: deck)?|smart (?:lock|home)|gas stove|stainless(?: steel)?(?: appliances)?|"
    r"high ceilings?|corner unit|high-speed internet|fiber internet)\b"
)


def read(message: Message, context: Context) -> Iterator[Fact]:
    wishes = [
        match[0]
        for clause in message.homes
        if not clause.asks
        for match in _WISHES.finditer(clause.low)
    ]
    if wishes:
        yield Fact("preferences", list(dict.fromkeys(wishes)), "preference_named")
