"""Resolved tickets vote for what solved them, the more the closer they are."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.tickets.models import Vote

VOTERS = 10
"""The closest ones vote."""
_DECAY = 8
"""The power of closeness that a vote weighs: of two the clearly closer one decides."""
_EQUAL = 3
"""Digits in which closeness counts; of equally close ones the newest goes first."""


@dataclass(frozen=True, slots=True)
class Voter:
    ticket_id: str
    target: str
    """The article or the approved resolution that it votes for."""
    script_id: str | None
    closeness: float
    at: datetime
    """When it was approved."""


@dataclass(frozen=True, slots=True)
class Ballot:
    vote: Vote
    closest: float
    """Closeness of the closest one who voted so."""


def ballots(voters: Sequence[Voter]) -> list[Ballot]:
    """What is voted for, by its share of all weight; of equal ones the last approved first."""
    order = sorted(voters, key=lambda v: (-round(v.closeness, _EQUAL), -v.at.timestamp()))
    by_target: dict[str, list[Voter]] = defaultdict(list)
    for voter in order[:VOTERS]:
        by_target[voter.target].append(voter)
    weights = {target: sum(map(_weight, mine)) for target, mine in by_target.items()}
    total = sum(weights.values()) or 1.0
    ranked = sorted(
        by_target,
        key=lambda target: (
            -round(weights[target] / total, _EQUAL),
            -max(voter.at for voter in by_target[target]).timestamp(),
        ),
    )
    return [
        Ballot(
            Vote(
                kb_id=target,
                share=min(1.0, weights[target] / total),
                tickets=[voter.ticket_id for voter in by_target[target]],
                script_id=_script(by_target[target]),
            ),
            closest=by_target[target][0].closeness,
        )
        for target in ranked
    ]


def _weight(voter: Voter) -> float:
    return round(voter.closeness, _EQUAL) ** _DECAY


def _script(voters: Sequence[Voter]) -> str | None:
    """The script that most of them used: one that few used could do harm here."""
    used = Counter(voter.script_id for voter in voters if voter.script_id)
    for script_id, many in used.most_common(1):
        return script_id if many * 2 > len(voters) else None
    return None
