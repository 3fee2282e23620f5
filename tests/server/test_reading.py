"""Who read a conversation is known afterwards."""

import httpx

from agent.services import Services
from tests.server.parties import Staff, Visitor


async def readings(services: Services) -> list[tuple[str, str, str | None]]:
    page = await services.audit.store.page("default", limit=50)
    return [
        (record.kind, record.actor, record.thread_id)
        for record in page.items
        if record.kind.endswith(".read")
    ]


async def test_a_transcript_read_by_a_program_leaves_a_trace(
    staff: Staff, visitor: Visitor, demo: Services
) -> None:
    thread = visitor.thread_id
    for path in (
        f"/api/leads/threads/{thread}/messages",
        f"/threads/{thread}",
        f"/threads/{thread}/state",
        f"/threads/{thread}/history",
    ):
        before = len(await readings(demo))
        answer = await staff.web.get(path, headers=staff.headers)
        assert answer.status_code == 200, path
        after = await readings(demo)
        assert after[0] == ("thread.read", "key:admin", thread), path
        assert len(after) == before + 1, path


async def test_several_at_once_leave_one(staff: Staff, visitor: Visitor, demo: Services) -> None:
    answer = await staff.post("/threads/search", {})
    assert [thread["thread_id"] for thread in answer.json()] == [visitor.thread_id]
    assert await readings(demo) == [("threads.read", "key:admin", None)]
    (record,) = await demo.audit.store.about("default", "default")
    assert record.data == {"thread_ids": [visitor.thread_id]}


async def test_visitors_and_the_refused_leave_none(
    web: httpx.AsyncClient, staff: Staff, visitor: Visitor, demo: Services
) -> None:
    for path in ("/api/agent/thread", f"/threads/{visitor.thread_id}/state"):
        assert (await web.get(path, headers=visitor.headers)).status_code == 200
    missing = await web.get("/api/leads/threads/thr_none/messages", headers=staff.headers)
    assert missing.status_code == 404
    refused = await web.get(
        f"/api/leads/threads/{visitor.thread_id}/messages", headers=visitor.headers
    )
    assert refused.status_code == 403
    assert await readings(demo) == []
