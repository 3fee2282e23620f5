"""The superset payload and every reply shape of the known inboxes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from agent.approvals.models import Approval, Decision
from agent.errors import InvalidInput
from agent.kit.digests import args_hash
from graphs.approval import decision_from, payload

ARGS = {"listing_id": "lst_1", "starts_at": "2026-03-05T18:00:00Z"}
ROW = Approval(
    action_id="act_1",
    thread_id="thr_1",
    lead_id="lead_1",
    turn=3,
    action="schedule_tour",
    args=ARGS,
    args_hash=args_hash(ARGS),
    asked_hash=args_hash(ARGS),
    description="Book a tour.",
    risk="medium",
    created_at=datetime(2026, 3, 2, tzinfo=UTC),
    expires_at=datetime(2026, 3, 3, tzinfo=UTC),
)
EDIT = {"starts_at": "2026-03-06T18:00:00Z"}


def test_the_payload_reads_alike_in_every_inbox() -> None:
    value = payload(ROW)
    [request] = value["action_requests"]
    [review] = value["review_configs"]
    assert request["name"] == review["action_name"] == value["action_request"]["action"]
    assert request["args"] == request["arguments"] == value["action_request"]["args"] == ARGS
    assert set(value["config"]) == {
        "allow_accept",
        "allow_edit",
        "allow_respond",
        "allow_ignore",
    }
    assert {"action_id", "args_hash", "risk", "expires_at", "version"} <= value.keys()


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        ([{"type": "accept", "args": {"action": "x", "args": {}}}], Decision(decision="approve")),
        ({"type": "accept"}, Decision(decision="approve")),
        ([{"type": "accept", "args": None}], Decision(decision="approve")),
        (
            [{"type": "edit", "args": {"action": "schedule_tour", "args": EDIT}}],
            Decision(decision="edit", args=EDIT),
        ),
        (
            [{"type": "response", "args": "ask her first"}],
            Decision(decision="respond", message="ask her first"),
        ),
        ([{"type": "ignore", "args": None}], Decision(decision="dismiss")),
        ({"decisions": [{"type": "approve"}]}, Decision(decision="approve")),
        (
            {
                "decisions": [
                    {"type": "edit", "edited_action": {"name": "schedule_tour", "args": EDIT}}
                ]
            },
            Decision(decision="edit", args=EDIT),
        ),
        (
            {"decisions": [{"type": "reject", "message": "no"}]},
            Decision(decision="reject", message="no"),
        ),
        ({"decisions": [{"type": "reject"}]}, Decision(decision="reject")),
        (
            {"decisions": [{"type": "respond", "message": "hm"}]},
            Decision(decision="respond", message="hm"),
        ),
        ({"decision": "edit", "args": EDIT}, Decision(decision="edit", args=EDIT)),
        ([{"decision": "approve"}], Decision(decision="approve")),
    ],
)
def test_every_known_shape_is_one_decision(answer: Any, decision: Decision) -> None:
    assert decision_from(answer, ROW) == decision


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "yes",
        True,
        [],
        {},
        {"decisions": []},
        {"decisions": [{"type": "approve"}, {"type": "approve"}]},
        {"type": "approve_all"},
        {"type": "edit"},
        {"type": "edit", "args": "later"},
        {"type": "edit", "args": {"action": "apply_now", "args": {}}},
    ],
)
def test_anything_else_decides_nothing(answer: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        decision_from(answer, ROW)
    assert refusal.value.code == "decision_unreadable"
