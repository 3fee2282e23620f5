"""The superset payload and every reply shape of the known inboxes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from agent.approvals.models import Approval, Decision
from agent.errors import Conflict, InvalidInput
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
REQUEST = {"action": "schedule_tour", "args": ARGS}
"""What agent-inbox sends back with an accept."""
OPEN = "3f2a7c1be9d84f6aa0c5d1e2b3f4a5c6"
"""The id of the open interrupt."""
APPROVE = Decision(decision="approve")
DISMISS = Decision(decision="dismiss")
RISKY = ROW.model_copy(update={"risk": "high"})


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


SHAPES: list[tuple[Any, Decision]] = [
    # agent-inbox
    ([{"type": "accept", "args": REQUEST}], APPROVE),
    ([{"type": "accept", "args": {}}], APPROVE),
    ([{"type": "accept", "args": None}], APPROVE),
    ({"type": "accept"}, APPROVE),
    ([{"type": "edit", "args": {"action": "schedule_tour", "args": EDIT}}],
     Decision(decision="edit", args=EDIT)),
    ([{"type": "response", "args": "ask her first"}],
     Decision(decision="respond", message="ask her first")),
    ([{"type": "ignore", "args": None}], DISMISS),
    # HumanInTheLoopMiddleware, agent-chat-ui
    ({"decisions": [{"type": "approve"}]}, APPROVE),
    ({"decisions": [{"type": "edit", "edited_action": {"name": "schedule_tour", "args": EDIT}}]},
     Decision(decision="edit", args=EDIT)),
    ({"decisions": [{"type": "reject", "message": "no"}]},
     Decision(decision="reject", message="no")),
    ({"decisions": [{"type": "reject"}]}, Decision(decision="reject")),
    ({"decisions": [{"type": "respond", "message": "hm"}]},
     Decision(decision="respond", message="hm")),
    # REST
    ({"decision": "approve"}, APPROVE),
    ({"decision": "edit", "args": EDIT}, Decision(decision="edit", args=EDIT)),
    ([{"decision": "approve"}], APPROVE),
    ({"decision": "respond", "message": "hm"}, Decision(decision="respond", message="hm")),
    # "Resolve"
    ({"values": None, "as_node": "__end__"}, DISMISS),
    ({"goto": "__end__"}, DISMISS),
    ({"goto": ["__end__"]}, DISMISS),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "decision"), SHAPES)
def test_every_known_shape_is_one_decision(answer: Any, decision: Decision) -> None:
    assert decision_from(answer, ROW) == decision


@pytest.mark.parametrize(("answer", "decision"), SHAPES[:-3])
@pytest.mark.parametrize("known_as", [OPEN, "act_1"])
def test_so_it_is_under_the_id_of_the_interrupt_or_the_action(
    answer: Any, decision: Decision, known_as: str
) -> None:
    assert decision_from({known_as: answer}, ROW, interrupt_id=OPEN) == decision


@pytest.mark.parametrize("stale", ["0" * 32, "act_2", ""])
def test_one_for_an_interrupt_that_is_not_open_decides_nothing(stale: str) -> None:
    with pytest.raises(Conflict) as refusal:
        decision_from({stale: {"type": "accept"}}, ROW, interrupt_id=OPEN)
    assert refusal.value.code == "interrupt_stale"
    assert "act_1" in refusal.value.message


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "yes",
        True,
        7,
        [],
        {},
        [[]],
        [None],
        {"decisions": []},
        {"decisions": {}},
        {"decisions": [{"type": "approve"}, {"type": "approve"}]},
        [{"type": "accept"}, {"type": "accept"}],
        {"type": "approve_all"},
        {"type": None},
        {"type": ["accept"]},
        {"type": {"accept": 1}},
        {"type": "edit"},
        {"type": "edit", "args": "later"},
        {"type": "edit", "args": {"action": "apply_now", "args": {}}},
        {"decisions": [{"type": "edit", "edited_action": {"name": "apply_now", "args": EDIT}}]},
        {"decisions": [{"type": "edit", "edited_action": {"name": "schedule_tour"}}]},
        {"type": "reject", "message": 7},
        {"type": "respond", "message": "x" * 8001},
        {"type": "accept", "args": "yes"},
        {OPEN: "approve"},
        {OPEN: {"type": "accept"}, "0" * 32: {"type": "accept"}},
        {"goto": "approval"},
        {"values": {"pending": []}, "as_node": "__end__"},
        {"as_node": "approval", "values": None},
        {"goto": "__end__", "resume": {"type": "accept"}},
    ],
)
def test_anything_else_decides_nothing(answer: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        decision_from(answer, ROW, interrupt_id=OPEN)
    assert refusal.value.code == "decision_unreadable"


@pytest.mark.parametrize(
    "args",
    [
        {"action": "schedule_tour", "args": {**ARGS, "listing_id": "castle"}},
        {"action": "schedule_tour", "args": EDIT},
        {"action": "schedule_tour", "args": {**ARGS, "extra": 1}},
        {"action": "schedule_tour", "args": ["x"]},
        {"action": "apply_now", "args": ARGS},
        {"action": "apply_now", "args": {}},
        {**ARGS, "listing_id": "castle"},
    ],
)
def test_arguments_that_come_back_changed_decide_nothing(args: Any) -> None:
    with pytest.raises(Conflict) as refusal:
        decision_from([{"type": "accept", "args": args}], ROW)
    assert refusal.value.code == "approval_args_differ"


def test_arguments_may_come_back_as_text() -> None:
    row = ROW.model_copy(
        update={"action": "request_docs", "args": {"documents": ["ID"], "contact": "con_1"}}
    )
    echoed = {"documents": '["ID"]', "contact": "con_1"}
    accepted = [{"type": "accept", "args": {"action": "request_docs", "args": echoed}}]
    assert decision_from(accepted, row) == APPROVE


class TestHighRisk:
    @pytest.mark.parametrize(
        "answer",
        [
            {"type": "accept"},
            [{"type": "accept", "args": {}}],
            [{"type": "accept", "args": {"action": "schedule_tour", "args": {}}}],
            {"decisions": [{"type": "approve"}]},
            {OPEN: {"decisions": [{"type": "approve"}]}},
        ],
    )
    def test_an_answer_that_does_not_say_to_what_is_refused(self, answer: Any) -> None:
        with pytest.raises(InvalidInput) as refusal:
            decision_from(answer, RISKY, interrupt_id=OPEN)
        assert refusal.value.code == "decision_unbound"
        assert "/api/approvals/act_1/decision" in refusal.value.message

    @pytest.mark.parametrize(
        "answer",
        [
            {"type": "accept", "action_id": "act_1"},
            [{"type": "accept", "args": REQUEST}],
            {"decisions": [{"type": "approve"}], "action_id": "act_1"},
            {"decisions": [{"type": "approve", "action_id": "act_1"}]},
            {"act_1": {"decisions": [{"type": "approve"}]}},
        ],
    )
    def test_one_that_does_is_taken(self, answer: Any) -> None:
        assert decision_from(answer, RISKY, interrupt_id=OPEN) == APPROVE

    @pytest.mark.parametrize("answer", [[{"type": "ignore", "args": None}], {"goto": "__end__"}])
    def test_what_has_no_effect_may_be_dismissed(self, answer: Any) -> None:
        assert decision_from(answer, RISKY) == DISMISS


@pytest.mark.parametrize(
    "answer",
    [
        {"type": "accept", "action_id": "act_2"},
        {"act_1": {"type": "accept", "action_id": "act_2"}},
        {"decisions": [{"type": "approve"}], "action_id": "act_2"},
        {"type": "accept", "action_id": ["act_1"]},
    ],
)
def test_an_answer_about_another_action_decides_nothing(answer: Any) -> None:
    with pytest.raises(Conflict) as refusal:
        decision_from(answer, ROW)
    assert refusal.value.code == "approval_differs"
