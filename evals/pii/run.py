"""Grades what `find` finds: on generated messages, on a messy export, on foreign sentences."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.privacy.address_keys import address_key
from agent.privacy.pii import Kind, find
from evals.pii.files import REDTEAM, messy, redteam
from evals.pii.generate import MESSAGES, chat, generate
from evals.pii.labelled import Labelled
from evals.pii.score import OVERLAP, RULE, Score, score

RECALL: dict[Kind, float] = {
    "email": 0.99,
    "phone": 0.99,
    "ssn": 0.99,
    "card": 0.99,
    "address": 0.95,
}
PRECISION: dict[Kind, float] = {"phone": 0.95}
SEED = 2_026
TIMED = 20_000
ROUNDS = 3
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Graded:
    """The report, and which of its gates failed."""

    report: dict[str, Any]
    failed: list[str]


def run(
    data: Path | None, *, progress: Progress, seed: int = SEED, count: int = MESSAGES
) -> Graded:
    """Every set that is there; `data` is the folder that holds `leasing` and `redteam`."""
    sets: dict[str, list[Labelled]] = {"generated": list(generate(seed, count))}
    if data is not None:
        sets["messy"] = list(messy(data))
        if (data / REDTEAM).exists():
            sets["redteam"] = list(redteam(data))
    report: dict[str, Any] = {"rule": RULE, "overlap": OVERLAP, "seed": seed, "sets": {}}
    failed: list[str] = []
    for number, (name, messages) in enumerate(sets.items(), 1):
        result = score(messages, find)
        gated = name != "redteam"
        report["sets"][name] = {"gated": gated, **result.report(), "values": agreement(messages)}
        failed += [f"{name}: {gate}" for gate in _failures(result)] if gated else []
        progress(number, len(sets) + 1)
    report["gates"] = {"recall": RECALL, "precision": PRECISION, "failed": failed}
    report["messages_per_second"] = speed([message.text for message in chat(seed, TIMED)])
    progress(len(sets) + 1, len(sets) + 1)
    return Graded(report, failed)


def agreement(messages: Sequence[Labelled]) -> dict[str, Any]:
    """How many values that are spelled in several ways come out as one value, by exact place."""
    spellings: dict[tuple[Kind, str], set[str]] = {}
    read: dict[tuple[Kind, str], set[str]] = {}
    for message in messages:
        found = {(span.kind, span.start): span for span in find(message.text)}
        for gold in message.spans:
            span = found.get((gold.kind, gold.start))
            if gold.value is None or gold.kind not in ("email", "phone", "address") or not span:
                continue
            key = gold.kind, gold.value
            spellings.setdefault(key, set()).add(message.text[gold.start : gold.end])
            value = address_key(span.value) if span.kind == "address" else span.value
            read.setdefault(key, set()).add(value)
    same = sum(len(values) == 1 for values in read.values())
    return {
        "n": len(read),
        "spelled_differently": sum(len(written) > 1 for written in spellings.values()),
        "one_hash": round(same / len(read), 4) if read else None,
    }


def speed(texts: Sequence[str]) -> int:
    """Messages a second on one core, names included: the best of a few rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for text in texts:
            find(text)
        best = min(best, time.process_time() - began)
    return round(len(texts) / best)


def _failures(result: Score) -> list[str]:
    recalls = [(f"{kind} recall", result.recall(kind), least) for kind, least in RECALL.items()]
    rights = [(f"{kind} precision", result.precision(kind), b) for kind, b in PRECISION.items()]
    return [f"{name} {got:.4f} < {least}" for name, got, least in recalls + rights if got < least]
