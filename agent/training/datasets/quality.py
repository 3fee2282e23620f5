"""Which replies are worth learning from, and which words must not be learnt at all."""

import re

from agent.ai.understanding.protected import PATHS, is_protected

_EXCUSE = re.compile(
    r"\b(?:sorry|apologi[sz]e|apologies|unfortunately|i can(?:'t|not) help|something went wrong|"
    r"i (?:don't|do not) (?:know|understand)|not sure i understand)\b",
    re.IGNORECASE,
)
_TAKEN_OUT = re.compile(r"\[(?:email|phone|ssn|card|address|name)\]")
_WORD = re.compile(r"\w+")
_LEAST_WORDS = 2
_LONGEST = 2_000


def unfit(reply: str) -> str | None:
    """Why nothing should be learnt from this redacted reply; None when it may be."""
    if len(_WORD.findall(reply)) < _LEAST_WORDS:
        return "too_short"
    if len(reply) > _LONGEST:
        return "too_long"
    if _EXCUSE.search(reply):
        return "apology"
    if _TAKEN_OUT.search(reply):
        # a model would learn to say the mark, or to make up what stood there
        return "contact_data"
    return None


def touches_protected(text: str) -> bool:
    """Whether fair housing keeps the text out of everything that is learnt from."""
    low = text.lower()
    return is_protected(low) or any(pattern.search(low) for _, pattern, _ in PATHS)
