"""Among answers that fit about equally: the ones of the right person, stage and time first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

HALF_LIFE_DAYS = 90.0
ROLE, STAGE, RECENCY = 0.10, 0.06, 0.04
"""The most each adds, as a share of the best score; together less than a clearly better match."""


@dataclass(frozen=True, slots=True)
class Ranked:
    key: str
    score: float
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Preference:
    """What is preferred, never required; None: no matter."""

    role: str | None = None
    stage: str | None = None
    now: datetime | None = None


def preferred(found: Sequence[Ranked], preference: Preference) -> list[Ranked]:
    """`found` by score plus what the preference adds; equal ones by key."""
    if not found:
        return []
    top = max(item.score for item in found)
    raised = [
        Ranked(item.key, item.score + top * _bonus(item.meta, preference), item.meta)
        for item in found
    ]
    return sorted(raised, key=lambda item: (-item.score, item.key))


def _bonus(meta: dict[str, Any], preference: Preference) -> float:
    bonus = 0.0
    if preference.role is not None and meta.get("role") == preference.role:
        bonus += ROLE
    if preference.stage is not None and meta.get("stage") == preference.stage:
        bonus += STAGE
    at = meta.get("timestamp")
    if preference.now is not None and isinstance(at, datetime):
        days = max(0.0, (preference.now - at).total_seconds() / 86_400)
        bonus += RECENCY * 0.5 ** (days / HALF_LIFE_DAYS)
    return bonus
