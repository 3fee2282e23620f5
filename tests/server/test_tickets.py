"""Tickets as people read them: every field of the specification, one's own or all, no contact."""

import httpx
import pytest

from agent.services import Services
from agent.tenants.models import Tenant
from agent.tickets.models import Grounds, Resolution, Score, Source, Vote
from agent.users.roles import Role
from server.scopes import Scope
from tests.server.parties import Staff
from tests.server.support import (
    CASES,
    agent,
    case,
    code,
    csv_of,
    demo,
    finished,
    made,
    patch,
    person,
    send_file,
    user,
    user_id,
)

__all__ = ["agent", "demo", "user"]

TABLE_3 = [
    "id",
    "ticket_id",
    "conversation_id",
    "channel",
    "customer_role",
    "product",
    "category",
    "transcript",
    "first_tier_agent_name",
    "account_name",
    "property_name",
    "property_city",
    "property_state",
    "contact_name",
    "contact_role",
    "contact_phone",
    "status",
    "created_by",
    "assigned_to",
    "resolution_content",
    "edited_resolution",
    "relevancy_score",
    "relevancy_points",
    "accuracy_points",
    "completeness_points",
    "reasoning",
    "kb_id",
    "script_id",
    "generated_kb_id",
    "similarity_score",
    "distance",
    "priority",
    "sentiment",
    "created_at",
    "updated_at",
    "resolved_at",
]
RAG = {
    "": "ticket_id created_date conversation_id first_tier_agent_name product category resolution "
    "metadata",
    "resolution": "content agent_id relevancy_score relevancy_breakdown reasoning "
    "reference_article",
    "resolution.relevancy_breakdown": "relevancy_points accuracy_points completeness_points",
    "resolution.reference_article": "kb_id script_id generated_kb_id",
    "metadata": "similarity_score distance priority sentiment channel",
}


def require_rag(answer: object) -> None:
    """Exactly the fields of "RAG Response Structure"."""
    for path, fields in RAG.items():
        part = answer
        for name in filter(None, path.split(".")):
            part = part[name]  # type: ignore[index]
        assert isinstance(part, dict)
        assert set(part) == set(fields.split()), path


async def test_a_ticket_has_every_field_of_the_specification(demo: Services, agent: Staff) -> None:
    (ticket_id,) = await made(demo, CASES[3])
    (item,) = (await agent.read("/api/tickets"))["items"]
    detail = await agent.read(f"/api/tickets/{ticket_id}")
    assert set(TABLE_3) <= set(item)
    assert {**item, "grounds": detail["grounds"]} == detail
    given = CASES[3].model_dump(
        exclude={"contact_name", "contact_email", "contact_phone", "created_at", "transcript"}
    )
    assert {field: item[field] for field in given} == {
        **given,
        "category": None,
    }
    assert item["id"] == item["ticket_id"] == ticket_id
    assert item["created_at"] == "2026-02-07T12:21:00Z"
    assert (item["status"], item["relevancy_score"], item["version"]) == ("pending", 90, 2)
    points = ("relevancy_points", "accuracy_points", "completeness_points")
    assert [item[name] for name in points] == [40, 35, 15]
    assert (item["kb_id"], item["similarity_score"], item["distance"]) == ("KB-DEMO-0004", 0.5, 1.0)
    assert "email" not in item["transcript"] or "[email]" in item["transcript"]
    assert "555" not in item["transcript"]


async def test_contact_data_needs_its_scope_and_leaves_a_trace(
    demo: Services, agent: Staff, web: httpx.AsyncClient, staff: Staff
) -> None:
    (ticket_id,) = await made(demo, CASES[3])
    path = f"/api/tickets/{ticket_id}"
    plain = await agent.read(path)
    contact = ("contact_name", "contact_email", "contact_phone")
    assert [plain[field] for field in contact] == [None, None, None]
    shown = await agent.read(path, reveal=1)
    assert [shown[field] for field in contact] == [
        "Owen Clarke",
        "owen.clarke@example.com",
        "+16175550146",
    ]
    _, secret = await demo.keys.issue("default", "test", [Scope.TICKETS_READ, Scope.TICKETS_REVIEW])
    assert code(await Staff(web, secret).get(path, reveal=1)) == (403, "scope_missing")
    records = (await staff.read("/api/audit"))["items"]
    kinds = [record["kind"] for record in records if record["subject"] == ticket_id]
    assert kinds.count("ticket.revealed") == 1
    assert kinds.count("ticket.read") == 1
    assert "Clarke" not in str(records)


async def test_users_see_their_own_and_reviewers_all(
    demo: Services, user: Staff, agent: Staff, web: httpx.AsyncClient
) -> None:
    await made(demo, case(1))
    job_id = (await send_file(user, csv_of([case(2)]))).json()["job_id"]
    assert (await finished(user, job_id))["report"]["accepted"] == 1
    (own,) = (await user.read("/api/tickets"))["items"]
    assert own["ticket_id"] == "CS-00000002"
    assert own["created_by"] == await user_id(user)
    assert (await user.read("/api/tickets/CS-00000002"))["ticket_id"] == "CS-00000002"
    foreign = await user.get("/api/tickets/CS-00000001")
    unknown = await user.get("/api/tickets/CS-00000009")
    assert code(foreign) == code(unknown) == (404, "ticket_not_found")
    assert code(await user.get("/api/tickets/CS-00000001/resolution"))[0] == 404
    assert code(await user.get("/api/tickets/pending")) == (403, "scope_missing")
    assert len((await agent.read("/api/tickets"))["items"]) == 2
    stranger = await person(web, demo, Role.REALPAGE_USER)
    assert (await stranger.read("/api/tickets"))["items"] == []


async def test_who_sees_own_tickets_only_reads_no_other_in_what_they_rest_on(
    demo: Services, user: Staff, agent: Staff
) -> None:
    name = f"user:{await user_id(user)}"
    (ticket_id,) = (await demo.tickets.add("default", [(2, case(2))], created_by=name)).ticket_ids
    other = Source(
        id="CS-1",
        kind="ticket",
        title="Of others",
        passage="Said by others.",
        similarity_score=0.9,
        distance=0.4,
        score=1.0,
    )
    article = other.model_copy(update={"id": "KB-1", "kind": "article", "passage": "Written."})
    vote = Vote(kb_id="KB-1", share=1.0, tickets=["CS-1"])
    grounds = Grounds(votes=[vote], tickets=[other], articles=[article], evident=True)
    score = Score(relevancy_points=1, accuracy_points=1, completeness_points=1, reasoning="-")
    found = Resolution(content="Press star.", kb_id="KB-1", score=score, by="rules")
    await demo.tickets.settle("default", ticket_id, found, grounds)
    for who, tickets in ((agent, ["CS-1"]), (user, [])):
        shown = (await who.read(f"/api/tickets/{ticket_id}"))["grounds"]
        assert [each["id"] for each in shown["tickets"]] == tickets
        assert [each["tickets"] for each in shown["votes"]] == [tickets]
        assert [each["id"] for each in shown["articles"]] == ["KB-1"]


async def test_another_tenant_sees_nothing(
    demo: Services, web: httpx.AsyncClient, agent: Staff
) -> None:
    await demo.tenants.put(Tenant(tenant_id="other", name="Other"))
    (ticket_id,) = await made(demo, case(1))
    foreign = await person(web, demo, Role.ADMIN, tenant="other")
    path = f"/api/tickets/{ticket_id}"
    assert code(await foreign.get(path)) == (404, "ticket_not_found")
    assert code(await patch(foreign, f"{path}/status", {"status": "in_progress"}))[0] == 404
    assert code(await foreign.post(f"{path}/approve", {}))[0] == 404
    assert (await foreign.read("/api/tickets"))["items"] == []
    assert (await agent.read(path))["version"] == 2


async def test_filters_and_pages(demo: Services, agent: Staff) -> None:
    await made(demo, *(case(number) for number in range(5)))
    await patch(agent, "/api/tickets/CS-00000000/status", {"status": "in_progress"})

    async def found(**params: str | int) -> set[str]:
        items = (await agent.read("/api/tickets", **params))["items"]
        return {item["ticket_id"][-1] for item in items}

    assert await found(status="in_progress") == {"0"}
    assert await found(product="Keystone Leasing") == {"3", "4"}
    assert await found(priority="Critical") == {"4"}
    assert await found(assigned_to=await user_id(agent)) == {"0"}
    assert await found(q="RECONCILIATION") == {"0"}
    assert await found(q="CS-00000003") == {"3"}
    assert await found(q=".*") == set()
    assert len((await agent.read("/api/tickets/pending"))["items"]) == 4
    first = await agent.read("/api/tickets", limit=3)
    rest = await agent.read("/api/tickets", limit=3, cursor=first["next_cursor"])
    assert len({item["id"] for item in first["items"] + rest["items"]}) == 5
    for wrong in ("status=closed", "limit=0", "cursor=x", "q=" + "x" * 201):
        assert (await agent.get(f"/api/tickets?{wrong}")).status_code == 422, wrong


async def test_the_resolution_of_a_ticket_has_the_structure_of_the_specification(
    demo: Services, agent: Staff
) -> None:
    settled, waiting = *await made(demo, case(3)), *await made(demo, case(4), score=None)
    answer = await agent.read(f"/api/tickets/{settled}/resolution")
    require_rag(answer)
    assert answer["ticket_id"] == settled
    assert answer["created_date"] == "2026-02-07"
    assert answer["resolution"]["relevancy_score"] == 90
    assert answer["resolution"]["agent_id"] == answer["first_tier_agent_name"] == "Kit"
    assert answer["metadata"] == {
        "similarity_score": 0.5,
        "distance": 1.0,
        "priority": "Medium",
        "sentiment": None,
        "channel": "Phone",
    }
    refused = await agent.get(f"/api/tickets/{waiting}/resolution")
    assert code(refused) == (409, "ticket_unresolved")


async def test_ids_that_are_none(agent: Staff) -> None:
    for ticket_id in ("a b", "x" * 201, "%00", "$where"):
        assert (await agent.get(f"/api/tickets/{ticket_id}")).status_code in (404, 422)


@pytest.mark.parametrize("query", ["tickets?q", "tickets/pending?product", "knowledge?category"])
async def test_a_filter_with_a_nul_is_refused(agent: Staff, query: str) -> None:
    answer = await agent.web.get(f"/api/{query}=a%00", headers=agent.headers)
    assert code(answer) == (422, "request_invalid")
