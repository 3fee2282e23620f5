from datetime import timedelta

import httpx

from agent.kit.clock import ManualClock
from tests.server.parties import Staff, Visitor


async def test_pages_hold_every_thread_once(
    web: httpx.AsyncClient, staff: Staff, clock: ManualClock
) -> None:
    made = []
    for n in range(7):
        if n % 2:
            clock.advance(timedelta(seconds=1))
        made.append((await Visitor.arrive(web)).thread_id)
    found: list[str] = []
    cursor = None
    while True:
        params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = await staff.read("/api/leads/threads", **params)
        assert len(page["items"]) <= 3
        found += [thread["thread_id"] for thread in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(found) == sorted(made)
    assert found[0] == made[-1] or found[1] == made[-1]


async def test_threads_by_stage_and_time(
    web: httpx.AsyncClient, staff: Staff, clock: ManualClock
) -> None:
    old = await Visitor.arrive(web)
    middle = clock.now() + timedelta(seconds=1)
    clock.advance(timedelta(seconds=2))
    new = await Visitor.arrive(web, message="two bedrooms in Portland under 3000")

    async def ids(**params: str) -> list[str]:
        page = await staff.read("/api/leads/threads", **params)
        return [thread["thread_id"] for thread in page["items"]]

    assert await ids() == [new.thread_id, old.thread_id]
    assert await ids(stage="sending_list") == [new.thread_id]
    assert await ids(updated_after=middle.isoformat()) == [new.thread_id]
    assert await ids(status="closed") == []


async def test_a_transcript_by_pages(visitor: Visitor, staff: Staff) -> None:
    for text in ("hello", "two bedrooms in Portland", "thanks"):
        await visitor.say(text)
    path = f"/api/leads/threads/{visitor.thread_id}/messages"
    whole = (await staff.read(path))["items"]
    assert [line["turn_index"] for line in whole] == list(range(7))
    assert [line["role"] for line in whole] == ["agent", *["lead", "agent"] * 3]
    assert whole[2]["why"]["rules"]
    first = await staff.read(path, limit=4)
    rest = await staff.read(path, limit=4, cursor=first["next_cursor"])
    assert first["items"] + rest["items"] == whole
    assert rest["next_cursor"] is None


async def test_a_thread_with_what_is_known(visitor: Visitor, staff: Staff) -> None:
    await visitor.say("two bedrooms in Portland under 3000")
    thread = await staff.read(f"/api/leads/threads/{visitor.thread_id}")
    assert thread["profile"]["budget"] == 3000
    assert len(thread["shortlist"]) == 3
    assert (await staff.get("/api/leads/threads/thr_nothing")).status_code == 404


async def test_approvals_by_filter(visitor: Visitor, staff: Staff) -> None:
    pending = await visitor.ask_for_a_tour()
    for params, n in (
        ({"status": "pending"}, 1),
        ({"status": "approved"}, 0),
        ({"thread_id": visitor.thread_id}, 1),
        ({"thread_id": "thr_other"}, 0),
        ({"risk": "medium", "action": "schedule_tour"}, 1),
        ({"action": "apply_now"}, 0),
    ):
        page = await staff.read("/api/approvals", **params)
        assert len(page["items"]) == n, params
    (item,) = (await staff.read("/api/approvals"))["items"]
    assert item.keys() >= {
        "action_id", "thread_id", "action", "args", "args_hash", "description", "risk", "status",
        "version", "created_at", "expires_at", "lead", "excerpt", "why",
    }  # fmt: skip
    assert item["args"]["contact"].startswith("con_")
    assert item["action_id"] == pending["action_id"]


class TestDecision:
    async def test_the_same_again_is_the_recorded_answer_another_is_refused(
        self, visitor: Visitor, staff: Staff
    ) -> None:
        action_id = (await visitor.ask_for_a_tour())["action_id"]
        first = await staff.decide(action_id, "reject", message="The office is closed.")
        again = await staff.decide(action_id, "reject", message="The office is closed.")
        assert first.status_code == again.status_code == 200
        assert first.json() == again.json()
        assert first.json()["delivery_id"] is None
        other = await staff.decide(action_id, "approve")
        assert (other.status_code, other.json()["error"]["code"]) == (409, "approval_decided")
        assert (await staff.read("/api/deliveries"))["items"] == []

    async def test_a_stale_version_is_refused(self, visitor: Visitor, staff: Staff) -> None:
        action_id = (await visitor.ask_for_a_tour())["action_id"]
        stale = await staff.decide(action_id, "approve", version=7)
        assert (stale.status_code, stale.json()["error"]["code"]) == (409, "approval_version_stale")
        assert (await staff.decide(action_id, "approve", version=1)).status_code == 200

    async def test_an_expired_action_is_gone(
        self, visitor: Visitor, staff: Staff, clock: ManualClock
    ) -> None:
        action_id = (await visitor.ask_for_a_tour())["action_id"]
        clock.advance(timedelta(hours=25))
        answer = await staff.decide(action_id, "approve")
        assert (answer.status_code, answer.json()["error"]["code"]) == (410, "approval_expired")

    async def test_a_bad_edit_decides_nothing(self, visitor: Visitor, staff: Staff) -> None:
        action_id = (await visitor.ask_for_a_tour())["action_id"]
        for args in ({"listing_id": "lst_other"}, {"starts_at": "soon"}, {"extra": 1}):
            answer = await staff.decide(action_id, "edit", args=args)
            assert (answer.status_code, answer.json()["error"]["code"]) == (
                422, "approval_edit_invalid",
            )  # fmt: skip
        (item,) = (await staff.read("/api/approvals"))["items"]
        assert (item["status"], item["version"]) == ("pending", 1)

    async def test_words_outside_the_contract_are_refused(
        self, visitor: Visitor, staff: Staff
    ) -> None:
        action_id = (await visitor.ask_for_a_tour())["action_id"]
        for decision in ("accept", "APPROVE", "", "dismiss"):
            assert (await staff.decide(action_id, decision)).status_code == 422
        unknown = await staff.decide("act_nothing", "approve")
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "approval_not_found")
