"""What can be said of a reply without asking a model."""

import re
from collections import Counter
from collections.abc import Iterable
from statistics import fmean

from agent.privacy.pii import find
from agent.training.datasets.quality import touches_protected
from graphs.leasing.model.checks import LONGEST

_WORD = re.compile(r"[a-z']+|\d+|\[[a-z]+\]")
_LEAK = re.compile(r"^\s*(?:lead|agent|user|assistant|system|stage|known)\s*:", re.I | re.M)
_MARKUP = re.compile(r"```|</?[a-z]+>|!\[")


def well_formed(reply: str) -> bool:
    """Words for a lead: not empty, not endless, no markup, no other speaker."""
    said = bool(_WORD.search(reply.lower())) and len(reply) <= LONGEST
    return said and not _LEAK.search(reply) and not _MARKUP.search(reply)


def is_private(reply: str) -> bool:
    return bool(find(reply))


def is_protected(reply: str) -> bool:
    return touches_protected(reply)


def likeness(reply: str, reference: str) -> float:
    """Token F1, 0 to 1."""
    ours, theirs = (Counter(_WORD.findall(text.lower())) for text in (reply, reference))
    shared = (ours & theirs).total()
    whole = ours.total() + theirs.total()
    return 2 * shared / whole if whole else 0.0


def mean(values: Iterable[float]) -> float:
    given = list(values)
    return fmean(given) if given else 0.0
