"""Whether a text breaks one of FH1 to FH8; the same answer for the same text, whoever wrote it."""

from collections.abc import Collection
from functools import lru_cache

from agent.ai.safety.fair_housing.asking import ASKING
from agent.ai.safety.fair_housing.deciding import DECIDING
from agent.ai.safety.fair_housing.fixed_paths import ANIMALS_AND_VOUCHERS, RECORD_AND_PAPERS
from agent.ai.safety.fair_housing.inferring import INFERRING, TERMS
from agent.ai.safety.fair_housing.neutral import NEUTRAL
from agent.ai.safety.fair_housing.preferring import PREFERRING
from agent.ai.safety.fair_housing.steering import STEERING
from agent.ai.safety.fair_housing.table import Refusal, RuleId, Setting, phrase
from agent.ai.safety.fair_housing.triggers import grams
from agent.ai.safety.wording import worded

REFUSALS: tuple[Refusal, ...] = (
    *RECORD_AND_PAPERS,
    *ANIMALS_AND_VOUCHERS,
    *ASKING,
    *DECIDING,
    *PREFERRING,
    *TERMS,
    *STEERING,
    *INFERRING,
)
"""In the order in which they name a sentence that several refuse."""

_GRAMS = frozenset(gram for refusal in REFUSALS for gram in refusal.grams)
_BARRIER = " /"


def broken(sentence: str, settings: Collection[Setting] = ()) -> RuleId | None:
    """The rule that one sentence breaks."""
    text, topics = worded(sentence)
    held = _GRAMS & grams(text)
    found = [
        refusal
        for refusal in _candidates(topics)
        if not (refusal.grams and refusal.grams.isdisjoint(held))
        and refusal.pattern.search(text)
        and _applies(refusal, settings)
    ]
    if not found:
        return None
    text = plainly(text)
    return next((refusal.rule for refusal in found if refusal.pattern.search(text)), None)


def plainly(text: str) -> str:
    """Worded text without what only looks like a refusal."""
    for shape in NEUTRAL:
        text = phrase(shape).sub(_BARRIER, text)
    return text


@lru_cache(4_096)
def _candidates(topics: frozenset[str]) -> tuple[Refusal, ...]:
    return tuple(refusal for refusal in REFUSALS if refusal.topics <= topics)


def _applies(refusal: Refusal, settings: Collection[Setting]) -> bool:
    if refusal.unless is not None and refusal.unless in settings:
        return False
    return refusal.when is None or refusal.when in settings
