"""A finished text as it may leave: what a rule refuses is replaced by that rule's fixed answer."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from agent.ai.safety.allowed import Allowed
from agent.ai.safety.fair_housing.check import broken
from agent.ai.safety.fair_housing.table import RuleId, Setting
from agent.ai.safety.leaks import Leak, Personal, leaked

Refused = RuleId | Leak
Answer = Callable[[Refused], str]
"""The fixed answer of a rule; empty: none."""

_ENDS = re.compile(r"(?<=[.!?])\s+|\n+")
_TORN = re.compile(r"(?:no|not|never|only|zero|without)\W*", re.IGNORECASE)
"""A sentence that is one with the next: `No. Kids.`"""
_OF_CRITERIA: frozenset[RuleId] = frozenset(("FH4", "FH8"))
"""What configured criteria may speak of, in their own words."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What may be said, and the rules that took something out of it, each once."""

    text: str
    refused: tuple[Refused, ...] = ()


def checked(text: str, allowed: Allowed, personal: Personal, answer: Answer) -> Checked:
    """Replace each refused sentence by the answer of its rule, said once.

    What leaks only as a whole is replaced as a whole.
    """
    leaks = leaked(text, allowed, personal) is not None
    kept: list[str] = []
    refused: list[Refused] = []
    for piece, end, joined in _pieces(text):
        rule: Refused | None = _fair(piece, joined, allowed)
        if rule is None and leaks:
            rule = leaked(piece, allowed, personal)
        if rule is None:
            kept.append(piece + end)
        elif rule not in refused:
            refused.append(rule)
            kept.append(answer(rule) + (end or " "))
    said = "".join(kept).strip()
    if leaks and (rest := leaked(said, allowed, personal)):
        return Checked(answer(rest), tuple(dict.fromkeys((*refused, rest))))
    return Checked(said, tuple(refused)) if refused else Checked(text)


def refusal(text: str, allowed: Allowed, personal: Personal) -> Refused | None:
    """The first rule that refuses a part of `text`."""
    for piece, _, joined in _pieces(text):
        if rule := _fair(piece, joined, allowed):
            return rule
    return leaked(text, allowed, personal)


def unfair(
    text: str, names: Collection[str] = (), settings: Collection[Setting] = ()
) -> list[RuleId]:
    """The fair-housing rules that a published text breaks, each once, in order."""
    allowed = Allowed(names=names, settings=settings)
    found = (_fair(piece, joined, allowed) for piece, _, joined in _pieces(text))
    return list(dict.fromkeys(rule for rule in found if rule))


def _pieces(text: str) -> Iterator[tuple[str, str, str]]:
    """(sentence, what stands between it and the next, the sentence with its torn-off start)."""
    start, before = 0, ""
    for end in (*_ENDS.finditer(text), None):
        piece = text[start : end.start() if end else len(text)]
        joined = f"{before.rstrip('.!?')} {piece}" if _TORN.fullmatch(before) else ""
        yield piece, end[0] if end else "", joined
        before, start = piece, end.end() if end else start


def _fair(piece: str, joined: str, allowed: Allowed) -> RuleId | None:
    settings = frozenset(allowed.settings)
    for text in (piece, joined):
        if not text or not _broken(text, settings):
            continue
        rule = _broken(_unnamed(text, allowed), settings)
        if rule and not (rule in _OF_CRITERIA and any(text in own for own in allowed.criteria)):
            return rule
    return None


@lru_cache(8_192)
def _broken(sentence: str, settings: frozenset[Setting]) -> RuleId | None:
    return broken(sentence, settings)


def _unnamed(text: str, allowed: Allowed) -> str:
    """`text` without the names of homes."""
    low = text.casefold()
    for name in sorted((name for name in allowed.names if name.casefold() in low), key=len)[::-1]:
        text = re.sub(re.escape(name), "it", text, flags=re.IGNORECASE)
    return text


def forget() -> None:
    """Let go of the sentences that were judged; for measuring."""
    _broken.cache_clear()
