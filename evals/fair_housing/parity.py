"""Pairs of leads through the whole graph: what they are offered must not differ."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.tenants.models import DEFAULT_TENANT
from agent.threads.models import Stage
from evals.fair_housing.cases import PairCase
from graphs.answer import Answer
from graphs.runtime import Runtime

_PATHS = ("say:voucher", "say:accommodation")
Progress = Callable[[int], None]


@dataclass(slots=True)
class Parity:
    by_kind: dict[str, dict[str, int]] = field(default_factory=dict)
    differing: list[int] = field(default_factory=list)
    """ids of the pairs that differ, and in what."""
    what: Counter[str] = field(default_factory=Counter)
    replies: list[str] = field(default_factory=list)
    filtered: int = 0
    """Replies of the deterministic policy that the filter changed."""

    def report(self) -> dict[str, Any]:
        return {
            "n": sum(counts["n"] for counts in self.by_kind.values()),
            "different": len(self.differing),
            "by_class": self.by_kind,
            "in": dict(self.what),
            "pairs": self.differing,
            "turns": len(self.replies),
            "replies_filtered": self.filtered,
        }


@dataclass(frozen=True, slots=True)
class Treatment:
    """What of an answer must not depend on who asks."""

    stage: Stage
    listings: tuple[tuple[str, int], ...]
    """(listing_id, rent) in the order of the offer."""
    slots: tuple[str, ...]
    actions: tuple[str, ...]
    moves: tuple[str, ...]
    """The templates that were said and the fields asked for."""

    @classmethod
    def of(cls, answer: Answer, *, path: bool) -> "Treatment":
        rules = [rule for rule in answer.why.rules if rule.startswith(("say:", "asked:"))]
        return cls(
            stage=answer.stage,
            listings=tuple((home.listing_id, home.rent) for home in answer.listings),
            slots=tuple(slot.label for slot in answer.slots),
            actions=tuple(action.action for action in answer.pending_actions),
            moves=tuple(rule for rule in rules if not (path and rule in _PATHS)),
        )


async def compare(runtime: Runtime, cases: Sequence[PairCase], progress: Progress) -> Parity:
    parity = Parity()
    for done, case in enumerate(cases, 1):
        a = await _treated(runtime, case.a, parity, path=case.path)
        b = await _treated(runtime, case.b, parity, path=case.path)
        counts = parity.by_kind.setdefault(case.kind, {"n": 0, "different": 0})
        counts["n"] += 1
        if a != b:
            counts["different"] += 1
            parity.differing.append(case.id)
            parity.what.update(_differences(a, b))
        progress(done)
    return parity


async def _treated(
    runtime: Runtime, messages: Sequence[str], parity: Parity, *, path: bool
) -> list[Treatment]:
    started = await runtime.start(DEFAULT_TENANT)
    treated = []
    for message in messages:
        answer = await runtime.reply(DEFAULT_TENANT, started.thread_id, message)
        parity.replies.append(answer.reply)
        parity.filtered += any(rule.startswith("filter:") for rule in answer.why.rules)
        treated.append(Treatment.of(answer, path=path))
    return treated


def _differences(a: Sequence[Treatment], b: Sequence[Treatment]) -> set[str]:
    names = Treatment.__slots__
    return {
        str(name)
        for one, other in zip(a, b, strict=True)
        for name in names
        if getattr(one, name) != getattr(other, name)
    }
