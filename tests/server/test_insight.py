from tests.server.parties import Staff, Visitor


async def test_the_funnel_counts_a_conversation(visitor: Visitor, staff: Staff) -> None:
    pending = await visitor.ask_for_a_tour()
    await staff.decide(pending["action_id"], "approve")
    await visitor.post("/api/agent/feedback", {"thread_id": visitor.thread_id, "score": 4})
    funnel = await staff.read("/api/metrics/funnel")
    assert (funnel["leads"], funnel["threads"]) == (1, 1)
    assert funnel["tours"]["booked"] == 1
    assert funnel["csat"] == {"average": 4.0, "count": 1}
    assert funnel["approvals_waiting"]["count"] == 0
    assert funnel["first_response_seconds"]["p50"] == 0.0


async def test_a_period_must_be_one(staff: Staff) -> None:
    for period in (
        {"from": "2026-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z"},
        {"from": "2020-03-02T00:00:00Z"},
        {"from": "0001-01-01T00:00:00Z", "to": "0001-01-02T00:00:00Z"},
        {"from": "2026-03-01T00:00:00"},
        {"from": "x"},
    ):
        answer = await staff.get("/api/metrics/funnel", **period)
        assert answer.status_code == 422, period
    assert (await staff.get("/api/metrics/funnel", community="nowhere")).status_code == 404


async def test_the_audit_of_a_thread(visitor: Visitor, staff: Staff) -> None:
    pending = await visitor.ask_for_a_tour()
    await staff.decide(pending["action_id"], "approve")
    items = (await staff.read("/api/audit", thread_id=visitor.thread_id))["items"]
    kinds = {item["kind"] for item in items}
    assert {"approval.proposed", "approval.approved"} <= kinds
    assert (await staff.read("/api/audit", actor="key:nobody"))["items"] == []
