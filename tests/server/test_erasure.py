"""Whoever is forgotten stands nowhere any more."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from bson import Timestamp, encode

from agent.errors import Conflict, NotFound
from agent.ingest.conversations.ingest import ingest_conversations
from agent.kit.clock import ManualClock
from agent.mongo.indexes import INDEXES
from agent.privacy.erasure import ELSEWHERE, KEPT, NOBODY, PLAN, RECHECKS
from agent.services import Services
from graphs.erasure import forget, look_again
from graphs.opening import opened
from server.state import State
from tests.agent.training.conversations import silent
from tests.server.parties import Staff, Visitor

TENANT = "default"
PERSONAL = {
    "name": "Zebedee Quillfeather",
    "email": "zebedee.q77@quillfeather.example",
    "phone": "503-555-0188",
    "mail_in_text": "other.q78@quillfeather.example",
    "phone_in_text": "212-555-0193",
    "ssn": "536-90-4399",
    "card": "4111 1111 1111 1111",
    "address": "4417 Quillfeather Avenue",
    "mail_to_staff": "third.q79@quillfeather.example",
    "mail_in_file": "fourth.q80@quillfeather.example",
    "phone_in_file": "415-555-0167",
    "name_in_file": "Barnabas Thistlewhite",
}
"""Taken out before anything is stored: not even the oplog has them."""
WORDS = {
    name: f"{name.replace('_', '')}marmalade"
    for name in ("message", "action", "edit", "staff", "comment", "label", "webhook", "reason")
}
"""Nothing that could be told from what anybody writes."""
PLANTED = PERSONAL | WORDS


def test_every_collection_is_thought_of() -> None:
    """A new collection says here what erasing a person does to it."""
    planned = {step.collection for step in PLAN}
    known = {index.collection for index in INDEXES} | {"checkpoints", "checkpoint_writes"}
    assert planned | ELSEWHERE.keys() | KEPT.keys() == known
    assert not planned & ELSEWHERE.keys()
    assert not planned & KEPT.keys()


async def scan(services: Services) -> dict[str, set[str]]:
    """Planted string -> the collections it stands in, other than the audit."""
    handle = services.database.handle
    found: dict[str, set[str]] = {}
    for name in await handle.list_collection_names():
        async for row in handle[name].find({}):
            content = encode(row)
            for planted in PLANTED.values():
                if planted.encode() in content:
                    found.setdefault(planted, set()).add(name)
    return found


async def scan_oplog(services: Services, since: Timestamp) -> set[str]:
    oplog = services.database.async_client["local"]["oplog.rs"]
    found: set[str] = set()
    async for entry in oplog.find({"ts": {"$gte": since}}):
        content = encode(entry)
        found |= {planted for planted in PERSONAL.values() if planted.encode() in content}
    return found


async def plant(web: httpx.AsyncClient, state: State, staff: Staff, folder: Path) -> str:
    """A lead who says all of it, over every way in; the lead_id."""
    services, said = state.services, PLANTED
    lead = {"name": said["name"], "email": said["email"], "phone": said["phone"]}
    visitor = await Visitor.arrive(web, lead=lead | {"consent_sms": True})
    thread = await services.threads.get(TENANT, visitor.thread_id)
    await visitor.say(f"Hi, a two bedroom in Portland under 3000, {said['message']} please")
    await visitor.say(f"Write to {said['mail_in_text']} or call {said['phone_in_text']}")
    await visitor.say(f"My SSN is {said['ssn']}, my card {said['card']}")
    await visitor.say(f"I live at {said['address']}, Portland, OR 97201")
    for action in ("approve", "edit", "pending"):
        text = f"See you at 2. {said['action']} {action}"
        args = {"channel": "email", "text": text}
        answer = await staff.post(
            "/api/agent/action",
            {"thread_id": visitor.thread_id, "action": "send_message", "args": args},
        )
        action_id = answer.json()["action_id"]
        if action == "approve":
            assert (await staff.decide(action_id, "approve")).status_code == 200
        if action == "edit":
            edited = {"text": f"See you at 3. {said['edit']}"}
            assert (await staff.decide(action_id, "edit", args=edited)).status_code == 200
    await state.runtime.caught_up(TENANT, visitor.thread_id)
    on_thread = {"thread_id": visitor.thread_id}
    await visitor.post("/api/agent/feedback", on_thread | {"score": 4, "comment": said["comment"]})
    await staff.post("/api/agent/handoff", on_thread)
    await visitor.post("/api/agent/handoff", on_thread | {"reason": said["reason"]})
    await staff.post("/api/agent/takeover", on_thread)
    staff_text = f"{said['staff']}, mail {said['mail_to_staff']}"
    await staff.post("/api/agent/message", on_thread | {"text": staff_text})
    await staff.post("/api/agent/release", on_thread)
    version = (await services.threads.get(TENANT, visitor.thread_id)).version
    await web.patch(
        f"/api/leads/threads/{visitor.thread_id}",
        json={"labels": [said["label"]], "version": version},
        headers=staff.headers,
    )
    # what the lead said last is where it can be reached; as if its site had signed for it
    known = {"$set": {"vouched": True}}
    await services.repository.scoped("leads", TENANT).update({"lead_id": thread.lead_id}, known)
    form = {"email": said["mail_in_text"], "message": f"Free? {said['webhook']}"}
    answer = await web.post("/api/leads/intake/zillow", data=form, headers=staff.headers)
    assert answer.json()["lead_id"] == thread.lead_id, answer.text
    await state.runtime.caught_up(TENANT, answer.json()["thread_id"])
    return thread.lead_id


async def plant_file(services: Services, folder: Path) -> str:
    """The lead of an imported conversation."""
    said, path = PLANTED, folder / "export.csv"
    path.write_text(
        "thread_id,role,text\n"
        f"A1,lead,My name is {said['name_in_file']} and my mail is {said['mail_in_file']}\n"
        "A1,agent,Thank you. Which number can we call?\n"
        f"A1,lead,Call me at {said['phone_in_file']}\n"
    )
    await ingest_conversations(services, path, tenant_id=TENANT)
    (lead,) = await services.repository.scoped("leads", TENANT).find({"source": "csv"})
    return str(lead["lead_id"])


async def test_twenty_planted_strings_are_found_nowhere(
    web: httpx.AsyncClient, state: State, staff: Staff, clock: ManualClock, tmp_path: Path
) -> None:
    services = state.services
    since = Timestamp(int(time.time()) - 1, 0)
    lead_ids = [await plant(web, state, staff, tmp_path), await plant_file(services, tmp_path)]
    await services.chunks.embed_conversations(TENANT)
    dataset = await services.training.build_dataset(TENANT, silent, actor="test")
    before = await scan(services)
    assert set(WORDS.values()) <= before.keys()
    assert not set(PERSONAL.values()) & before.keys()

    reports = [await forget(services, TENANT, lead_id, actor="test") for lead_id in lead_ids]

    assert await scan(services) == {}
    assert await scan_oplog(services, since) == set()
    assert (await services.training.dataset(TENANT, dataset.dataset_id)).emptied
    for collection in ("chunks", "embedding_cache", "checkpoints", "checkpoint_writes", "vault"):
        assert await services.database.handle[collection].count_documents({}) == 0, collection
    for lead_id, report in zip(lead_ids, reports, strict=True):
        (proof,) = await services.audit.store.about(TENANT, lead_id)
        assert proof.kind == "lead.erased"
        assert report.erased["vault"] == 1
        assert await forget(services, TENANT, lead_id, actor="test") == report
    while any(row["looks"] < len(RECHECKS) for row in await erasures(services)):
        clock.advance(RECHECKS[-1])
        await look_again(services)
    assert [row["traces"] for row in await erasures(services)] == [None, None]


async def erasures(services: Services) -> list[Any]:
    return await services.repository.scoped("erasures", TENANT).find({})


@pytest.mark.untraced
async def test_a_conversation_of_a_hundred_turns_is_forgotten_in_five_seconds(
    state: State, visitor: Visitor
) -> None:
    services = state.services
    for number in range(100):
        message = await services.threads.accept(TENANT, visitor.thread_id, f"hello {number}")
        assert message
        if number % 40 == 39:
            await state.runtime.caught_up(TENANT, visitor.thread_id)
    await state.runtime.caught_up(TENANT, visitor.thread_id)
    thread = await services.threads.get(TENANT, visitor.thread_id)
    begun = time.monotonic()
    report = await forget(services, TENANT, thread.lead_id, actor="test")
    assert time.monotonic() - begun < 5
    assert report.erased["messages"] >= 100


async def test_over_http_once_and_again(staff: Staff, visitor: Visitor, state: State) -> None:
    await visitor.ask_for_a_tour()
    thread = await state.services.threads.get(TENANT, visitor.thread_id)
    path = f"/api/leads/leads/{thread.lead_id}"
    first = await staff.web.delete(path, headers=staff.headers)
    assert first.status_code == 200, first.text
    assert (await staff.web.delete(path, headers=staff.headers)).json() == first.json()
    assert (await staff.get(path)).status_code == 404
    for answer in (
        await visitor.post(
            "/api/agent/reply", {"thread_id": visitor.thread_id, "message": "still there?"}
        ),
        await visitor.web.get("/api/agent/thread", headers=visitor.headers),
        await visitor.post("/api/agent/token", {}),
        await visitor.post("/api/agent/feedback", {"thread_id": visitor.thread_id, "score": 1}),
        await staff.get(f"/api/leads/threads/{visitor.thread_id}"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "thread_not_found")
    unknown = await staff.web.delete("/api/leads/leads/lead_nobody", headers=staff.headers)
    assert unknown.status_code == 404


async def test_the_time_of_a_tour_is_free_again(
    staff: Staff, visitor: Visitor, state: State
) -> None:
    services = state.services
    pending = await visitor.ask_for_a_tour()
    await staff.decide(pending["action_id"], "approve")
    await state.runtime.caught_up(TENANT, visitor.thread_id)
    (tour,) = await services.tours.of_thread(TENANT, visitor.thread_id)
    thread = await services.threads.get(TENANT, visitor.thread_id)
    await forget(services, TENANT, thread.lead_id, actor="test")
    now = await services.tours.get(TENANT, tour.tour_id)
    assert (now.status, now.seat) == ("canceled_by_renter", None)
    assert (now.lead_id, now.thread_id) == (NOBODY, NOBODY)


async def test_a_turn_that_runs_comes_to_nothing(state: State, visitor: Visitor) -> None:
    services = state.services
    thread = await services.threads.get(TENANT, visitor.thread_id)
    saying = asyncio.create_task(
        visitor.post(
            "/api/agent/reply", {"thread_id": visitor.thread_id, "message": "A studio marmalade?"}
        )
    )
    while not (await services.threads.get(TENANT, visitor.thread_id)).unanswered:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    await forget(services, TENANT, thread.lead_id, actor="test")
    assert (await saying).status_code in (200, 404, 409)
    for name in ("threads", "messages", "leads", "vault", "checkpoints", "events"):
        rows = await services.database.handle[name].find({}).to_list()
        assert "marmalade" not in str(rows), name
    for name in ("threads", "messages", "checkpoints"):
        assert await services.database.handle[name].count_documents({}) == 0, name


async def test_of_another_tenant_nobody_is_forgotten(state: State, visitor: Visitor) -> None:
    thread = await state.services.threads.get(TENANT, visitor.thread_id)
    with pytest.raises(NotFound):
        await forget(state.services, "other", thread.lead_id, actor="test")
    assert await state.services.leads.get(TENANT, thread.lead_id)


async def test_the_audit_verifies_still(state: State, staff: Staff, visitor: Visitor) -> None:
    services = state.services
    thread = await services.threads.get(TENANT, visitor.thread_id)
    await forget(services, TENANT, thread.lead_id, actor="test")
    (proof,) = await services.audit.store.about(TENANT, thread.lead_id)
    assert set(proof.data) == {"salt"}


async def test_an_erased_threads_id_is_free_once_nothing_is_looked_for(
    state: State, staff: Staff, visitor: Visitor, clock: ManualClock
) -> None:
    services = state.services
    thread = await services.threads.get(TENANT, visitor.thread_id)
    await forget(services, TENANT, thread.lead_id, actor="test")
    again: dict[str, Any] = {"lead_id": None, "community_id": None, "source": "crm", "metadata": {}}
    with pytest.raises(Conflict) as refused:
        await opened(services, TENANT, thread_id=visitor.thread_id, **again)
    assert refused.value.code == "thread_exists"
    for _ in RECHECKS:
        clock.advance(timedelta(hours=1))
        assert await look_again(services)
    assert (await opened(services, TENANT, thread_id=visitor.thread_id, **again)).thread_id
