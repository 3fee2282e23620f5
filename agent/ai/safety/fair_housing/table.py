"""How a rule is written down: in topics of the vocabulary, words between them, plain patterns."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from agent.ai.safety.fair_housing.triggers import trigger
from agent.ai.safety.vocabulary import VOCABULARY

RuleId = Literal["FH1", "FH2", "FH3", "FH4", "FH5", "FH6", "FH7", "FH8"]
Setting = Literal["senior_housing", "assistance_animal"]
_TOPIC = re.compile(r"\{([A-Z]+)(\?)?\}")
_GAP = re.compile(r" ~(\d+) ?")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One shape of sentence that a rule refuses."""

    rule: RuleId
    topics: frozenset[str]
    """A sentence without one of them cannot match."""
    grams: frozenset[str]
    """A text without any of them cannot match; empty: unknown."""
    shape: str
    unless: Setting | None = None
    """Where it is allowed."""
    when: Setting | None = None
    """The only place where it is refused."""

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when a text first comes near: all at once take a process half a second."""
        return phrase(self.shape)


def refused(
    rule: RuleId, *shapes: str, unless: Setting | None = None, when: Setting | None = None
) -> tuple[Refusal, ...]:
    """Shapes as refusals of `rule`.

    In a shape `{TOPIC}` is any phrase of the topic, which the sentence must touch; `{TOPIC?}` does
    without that demand; ` ~3 ` is up to three words, of the same sentence.
    """
    return tuple(_refusal(rule, shape, unless, when) for shape in shapes)


@lru_cache(None)
def phrase(shape: str) -> re.Pattern[str]:
    """A shape as a pattern of whole words."""
    return re.compile(rf" (?:{_expanded(shape)})(?= )")


def _expanded(shape: str) -> str:
    shape = _GAP.sub(lambda gap: rf" (?:[^ .?!;]+ ){{0,{gap[1]}}}", shape)
    return _TOPIC.sub(lambda topic: _any_of(topic[1]), shape)


def _refusal(rule: RuleId, shape: str, unless: Setting | None, when: Setting | None) -> Refusal:
    topics = frozenset(name for name, optional in _TOPIC.findall(shape) if not optional)
    return Refusal(rule, topics, trigger(_expanded(shape)), shape, unless, when)


@lru_cache(None)
def _any_of(topic: str) -> str:
    return _trie(VOCABULARY[topic])


def _trie(phrases: Iterable[str]) -> str:
    """Any of the phrases; each letter is looked at once, however many phrases begin with it."""
    ends = "" in phrases
    by_first: dict[str, list[str]] = {}
    for each in phrases:
        if each:
            by_first.setdefault(each[0], []).append(each[1:])
    branches = [re.escape(first) + _trie(rest) for first, rest in by_first.items()]
    if not branches:
        return ""
    return f"(?:{'|'.join(branches)}){'?' if ends else ''}"
