"""What waits in a thread for an answer, and who may give it: the stages of updates."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agent.threads.models import Lease, Message, Role

RECENT = 60
"""message_ids a thread remembers of what has left its queue; more than can be in it."""
QUEUE = {"$ifNull": ["$queue", []]}
FREE = {"owner": None, "until": datetime(1970, 1, 1, tzinfo=UTC), "fence": 0}


@dataclass(frozen=True, slots=True)
class Claim:
    """Who wants the right to run a thread's turns, from now until a time."""

    owner: str
    """Another one for every claim."""
    now: datetime
    until: datetime
    always: bool = False
    """Whoever holds it loses it."""

    def taken(self) -> dict[str, Any]:
        """The stage of an update that takes the lease where it is free."""
        mine = {
            "owner": {"$literal": self.owner},
            "until": self.until,
            "fence": {"$add": ["$lease.fence", 1]},
        }
        if self.always:
            return {"$set": {"lease": mine}}
        free = {"$lt": ["$lease.until", self.now]}
        return {"$set": {"lease": {"$cond": [free, mine, "$lease"]}}}


def queued(message: Message, events: int, instead: bool) -> dict[str, Any]:
    """The changes that put a message into the queue of its thread."""
    item = {
        "$mergeObjects": [
            {"$literal": row_of(message)},
            {"turn_index": "$next_turn", "stage": "$stage"},
        ]
    }
    kept: Any = QUEUE
    count: Any = "$unanswered"
    changes: dict[str, Any] = {}
    if instead:
        kept = {"$filter": {"input": QUEUE, "cond": {"$ne": ["$$this.role", Role.LEAD]}}}
        count = {"$size": kept}
        changes["recent"] = recently({"$map": {"input": QUEUE, "in": "$$this.message_id"}})
    return {
        **changes,
        "queue": {"$concatArrays": [kept, [item]]},
        "unanswered": {"$add": [count, 1]},
        "next_turn": {"$add": ["$next_turn", 1]},
        "event_seq": {"$add": ["$event_seq", events]},
        "updated_at": message.timestamp,
    }


def recently(message_ids: Any) -> dict[str, Any]:
    """The ids that a thread remembers, with these."""
    known = {"$ifNull": ["$recent", []]}
    return {"$slice": [{"$concatArrays": [known, message_ids]}, -RECENT]}


def row_of(message: Message) -> dict[str, Any]:
    """A message as it stands in a queue and in its collection."""
    return message.model_dump(mode="python", exclude_none=True, exclude_defaults=True)


def held(thread_id: str, lease: Lease) -> dict[str, Any]:
    """The thread, as long as the lease is not void."""
    return {"thread_id": thread_id, "lease.owner": lease.owner, "lease.fence": lease.fence}
