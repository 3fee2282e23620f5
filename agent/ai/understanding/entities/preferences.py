"""Wishes that have no field of their own, in the lead's words."""

from collections.abc import Iterator
from functools import lru_cache

from agent.ai.understanding.facts import Fact
from agent.ai.understanding.message import Message
from agent.ai.understanding.models import Context
from agent.ai.understanding.patterns import words

_NEAR = (
    r"(?:train|bart|subway|bus|beach|park|campus|downtown|work|metro|station|university|freeway|"
    r"highway|office|shops|grocery)"
)
_WISHED = words(
    r"(?:ground|first|top|upper|higher|lower|second|third) floor|elevator|corner unit",
    r"balcon(?:y|ies)|patio|(?:private |small |fenced |big )?yard|pool|gym|fitness (?:center|room)",
    r"dishwasher|air conditioning|a/c|central air|fireplace|gas stove|stainless(?: steel)?",
    r"hardwood(?: floors?)?|(?:walk-?in )?closets?|high ceilings?|natural light|(?:big|"
    r"large) windows",
    r"(?:(?:city|water|lake|bay|park|mountain|ocean|nice|good) )?view",
    r"quiet(?: (?:street|building|unit|place))?|modern|spacious|(?:newly |recently )?(?:renovated|"
    r"remodeled|updated)",
    rf"(?:near|close to|walking distance to) (?:the |a |my )?{_NEAR}(?: (?:station|stop|line))?",
    r"storage|home office|den|loft|open (?:floor ?plan|kitchen)|rooftop(?: deck)?|bike storage",
    r"ev charg\w+|(?:fiber|high-speed) internet",
)


def read(message: Message, context: Context) -> Iterator[Fact]:
    wishes = [wish for clause in message.homes if not clause.asks for wish in _wished(clause.low)]
    if wishes:
        yield Fact("preferences", list(dict.fromkeys(wishes)), "preference_named")


@lru_cache(4_096)
def _wished(low: str) -> tuple[str, ...]:
    return tuple(match[0] for match in _WISHED.finditer(low))
