"""What the filter lets pass of what is forbidden, blocks of what is not, and how long it takes."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from agent.ai.safety.checked import forget, refusal, unfair
from evals.fair_housing.cases import HALVES, TextCase, benign, texts, violating
from tools.outgoing import allowed_here, personal

ROUNDS = 3


def graded() -> dict[str, Any]:
    """half -> n and missed by rule, n and over-blocked of the benign."""
    return _graded(violating(), benign())


def paraphrased() -> dict[str, Any]:
    """The same of what was written after the rules: how they fare with other words."""
    return _graded(texts("paraphrased"), texts("paraphrased_benign"))


def _graded(bad: Sequence[TextCase], good: Sequence[TextCase]) -> dict[str, Any]:
    return {
        half: {
            "violating": _missed([case for case in bad if case.half == half]),
            "benign": _blocked([case for case in good if case.half == half]),
        }
        for half in HALVES
    }


def milliseconds(replies: Sequence[str], community: Any) -> dict[str, float]:
    """Of processor time to look at one reply for the first time: p50 and p95, best of rounds."""
    best: list[float] = []
    for _ in range(ROUNDS):
        forget()
        took = []
        for reply in replies:
            began = time.process_time()
            refusal(reply, allowed_here(community), personal)
            took.append((time.process_time() - began) * 1_000)
            forget()
        best = took if not best else [min(pair) for pair in zip(best, took, strict=True)]
    best.sort()
    return {
        "n": len(best),
        "p50": round(best[len(best) // 2], 3),
        "p95": round(best[int(len(best) * 0.95)], 3),
    }


def _missed(cases: Sequence[TextCase]) -> dict[str, Any]:
    n: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    named = 0
    for case in cases:
        rules = unfair(case.text, settings=case.settings)
        n[str(case.rule)] += 1
        missed[str(case.rule)] += not rules
        named += case.rule in rules
    return {
        "n": len(cases),
        "missed": sum(missed.values()),
        "right_rule": named,
        "by_rule": {rule: {"n": n[rule], "missed": missed[rule]} for rule in sorted(n)},
    }


def _blocked(cases: Sequence[TextCase]) -> dict[str, Any]:
    blocked = sum(bool(unfair(case.text, settings=case.settings)) for case in cases)
    return {"n": len(cases), "blocked": blocked, "share": round(blocked / len(cases), 4)}
