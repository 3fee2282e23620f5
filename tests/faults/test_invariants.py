"""The checker of the soak finds what it is there for."""

from dataclasses import replace

import pytest

from tests.faults.invariants import Observed, violations

GOOD = Observed(
    acknowledged={"thr_1": ["m1", "m2"]},
    answers={"act_1": ["approved", "approved"], "act_2": ["rejected"]},
    messages=[
        {"thread_id": "thr_1", "message_id": name, "turn_index": index}
        for index, name in enumerate(["disclosure", "m1", "reply:1", "m2"])
    ],
    approvals=[
        {"action_id": "act_1", "status": "approved", "args_hash": "h1"},
        {"action_id": "act_2", "status": "rejected", "args_hash": "h2"},
    ],
    outbox=[
        {
            "action_id": "act_1", "key": "t:act_1", "args_hash": "h1", "state": "done",
            "connector": "zapier",
        }
    ],
    audit=[
        {"subject": "act_1", "kind": "approval.approved"},
        {"subject": "act_2", "kind": "approval.rejected"},
    ],
    threads=[{"thread_id": "thr_1", "unanswered": 0}],
    taken=["t:act_1", "t:act_1"],
)  # fmt: skip
DONE = GOOD.outbox[0]


def test_a_good_run_has_none() -> None:
    assert violations(GOOD) == []


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("I1", replace(GOOD, messages=GOOD.messages[:-1])),
        ("I1", replace(GOOD, messages=[*GOOD.messages, GOOD.messages[1]])),
        ("I1", replace(GOOD, acknowledged={"thr_1": ["m2", "m1"]})),
        ("I2", replace(GOOD, outbox=[])),
        ("I2", replace(GOOD, outbox=[DONE, {**DONE, "key": "t:act_1:2"}])),
        ("I2", replace(GOOD, taken=[])),
        ("I2", replace(GOOD, taken=["t:act_1", "t:act_9"])),
        ("I3", replace(GOOD, outbox=[{**DONE, "args_hash": "other"}])),
        ("I4", replace(GOOD, outbox=[DONE, {**DONE, "action_id": "act_2"}])),
        ("I5", replace(GOOD, audit=GOOD.audit[:1])),
        ("I5", replace(GOOD, audit=[*GOOD.audit, GOOD.audit[0]])),
        ("I5", replace(GOOD, answers={"act_2": ["approved"]})),
        ("I6", replace(GOOD, threads=[{"thread_id": "thr_1", "unanswered": 1}])),
        ("I7", replace(GOOD, outbox=[{**DONE, "state": "leased"}])),
    ],
)
def test_a_bad_one_is_told(name: str, seen: Observed) -> None:
    found = violations(seen)
    assert any(violation.startswith(name) for violation in found), found
