"""The one write that ends a turn: what it changes in the row of its thread."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agent.threads.filing import Unfiled
from agent.threads.models import Lease, Message, Thread, ThreadStatus, TurnResult
from agent.threads.queue import FREE, QUEUE, held, recently, row_of

Row = dict[str, Any]


def held_at(thread_id: str, lease: Lease, result: TurnResult) -> Row:
    """The thread, as long as the lease is not void and nobody has set another stage."""
    where = held(thread_id, lease)
    if result.moves and result.was is not None:
        where["stage"] = result.was
    return where


def waiting(result: TurnResult, reply: Message) -> Row:
    """What is to be filed of the turn, but for what only the thread knows."""
    messages = [row_of(each) for each in (*result.answered, reply)]
    events = [event.model_dump() for event in result.events]
    return {"through": result.through, "messages": messages, "events": events}


def finishing(result: TurnResult, told: Row, now: datetime) -> list[Row]:
    """The stages of the update; the lease is released when nothing else waits."""
    idle = {"$eq": ["$unanswered", 0]}
    return [
        {"$set": _changes(result, told, now)},
        {
            "$set": {
                "lease.owner": {"$cond": [idle, None, "$lease.owner"]},
                "lease.until": {"$cond": [idle, FREE["until"], "$lease.until"]},
            }
        },
    ]


def finished(row: Mapping[str, Any], result: TurnResult, told: Row) -> tuple[Thread, Unfiled]:
    """The thread as it is now, and what is to be filed of the turn."""
    thread = Thread.model_validate(row)
    return thread, Unfiled.model_construct(
        through=result.through,
        turn=thread.next_turn - 1,
        stage=thread.stage,
        seq=row["event_seq"] - len(result.events),
        messages=told["messages"],
        events=result.events,
    )


def _changes(result: TurnResult, told: Row, now: datetime) -> Row:
    of_thread = {"turn": "$next_turn", "seq": "$event_seq", "stage": "$stage"}
    if result.moves:
        of_thread["stage"] = result.stage
    changes: Row = {
        "next_turn": {"$add": ["$next_turn", 1]},
        "unanswered": {"$subtract": ["$unanswered", len(result.answered)]},
        "answered_through": result.through,
        "queue": {
            "$filter": {
                "input": QUEUE,
                "cond": {"$gt": ["$$this.turn_index", result.through]},
            }
        },
        "recent": recently([message.message_id for message in result.answered]),
        "checkpoint_id": result.checkpoint_id,
        "event_seq": {"$add": ["$event_seq", len(result.events)]},
        "favorites": {"$setUnion": ["$favorites", {"$literal": result.favorites}]},
        "updated_at": now,
        "unfiled": {
            "$concatArrays": [
                {"$ifNull": ["$unfiled", []]},
                [{"$mergeObjects": [{"$literal": told}, of_thread]}],
            ]
        },
    }
    if result.graph is not None:
        changes["graph"] = {"$literal": result.graph}
    if result.moves:
        changes["stage"] = result.stage
    if result.listings:
        changes["shortlist"] = {"$literal": result.listings}
    if result.handoff_reason:
        changes["status"] = ThreadStatus.HANDED_OFF
        changes["handoff_reason"] = {"$literal": result.handoff_reason}
    return changes
