"""How urgent a ticket is by its words, where its file does not say."""

import re

from agent.ai.understanding.patterns import listed, words
from agent.tickets.models import Label

_CRITICAL = words(
    r"(?:system|site|service|server|everything|production|portal)(?: \w+)? "
    r"(?:is|are|went|has gone|has been) (?:completely |totally )?(?:down|offline|out)",
    r"outage",
    r"data (?:loss|breach|leak)",
    r"security (?:breach|incident)",
    r"hacked",
    r"(?:nobody|no one|none of (?:us|our \w+)) can",
    r"all (?:of )?(?:our )?(?:users|residents|properties|sites) (?:are )?(?:affected|down|unable)",
    r"emergency",
    r"safety (?:risk|hazard)",
)
_HIGH = words(
    r"urgent(?:ly)?",
    r"asap",
    r"as soon as possible",
    r"right away",
    r"immediately",
    r"critical",
    r"time[- ]sensitive",
    r"deadline",
    r"(?:due|by|before) (?:the )?(?:end of (?:the )?)?(?:today|day|tonight|eod|close of business)",
    r"block(?:ing|ed|er|s)",
    r"can(?:'t|not) (?:work|proceed|continue|move forward)",
    r"(?:work|operations?|office) (?:is|are|has) (?:stopped|stuck|halted)",
    r"showstopper",
    r"(?:top|high) priority",
)
_LOW = words(
    r"no (?:rush|hurry)",
    r"not urgent",
    r"low priority",
    r"when(?:ever)? you (?:get|have) (?:a )?(?:chance|moment|time)",
    r"just (?:curious|wondering|a question)",
    r"cosmetic",
    r"typo",
    r"nice to have",
    r"feature request",
    r"minor",
)
_RULES = (("Critical", 0.8, _CRITICAL), ("High", 0.7, _HIGH), ("Low", 0.7, _LOW))
_NO = listed("no not never isn't wasn't aren't non without")
_WORD = re.compile(r"[\w']+")
_REACH = 20


def urgency(text: str) -> Label:
    """Of the most urgent words that stand there; none: no value."""
    lowered = text.lower()
    for value, confidence, pattern in _RULES:
        if any(_meant(lowered, found) for found in pattern.finditer(lowered)):
            return Label(value=value, confidence=confidence)
    return Label()


def _meant(text: str, found: re.Match[str]) -> bool:
    """Whether the word before does not deny it: "not urgent"."""
    before = _WORD.findall(text[max(0, found.start() - _REACH) : found.start()])
    return not (before and before[-1] in _NO)
