"""How a customer feels by their words; how a conversation ends counts more than how it begins."""

from agent.ai.understanding.patterns import words
from agent.tickets.models import Label
from agent.tickets.speakers import lines, support

LAST = 3
"""Lines of the customer that end a conversation."""
_FRUSTRATED = words(
    r"frustrat\w+",
    r"annoy\w+",
    r"angry",
    r"furious",
    r"upset",
    r"unacceptable",
    r"ridiculous",
    r"terrible",
    r"awful",
    r"horrible",
    r"disappoint\w+",
    r"fed up",
    r"(?:sick|tired) of",
    r"waste of time",
    r"useless",
    r"(?:second|third|fourth|fifth|2nd|3rd|4th) time",
    r"(?:again and again|over and over)",
    r"still (?:not|isn't|doesn't|broken|waiting)",
    r"keeps? (?:failing|happening|crashing|breaking)",
    r"nobody (?:helps|answers|responds|called)",
    r"for (?:days|weeks|hours)",
    r"cancel (?:our|my) (?:contract|subscription)",
    r"speak (?:to|with) (?:a|your) manager",
)
_RELIEVED = words(
    r"that (?:did it|worked|fixed it|helped|solved it)",
    r"(?:it|works?|working|goes through|went through|fixed|solved) (?:now|fine|perfectly|again)",
    r"(?:it )?worked",
    r"all (?:set|good)",
    r"perfect",
    r"awesome",
    r"amazing",
    r"wonderful",
    r"fantastic",
    r"excellent",
    r"life ?saver",
    r"relie(?:f|ved)",
    r"phew",
    r"(?:so|very) helpful",
    r"much appreciated",
    r"thank you so much",
    r"many thanks",
)
_CURIOUS = words(
    r"how (?:do|can|would|should) (?:i|we)",
    r"is (?:there a way|it possible)",
    r"what(?:'s| is) the (?:best|right|proper|recommended)",
    r"wonder(?:ing)?",
    r"curious",
    r"which (?:screen|menu|report|option)",
    r"(?:could|can) you (?:explain|show|walk)",
    r"best[- ]practice",
    r"not sure (?:how|which|where|what)",
    r"would like to (?:know|understand|learn)",
    r"where (?:do|can) (?:i|we)",
)


def mood(transcript: str) -> Label:
    """Frustrated, Relieved, Curious or Neutral; no value of a text that nobody speaks."""
    said = _said(transcript)
    if not said:
        return Label()
    whole, end = "\n".join(said), "\n".join(said[-LAST:])
    cross, glad = len(_FRUSTRATED.findall(whole)), len(_RELIEVED.findall(end))
    if cross and (cross > glad or _FRUSTRATED.search(said[-1])):
        return _label("Frustrated", cross)
    if glad:
        return _label("Relieved", glad)
    if asks := len(_CURIOUS.findall(whole)):
        return _label("Curious", asks)
    return Label(value="Neutral", confidence=0.4)


def _said(transcript: str) -> list[str]:
    spoken = lines(transcript.lower())
    helping = support(spoken)
    return [line.said for line in spoken if line.who not in helping]


def _label(value: str, signs: int) -> Label:
    return Label(value=value, confidence=min(0.8, 0.4 + 0.2 * signs))
