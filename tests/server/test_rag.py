"""A resolution for a case that is kept nowhere, and the chatbot over HTTP."""

import httpx

from agent.services import Services
from agent.users.roles import Role
from tests.server.parties import Json, Staff, Visitor
from tests.server.support import CASES, agent, code, demo, made, patch, person, user
from tests.server.test_tickets import require_rag

__all__ = ["agent", "demo", "user"]

GENERATE, ASK = "/api/rag/generate", "/api/chatbot/message"
STUCK = "Caller: The lease for unit 204 has said Preparing since this morning."


async def generated(who: Staff, **body: object) -> Json:
    answer = await who.post(GENERATE, body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_exactly_the_structure_of_the_specification(user: Staff, demo: Services) -> None:
    whole = CASES[3].model_dump(mode="json", exclude_none=True)
    answer = await generated(user, **whole)
    require_rag(answer)
    assert answer["ticket_id"] == whole["ticket_id"]
    assert answer["created_date"] == "2026-02-07"
    assert answer["conversation_id"] == whole["conversation_id"]
    assert answer["first_tier_agent_name"] == answer["resolution"]["agent_id"] == "Kit"
    assert answer["product"] == "Keystone Leasing"
    resolution = answer["resolution"]
    assert resolution["relevancy_score"] == sum(resolution["relevancy_breakdown"].values())
    assert resolution["reasoning"]
    assert resolution["content"]
    assert (answer["metadata"]["priority"], answer["metadata"]["channel"]) == ("Medium", "Phone")
    assert answer["metadata"]["similarity_score"] is not None
    assert await demo.repository.scoped("tickets", "default").find({}) == []


async def test_a_transcript_alone_will_do_and_gets_the_same_ids_each_time(user: Staff) -> None:
    answer = await generated(user, transcript=STUCK)
    require_rag(answer)
    assert answer == await generated(user, transcript=STUCK)
    assert answer["ticket_id"].startswith("CS-")
    assert answer["conversation_id"].startswith("CONV-")
    assert answer["first_tier_agent_name"] is None
    said = f"Caller: This is Uma Grey, uma@grey.example, 503-555-0142.\n{STUCK}"
    answer = await generated(user, transcript=said, contact_name="Uma Grey")
    for secret in ("Grey", "grey.example", "0142"):
        assert secret not in str(answer)


BAD: tuple[Json, ...] = (
    {},
    {"transcript": ""},
    {"transcript": " \n"},
    {"transcript": "x" * 32_768},
    {"transcript": {"$gt": ""}},
    {"transcript": "x", "tier": 4},
    {"transcript": "x", "weather": "fine"},
    {"transcript": "x", "created_at": "yesterday"},
)


async def test_bad_cases_and_who_may_not_ask(
    web: httpx.AsyncClient, user: Staff, demo: Services
) -> None:
    for body in BAD:
        assert code(await user.post(GENERATE, body)) == (422, "request_invalid"), body
    assert code(await web.post(ASK, json={"message": "hi"})) == (401, "credential_missing")
    for body in ({}, {"message": 1}, {"message": "hi", "thread_id": ""}):
        assert code(await user.post(ASK, body)) == (422, "request_invalid"), body
    assert code(await user.post(ASK, {"message": "x" * 8_001}))[0] == 413
    assert code(await user.post(ASK, {"message": " "}))[0] == 422
    leasing = await person(web, demo, Role.LEASING_AGENT)
    assert (await leasing.post(ASK, {"message": "hi"})).is_success


async def test_the_chatbot_answers_with_its_sources_over_several_turns(
    agent: Staff, user: Staff, demo: Services
) -> None:
    (ticket_id,) = await made(demo, CASES[3])
    ticket = f"/api/tickets/{ticket_id}"
    await patch(agent, f"{ticket}/status", {"status": "in_progress"})
    edited = "A purple ferret sits in the printer. Take the ferret out and prepare the lease again."
    await agent.post(f"{ticket}/approve", {"edited_resolution": edited})
    answer = (
        await user.post(ASK, {"message": "A purple ferret is in the printer, what now?"})
    ).json()
    assert set(answer) == {"reply", "thread_id", "citations", "offer_ticket"}
    assert "KB-NEW-0001" in [citation["id"] for citation in answer["citations"]]
    assert set(answer["citations"][0]) == {"id", "title", "score"}
    assert "printer" in answer["reply"]
    assert answer["offer_ticket"] is False
    body = {"message": "And the ferret?", "thread_id": answer["thread_id"]}
    assert (await user.post(ASK, body)).json()["thread_id"] == answer["thread_id"]
    foreign = await agent.post(ASK, body)
    assert code(foreign) == (404, "chat_not_found")
    answer = (await user.post(ASK, {"message": "Who won the football cup in 1954?"})).json()
    assert (answer["citations"], answer["offer_ticket"]) == ([], True), "no evidence"


async def test_a_visitor_hears_nothing_from_scripts_and_resolutions(
    web: httpx.AsyncClient, agent: Staff, demo: Services
) -> None:
    (ticket_id,) = await made(demo, CASES[3])
    ticket = f"/api/tickets/{ticket_id}"
    await patch(agent, f"{ticket}/status", {"status": "in_progress"})
    await agent.post(f"{ticket}/approve", {"edited_resolution": "Feed the purple ferret first."})
    visitor = await Visitor.arrive(web)
    for question in ("What about the purple ferret?", "Post a settled payment without a batch"):
        answer = await visitor.post(ASK, {"message": question})
        assert answer.status_code == 200, answer.text
        ids = [citation["id"] for citation in answer.json()["citations"]]
        assert not [i for i in ids if i.startswith(("KB-NEW", "SCRIPT"))]
        assert "ferret first" not in answer.json()["reply"]
