"""Open, edit, assign, approve, reject: each step once, by whom it is for, of what was read."""

import asyncio

import httpx
import pytest

from agent.services import Services
from agent.users.roles import Role
from server.scopes import Scope
from tests.server.parties import Json, Staff
from tests.server.support import agent, case, code, demo, made, patch, person, user, user_id

__all__ = ["agent", "demo", "user"]

TABLE_4 = [
    "id",
    "knowledge_id",
    "ticket_id",
    "conversation_id",
    "product",
    "resolution",
    "reference_articles",
    "created_by",
    "created_at",
]
EDITED = "Fill in the field that the queue names, then prepare it again. [KB-DEMO-0006]"


@pytest.fixture
async def ticket(demo: Services) -> str:
    """The path of a pending ticket with a resolution."""
    (ticket_id,) = await made(demo, case(3))
    return f"/api/tickets/{ticket_id}"


async def opened(agent: Staff, ticket: str) -> Json:
    answer = await patch(agent, f"{ticket}/status", {"status": "in_progress"})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_from_pending_to_knowledge(agent: Staff, ticket: str) -> None:
    me = await user_id(agent)
    item = await opened(agent, ticket)
    assert (item["status"], item["assigned_to"]) == ("in_progress", me)
    body = {"edited_resolution": EDITED, "version": item["version"]}
    edited = (await patch(agent, f"{ticket}/resolution", body)).json()
    assert (edited["edited_resolution"], edited["status"]) == (EDITED, "in_progress")
    assert edited["resolution_content"].startswith("Prepare it again.")
    answer = await agent.post(f"{ticket}/approve", {"version": edited["version"]})
    assert answer.status_code == 200, answer.text
    approved, knowledge = answer.json()["ticket"], answer.json()["knowledge"]
    assert (approved["status"], approved["decided_by"]) == ("approved", me)
    assert approved["knowledge_id"] == knowledge["knowledge_id"] == "KB-NEW-0001"
    assert approved["kb_id"] == "KB-DEMO-0006", "the correction counts"
    assert approved["resolved_at"] == approved["updated_at"]
    assert set(TABLE_4) <= set(knowledge)
    assert knowledge["id"] == knowledge["knowledge_id"]
    assert (knowledge["resolution"], knowledge["created_by"]) == (EDITED, me)
    assert knowledge["ticket_id"] == approved["ticket_id"]
    assert knowledge["conversation_id"] == approved["conversation_id"]
    assert "KB-DEMO-0006" in knowledge["reference_articles"]
    assert [item["id"] for item in (await agent.read("/api/tickets/resolved"))["items"]] == [
        approved["ticket_id"]
    ]
    assert (await agent.read("/api/tickets/pending"))["items"] == []


async def test_what_was_approved_is_found_at_once(agent: Staff, ticket: str) -> None:
    await opened(agent, ticket)
    await agent.post(f"{ticket}/approve", {"edited_resolution": "Feed the purple ferret first."})
    found = await agent.read("/api/knowledge/search", q="purple ferret")
    best = found["items"][0]
    assert (best["knowledge_id"], best["kind"]) == ("KB-NEW-0001", "resolution")
    assert best["reference_articles"] == ["KB-DEMO-0004"]
    assert 0 < best["similarity_score"] <= 1
    assert best["version"] == 1
    only = await agent.read("/api/knowledge/search", q="purple ferret", kind="article")
    assert "KB-NEW-0001" not in [item["knowledge_id"] for item in only["items"]]


async def test_a_repeat_has_the_same_answer_and_another_decision_409(
    agent: Staff, ticket: str, web: httpx.AsyncClient, demo: Services
) -> None:
    await opened(agent, ticket)
    first = await agent.post(f"{ticket}/approve", {})
    again = await agent.web.post(f"{ticket}/approve", headers=agent.headers)
    assert again.json() == first.json()
    assert code(await agent.post(f"{ticket}/reject", {"reason": "no"})) == (409, "ticket_decided")
    other = await person(web, demo, Role.ADMIN)
    assert code(await other.post(f"{ticket}/approve", {})) == (409, "ticket_decided")
    body = {"edited_resolution": "Too late."}
    assert code(await patch(agent, f"{ticket}/resolution", body)) == (409, "ticket_decided")
    entries = await agent.read("/api/knowledge", kind="resolution", status="active")
    assert len(entries["items"]) == 1


async def test_a_reviewer_corrects_what_was_found(agent: Staff, ticket: str) -> None:
    await opened(agent, ticket)
    wrong = await agent.post(f"{ticket}/approve", {"kb_id": "KB-NOWHERE-1"})
    assert code(wrong) == (422, "ticket_reference_unknown")
    said = {"kb_id": "KB-DEMO-0001", "script_id": "", "category": "Keys"}
    done = await agent.post(f"{ticket}/approve", said)
    approved = done.json()["ticket"]
    assert (approved["kb_id"], approved["script_id"]) == ("KB-DEMO-0001", None)
    assert approved["category"] == "Keys"
    assert "category" not in approved["confidence"]
    assert (await agent.post(f"{ticket}/approve", said)).json() == done.json()
    other = await agent.post(f"{ticket}/approve", {**said, "category": "Locks"})
    assert code(other) == (409, "ticket_decided")


async def test_wrong_steps(agent: Staff, ticket: str, demo: Services) -> None:
    async def step(status: str) -> tuple[int, str]:
        return code(await patch(agent, f"{ticket}/status", {"status": status}))

    for status in ("pending", "approved", "rejected"):
        assert await step(status) == (409, "ticket_status_invalid"), status
    assert await step("closed") == (422, "request_invalid")
    assert code(await agent.post(f"{ticket}/approve", {})) == (409, "ticket_not_opened")
    assert code(await agent.post(f"{ticket}/reject", {"reason": "no"})) == (
        409,
        "ticket_not_opened",
    )
    await opened(agent, ticket)
    for status in ("pending", "in_progress", "approved"):
        assert await step(status) == (409, "ticket_status_invalid"), status
    rejected = (await agent.post(f"{ticket}/reject", {"reason": "It is about unit 4."})).json()
    assert (rejected["status"], rejected["reject_reason"]) == ("rejected", "It is about unit 4.")
    assert await step("in_progress") == (409, "ticket_decided")
    (bare,) = await made(demo, case(4), score=None)
    await opened(agent, f"/api/tickets/{bare}")
    assert code(await agent.post(f"/api/tickets/{bare}/approve", {})) == (409, "ticket_unresolved")


async def test_a_stale_version_is_409_for_every_act(agent: Staff, ticket: str) -> None:
    version = (await agent.read(ticket))["version"]
    stale = (409, "ticket_changed")
    body: Json = {"status": "in_progress", "version": version - 1}
    assert code(await patch(agent, f"{ticket}/status", body)) == stale
    await opened(agent, ticket)
    old: Json = {"version": version}
    assert code(await patch(agent, f"{ticket}/resolution", {"edited_resolution": "x", **old})) == (
        stale
    )
    assert code(await patch(agent, f"{ticket}/assign", {"assigned_to": None, **old})) == stale
    assert code(await agent.post(f"{ticket}/approve", old)) == stale
    assert code(await agent.post(f"{ticket}/reject", {"reason": "no", **old})) == stale


async def test_of_an_approval_and_an_edit_at_one_moment_one_wins(agent: Staff, ticket: str) -> None:
    version = (await opened(agent, ticket))["version"]
    edit, approval = await asyncio.gather(
        patch(agent, f"{ticket}/resolution", {"edited_resolution": EDITED, "version": version}),
        agent.post(f"{ticket}/approve", {"version": version}),
    )
    assert sorted((edit.status_code, approval.status_code)) == [200, 409]
    now = await agent.read(ticket)
    assert (now["status"] == "approved") == approval.is_success
    assert (now["edited_resolution"] == EDITED) == edit.is_success


async def test_tiers(agent: Staff, demo: Services, web: httpx.AsyncClient) -> None:
    (ticket_id,) = await made(demo, case(3, tier=3))
    ticket = f"/api/tickets/{ticket_id}"
    refused = (403, "ticket_tier")
    opening: Json = {"status": "in_progress"}
    assert code(await patch(agent, f"{ticket}/status", opening)) == refused
    assert code(await patch(agent, f"{ticket}/resolution", {"edited_resolution": "x"})) == refused
    me = {"assigned_to": await user_id(agent)}
    assert code(await patch(agent, f"{ticket}/assign", me)) == (422, "ticket_assignee_unfit")
    higher = await person(web, demo, Role.SUPPORT_AGENT, tier="Tier3")
    await opened(higher, ticket)
    assert code(await agent.post(f"{ticket}/approve", {})) == refused
    assert code(await agent.post(f"{ticket}/reject", {"reason": "no"})) == refused
    assert (await higher.post(f"{ticket}/approve", {})).status_code == 200


async def test_assigning(
    agent: Staff, user: Staff, ticket: str, web: httpx.AsyncClient, demo: Services
) -> None:
    other = await user_id(await person(web, demo, Role.SUPPORT_AGENT, tier="Tier3"))
    item = (await patch(agent, f"{ticket}/assign", {"assigned_to": other})).json()
    assert (item["assigned_to"], item["status"]) == (other, "pending")
    for nobody in (await user_id(user), "usr_nobody"):
        answer = await patch(agent, f"{ticket}/assign", {"assigned_to": nobody})
        assert code(answer) == (422, "ticket_assignee_unfit")
    item = (await patch(agent, f"{ticket}/assign", {"assigned_to": None})).json()
    assert item["assigned_to"] is None


async def test_bad_bodies(agent: Staff, ticket: str) -> None:
    await opened(agent, ticket)
    for path, body in (
        ("approve", {"edited_resolution": " "}),
        ("approve", {"edited_resolution": "x" * 8_001}),
        ("approve", {"version": "2"}),
        ("approve", {"status": "approved"}),
        ("reject", {}),
        ("reject", {"reason": ""}),
        ("reject", {"reason": {"$gt": ""}}),
    ):
        answer = await agent.post(f"{ticket}/{path}", body)
        assert code(answer) == (422, "request_invalid"), (path, body)
    assert (await agent.read(ticket))["status"] == "in_progress"


async def test_users_do_not_review(user: Staff, ticket: str) -> None:
    assert code(await patch(user, f"{ticket}/status", {"status": "in_progress"})) == (
        403,
        "scope_missing",
    )
    assert code(await user.post(f"{ticket}/approve", {})) == (403, "scope_missing")


async def test_bulk_approval_and_calibration(agent: Staff, demo: Services) -> None:
    await made(demo, case(1), case(2), score=92)
    await made(demo, case(3), score=80)
    await made(demo, case(4, tier=3), score=99)
    answer = (await agent.post("/api/tickets/approve-above", {"score": 90})).json()
    assert answer["approved"] == 2
    assert [each["knowledge"]["knowledge_id"] for each in answer["approvals"]] == [
        "KB-NEW-0001",
        "KB-NEW-0002",
    ]
    await opened(agent, "/api/tickets/CS-00000003")
    await agent.post("/api/tickets/CS-00000003/reject", {"reason": "It is another case."})
    report = await agent.read("/api/tickets/calibration")
    assert report["decided"] == 3
    bands = {band["low"]: band for band in report["bands"]}
    assert bands[90] == {
        "low": 90, "high": 99, "approved": 2, "edited": 0, "rejected": 0, "share_approved": 1.0,
    }  # fmt: skip
    assert (bands[80]["rejected"], bands[80]["share_approved"]) == (1, 0.0)
    assert bands[0]["share_approved"] is None
    for score in (-1, 101, "90", True, 90.5, None):
        refused = await agent.post("/api/tickets/approve-above", {"score": score})
        assert refused.status_code == 422, score
    assert (await agent.post("/api/tickets/approve-above", {"score": 90.0})).is_success


@pytest.mark.untraced
async def test_fifty_approvals_at_once_have_fifty_consecutive_ids(
    demo: Services, web: httpx.AsyncClient
) -> None:
    _, secret = await demo.keys.issue("default", "test", [Scope.TICKETS_REVIEW])
    desk = Staff(web, secret)
    ids = await made(demo, *(case(number) for number in range(50)), score=None)
    tickets = demo.repository.scoped("tickets", "default")
    await tickets.update_many({}, {"$set": {"status": "in_progress"}})
    answers = await asyncio.gather(
        *(
            desk.post(
                f"/api/tickets/{ticket_id}/approve", {"edited_resolution": f"Do {ticket_id}."}
            )
            for ticket_id in ids
        )
    )
    published = sorted(answer.json()["knowledge"]["knowledge_id"] for answer in answers)
    assert published == [f"KB-NEW-{number:04}" for number in range(1, 51)]
