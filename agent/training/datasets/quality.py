"""Which replies are worth learning from, and which words must not be learnt at all."""

import re

from agent.ai.understanding.protected import PATHS, is_protected
from agent.training.datasets.lines import Conversation, Line

_EXCUSE = re.compile(
    r"\b(?:sorry|apologi[sz]e|apologies|unfortunately|i can(?:'t|not) help|something went wrong|"
    r"i (?:don't|do not) (?:know|understand)|not sure i understand)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_LEAST_WORDS = 2
_LONGEST = 2_000


def unfit(line: Line, conversation: Conversation) -> str | None:
    """Why nothing should be learnt from this reply; None when it may be."""
    if conversation.handed_off and line is conversation.lines[-1]:
        return "handed_off"
    if len(_WORD.findall(line.text)) < _LEAST_WORDS:
        return "too_short"
    if len(line.text) > _LONGEST:
        return "too_long"
    if _EXCUSE.search(line.text):
        return "apology"
    return None


def touches_protected(text: str) -> bool:
    """Whether fair housing keeps the text out of everything that is learnt from."""
    low = text.lower()
    return is_protected(low) or any(pattern.search(low) for _, pattern, _ in PATHS)
