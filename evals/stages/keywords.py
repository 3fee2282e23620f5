"""What a few words give away of a stage: the baseline a model has to beat."""

import re

_CUES = (
    ("closing", r"\b(?:thanks?|thank you|bye|anything else|have a (?:nice|great|good))\b"),
    ("touring", r"\b(?:visit\w*|tour\w*|schedul\w+|appointment|book\w*)\b"),
    ("sending_list", r"\b(?:i found|there (?:is|are)|how about|located at|i have)\b"),
    ("selecting_favorites", r"\b(?:do they|does it|is it|are there|address|rent|other)\b"),
)
_READ = tuple((stage, re.compile(cues)) for stage, cues in _CUES)


def stage_by_keyword(text: str) -> str:
    low = text.lower()
    return next((stage for stage, cues in _READ if cues.search(low)), "qualifying")
