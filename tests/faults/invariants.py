"""What must hold after a soak, told from plain rows: no database, no product code."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]
EFFECTIVE = ("approved", "edited")


@dataclass
class Observed:
    acknowledged: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Thread -> message_ids that a client was told are safe, in its order."""
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Action -> the statuses that clients were told of their decisions."""
    messages: Sequence[Row] = ()
    approvals: Sequence[Row] = ()
    outbox: Sequence[Row] = ()
    audit: Sequence[Row] = ()
    threads: Sequence[Row] = ()
    taken: Sequence[str] = ()
    """Keys that the provider took, one for each time."""


def violations(seen: Observed) -> list[str]:
    return [*_messages(seen), *_decisions(seen), *_effects(seen), *_rest(seen)]


def _messages(seen: Observed) -> Iterator[str]:
    """I1: every acknowledged message is there once, in the order of its client."""
    for thread_id, message_ids in seen.acknowledged.items():
        rows = sorted(
            (row for row in seen.messages if row["thread_id"] == thread_id),
            key=lambda row: int(row["turn_index"]),
        )
        kept = [row["message_id"] for row in rows if row["message_id"] in set(message_ids)]
        if kept != list(message_ids):
            yield f"I1 {thread_id}: acknowledged {message_ids}, kept {kept}"
        indexes = [row["turn_index"] for row in rows]
        if indexes != list(range(len(rows))):
            yield f"I1 {thread_id}: turns are numbered {indexes}"


def _decisions(seen: Observed) -> Iterator[str]:
    """I5: one decision an action, audited once, and nobody was told another one."""
    decided = Counter(
        row["subject"]
        for row in seen.audit
        if row["kind"] in {f"approval.{status}" for status in (*EFFECTIVE, "rejected")}
    )
    for row in seen.approvals:
        action_id, status = row["action_id"], row["status"]
        told = set(seen.answers.get(action_id, ()))
        if told - {status}:
            yield f"I5 {action_id} is {status}, but {sorted(told)} was told"
        expected = 0 if status == "pending" else 1
        if decided[action_id] != expected:
            yield f"I5 {action_id} is {status} with {decided[action_id]} decisions audited"


def _effects(seen: Observed) -> Iterator[str]:
    """I2, I3, I4: an effect for each approved action, the approved one, and for no other."""
    approved = {row["action_id"]: row for row in seen.approvals if row["status"] in EFFECTIVE}
    rows = [row for row in seen.outbox if row.get("action_id")]
    by_action = Counter(row["action_id"] for row in rows)
    for action_id, approval in approved.items():
        if by_action[action_id] != 1:
            yield f"I2 {action_id} has {by_action[action_id]} deliveries"
        for row in rows:
            if row["action_id"] == action_id and row["args_hash"] != approval["args_hash"]:
                yield f"I3 {action_id} delivers other arguments than were approved"
    for action_id in _strangers(by_action, approved):
        yield f"I4 {action_id} was not approved, but has a delivery"
    keys, taken = {row["key"] for row in seen.outbox}, set(seen.taken)
    for key in sorted(taken - keys):
        yield f"I2 the provider took {key}, which has no row"
    for row in seen.outbox:
        if row["state"] == "done" and row["connector"] != "record" and row["key"] not in taken:
            yield f"I2 {row['key']} is done, but the provider never took it"


def _strangers(found: Iterable[str], approved: Mapping[str, Row]) -> list[str]:
    return sorted(set(found) - set(approved))


def _rest(seen: Observed) -> Iterator[str]:
    """I6, I7: no thread is stuck, and nothing waits."""
    for row in seen.threads:
        if row.get("unanswered"):
            yield f"I6 {row['thread_id']} has {row['unanswered']} unanswered messages"
    for row in seen.outbox:
        if row["state"] != "done":
            yield f"I7 {row['key']} is {row['state']}: {row.get('error')}"
