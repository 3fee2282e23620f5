"""LangChain's own client against our server."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import (
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    UnprocessableEntityError,
)

from agent.services import Services
from agent.tenants.models import DEFAULT_TENANT
from server.scopes import Scope
from server.state import State
from tests.server.parties import Staff, Visitor

Json = dict[str, Any]
Connect = Callable[[str], LangGraphClient]


@pytest.fixture
async def connect(live: httpx.AsyncClient) -> AsyncIterator[Connect]:
    """Clients by credential, closed at the end."""
    made: list[LangGraphClient] = []

    def connect(secret: str) -> LangGraphClient:
        made.append(get_client(url=str(live.base_url), api_key=secret))
        return made[-1]

    yield connect
    for sdk in made:
        await sdk.aclose()


@pytest.fixture
async def admin(connect: Connect, state: State) -> LangGraphClient:
    secret = await state.services.keys.first_admin(DEFAULT_TENANT, Scope)
    assert secret
    return connect(secret)


@pytest.fixture
async def lead(live: httpx.AsyncClient) -> Visitor:
    return await Visitor.arrive(live)


def values_of(state: Any) -> Json:
    values: Json = state["values"]
    return values


def says(text: str) -> Json:
    return {"messages": [{"role": "user", "content": text}]}


async def asked_for_a_tour(sdk: LangGraphClient, thread_id: str) -> list[Any]:
    """Talk until a tour waits for approval; the parts of the last run."""
    await sdk.runs.wait(thread_id, "leasing", input=says("A two bedroom in Portland under 3000"))
    times: Any = await sdk.runs.wait(
        thread_id, "leasing", input=says("I'd like to tour the first one")
    )
    slot = times["messages"][-1]["additional_kwargs"]["slots"][0]
    await sdk.runs.wait(thread_id, "leasing", input=says(slot["label"]))
    await sdk.runs.wait(thread_id, "leasing", input=says("Sam Lee, sam@lee.example"))
    modes: list[Any] = ["values", "updates", "messages", "messages-tuple", "events"]
    stream = sdk.runs.stream(
        thread_id, "leasing", input=says("yes please"), stream_mode=modes, stream_subgraphs=True
    )
    return [part async for part in stream]


async def test_a_conversation_from_the_first_word_to_the_approved_tour(
    admin: LangGraphClient, state: State
) -> None:
    (assistant,) = await admin.assistants.search()
    thread = await admin.threads.create(metadata={"graph_id": "leasing", "campaign": "spring"})
    assert thread["status"] == "idle"
    thread_id = thread["thread_id"]
    parts = await asked_for_a_tour(admin, thread_id)

    assert parts[0].event == "metadata"
    assert parts[-1].event == "end"
    tokens = [part.data[0]["content"] for part in parts if part.event == "messages"]
    final = [part.data for part in parts if part.event == "values"][-1]
    assert "".join(tokens) == final["messages"][-1]["content"]
    assert [part.data for part in parts if part.event == "messages/partial"][-1][0][
        "content"
    ] == final["messages"][-1]["content"]
    (asked,) = final["__interrupt__"]
    assert asked["value"]["action_request"]["action"] == "schedule_tour"
    assert {"__interrupt__": [asked]} in [p.data for p in parts if p.event == "updates"]
    nodes = {p.data["metadata"]["langgraph_node"] for p in parts if p.event == "events"}
    assert nodes == {"touring"}
    assert "lee.example" not in str(parts)

    seen = await admin.threads.get(thread_id)
    assert seen["status"] == "interrupted"
    assert [one["id"] for ones in seen["interrupts"].values() for one in ones] == [asked["id"]]
    assert (seen["metadata"] or {})["campaign"] == "spring"
    (found,) = await admin.threads.search(status="interrupted", metadata={"graph_id": "leasing"})
    assert found["thread_id"] == thread_id
    now = await admin.threads.get_state(thread_id)
    assert now["next"] == ["approval"]
    assert now["tasks"][0]["interrupts"] == [asked]
    assert [m["type"] for m in values_of(now)["messages"]][:3] == ["ai", "human", "ai"]
    (latest,) = await admin.threads.get_history(thread_id)
    assert latest == now

    after: Any = await admin.runs.wait(
        thread_id, assistant["assistant_id"], command={"resume": [{"type": "accept", "args": None}]}
    )
    assert "__interrupt__" not in after
    assert "booked" in after["messages"][-1]["content"].lower()
    assert (await admin.threads.get(thread_id))["status"] == "idle"
    row = await state.services.approvals.get(DEFAULT_TENANT, asked["id"])
    assert row.status == "approved"
    assert row.decided_by
    assert row.decided_by != "studio"
    (delivery,) = (
        await state.services.outbox.store.page(DEFAULT_TENANT, action_id=row.action_id)
    ).items
    assert delivery.args_hash == row.args_hash


class TestAVisitor:
    async def test_speaks_in_their_own_thread(self, connect: Connect, lead: Visitor) -> None:
        sdk = connect(lead.token)
        values: Any = await sdk.runs.wait(lead.thread_id, "leasing", input=says("hi"))
        assert [line["type"] for line in values["messages"]] == ["ai", "human", "ai"]
        thread = await sdk.threads.create(thread_id=lead.thread_id, if_exists="do_nothing")
        assert thread["thread_id"] == lead.thread_id

    async def test_never_decides_however_it_is_put(
        self, live: httpx.AsyncClient, connect: Connect, lead: Visitor, admin: LangGraphClient
    ) -> None:
        await asked_for_a_tour(admin, lead.thread_id)
        sdk = connect(lead.token)
        own = await sdk.threads.get(lead.thread_id)
        assert own["status"] == "interrupted"
        ((shown,),) = own["interrupts"].values()
        assert shown["value"].keys() == {"action_id", "action", "args", "status"}
        commands: list[Json] = [
            {"resume": "yes"},
            {"resume": [{"type": "accept", "args": None}]},
            {"resume": {shown["id"]: {"decisions": [{"type": "approve"}]}}},
            {"goto": "__end__"},
        ]
        for command in commands:
            for path in ("runs", "runs/wait", "runs/stream"):
                answer = await live.post(
                    f"/threads/{lead.thread_id}/{path}",
                    json={"assistant_id": "leasing", "command": command},
                    headers={"X-Api-Key": lead.token},
                )
                assert answer.status_code == 403, (path, command)
        with pytest.raises(PermissionDeniedError):
            await sdk.threads.update_state(lead.thread_id, None, as_node="__end__")
        assert (await sdk.threads.get(lead.thread_id))["status"] == "interrupted"

    async def test_opens_lists_and_reads_no_other(
        self, live: httpx.AsyncClient, connect: Connect, lead: Visitor
    ) -> None:
        sdk, other = connect(lead.token), await Visitor.arrive(live)
        for refused in (sdk.threads.create(), sdk.threads.search()):
            with pytest.raises(PermissionDeniedError):
                await refused
        for missing in (sdk.threads.get(other.thread_id), sdk.threads.get_state(other.thread_id)):
            with pytest.raises(NotFoundError):
                await missing


class TestAResume:
    @pytest.fixture
    async def waiting(self, admin: LangGraphClient, lead: Visitor) -> str:
        await asked_for_a_tour(admin, lead.thread_id)
        ((shown,),) = (await admin.threads.get(lead.thread_id))["interrupts"].values()
        return str(shown["id"])

    async def test_runs_the_stored_arguments(
        self, admin: LangGraphClient, lead: Visitor, waiting: str, state: State
    ) -> None:
        before = await state.services.approvals.get(DEFAULT_TENANT, waiting)
        echoed = {"action": before.action, "args": before.args}
        await admin.runs.wait(
            lead.thread_id, "leasing", command={"resume": [{"type": "accept", "args": echoed}]}
        )
        row = await state.services.approvals.get(DEFAULT_TENANT, waiting)
        assert (row.status, row.args_hash) == ("approved", before.args_hash)

    async def test_addressed_to_another_question_is_stale(
        self, admin: LangGraphClient, lead: Visitor, waiting: str
    ) -> None:
        resume = {"act_00000000000000000000": {"type": "accept"}}
        with pytest.raises(httpx.HTTPStatusError) as refused:
            await admin.runs.wait(lead.thread_id, "leasing", command={"resume": resume})
        assert refused.value.response.status_code == 409
        assert (await admin.threads.get(lead.thread_id))["status"] == "interrupted"

    async def test_in_no_known_shape_leaves_it_pending(
        self, admin: LangGraphClient, lead: Visitor, waiting: str
    ) -> None:
        twice: list[Any] = [{"type": "accept"}] * 2
        shapes: list[Any] = ["yes", 1, [], twice, {"decisions": []}, {"type": "send"}]
        for resume in shapes:
            with pytest.raises(UnprocessableEntityError):
                await admin.runs.create(lead.thread_id, "leasing", command={"resume": resume})
        assert (await admin.threads.get(lead.thread_id))["status"] == "interrupted"

    async def test_of_a_thread_where_nothing_waits_is_refused(
        self, admin: LangGraphClient, lead: Visitor
    ) -> None:
        with pytest.raises(ConflictError):
            await admin.runs.create(lead.thread_id, "leasing", command={"resume": "yes"})
        with pytest.raises(ConflictError):
            await admin.threads.update_state(lead.thread_id, None, as_node="__end__")

    async def test_is_followed_until_the_lead_has_been_told(
        self, admin: LangGraphClient, lead: Visitor, waiting: str
    ) -> None:
        decision = {"decisions": [{"type": "reject", "message": "The unit is taken."}]}
        modes: list[Any] = ["values", "updates"]
        parts = [
            part
            async for part in admin.runs.stream(
                lead.thread_id,
                "leasing",
                command={"resume": {waiting: decision}},
                stream_mode=modes,
            )
        ]
        assert [p.event for p in parts] == ["metadata", "values", "updates", "values", "end"]
        assert parts[2].data["outcome"]["messages"][0]["content"]
        assert not (await admin.threads.get(lead.thread_id))["interrupts"]

    async def test_dismissed_by_state_or_command(
        self, admin: LangGraphClient, lead: Visitor, waiting: str, state: State
    ) -> None:
        """The `Resolve` button of agent-inbox, then that of agent-chat-ui: nothing is left."""
        await admin.threads.update_state(lead.thread_id, None, as_node="__end__")
        row = await state.services.approvals.get(DEFAULT_TENANT, waiting)
        assert (row.status, row.delivery_id) == ("dismissed", None)
        with pytest.raises(ConflictError):
            await admin.runs.create(lead.thread_id, "leasing", command={"goto": "__end__"})


class TestThreads:
    async def test_take_an_id_of_the_client_once(self, admin: LangGraphClient) -> None:
        own = "6d3b1a52-3c40-4a62-9d9b-5c5ab3f3f0a1"
        made = await admin.threads.create(thread_id=own)
        assert made["thread_id"] == own
        with pytest.raises(ConflictError):
            await admin.threads.create(thread_id=own)
        again = await admin.threads.create(thread_id=own, if_exists="do_nothing")
        assert again["created_at"] == made["created_at"]

    async def test_are_found_by_their_metadata_and_paged(self, admin: LangGraphClient) -> None:
        made = [
            await admin.threads.create(metadata={"campaign": "fall", "place": n}) for n in range(3)
        ]
        found = await admin.threads.search(
            metadata={"campaign": "fall"}, sort_by="created_at", sort_order="asc", limit=2
        )
        rest = await admin.threads.search(
            metadata={"campaign": "fall"}, sort_by="created_at", sort_order="asc", offset=2
        )
        assert {t["thread_id"] for t in found + rest} == {t["thread_id"] for t in made}
        assert await admin.threads.search(metadata={"graph_id": "tickets"}) == []
        assert await admin.threads.search(status="busy") == []

    async def test_keep_no_contact_data_in_their_metadata(self, admin: LangGraphClient) -> None:
        thread = await admin.threads.create(metadata={"owner": "sam@lee.example"})
        assert "lee.example" not in str(thread)
        changed = await admin.threads.update(thread["thread_id"], metadata={"owner": "desk"})
        assert (changed["metadata"] or {})["owner"] == "desk"

    async def test_are_deleted_with_whoever_speaks_in_them(
        self, admin: LangGraphClient, lead: Visitor, state: State
    ) -> None:
        await lead.say("Sam Lee, sam@lee.example")
        await admin.threads.delete(lead.thread_id)
        with pytest.raises(NotFoundError):
            await admin.threads.get(lead.thread_id)
        assert await state.services.database.handle["vault"].count_documents({}) == 0

    async def test_of_a_first_run_are_named(self, admin: LangGraphClient) -> None:
        named: list[Any] = []
        values: Any = await admin.runs.wait(
            None, "leasing", input=says("hi"), on_run_created=named.append
        )
        (metadata,) = named
        state = await admin.threads.get_state(metadata["thread_id"])
        assert values_of(state)["messages"] == values["messages"]

    async def test_are_made_by_a_run_that_says_so(self, admin: LangGraphClient) -> None:
        with pytest.raises(NotFoundError):
            await admin.runs.create("lead-1", "leasing", input=says("hi"))
        run = await admin.runs.create("lead-1", "leasing", input=says("hi"), if_not_exists="create")
        assert run["thread_id"] == "lead-1"


async def test_what_is_not_supported_is_said(admin: LangGraphClient, lead: Visitor) -> None:
    options: list[Json] = [
        {"webhook": "https://hooks.example"},
        {"interrupt_before": ["touring"]},
        {"after_seconds": 5},
        {"context": {"model": "x"}},
        {"config": {"configurable": {"policy": "llm"}}},
        {"on_completion": "delete"},
        {"stream_mode": "debug"},
        {"command": {"update": {"stage": "applying"}}},
        {"command": {"goto": "applying"}},
    ]
    for option in options:
        body: Json = {"assistant_id": "leasing", "input": says("hi"), **option}
        with pytest.raises(UnprocessableEntityError):
            await admin.http.post(f"/threads/{lead.thread_id}/runs", json=body)
    with pytest.raises(NotFoundError):
        await admin.runs.create(lead.thread_id, "tickets", input=says("hi"))
    assert len(values_of(await admin.threads.get_state(lead.thread_id))["messages"]) == 1


async def test_a_key_needs_the_scope_of_what_it_asks(
    connect: Connect, demo: Services, lead: Visitor
) -> None:
    _, secret = await demo.keys.issue(DEFAULT_TENANT, "test", [Scope.THREADS_WRITE])
    sdk = connect(secret)
    await sdk.runs.create(lead.thread_id, "leasing", input=says("hi"))
    for refused in (
        sdk.runs.create(lead.thread_id, "leasing", command={"resume": {"type": "accept"}}),
        sdk.threads.get_state(lead.thread_id),
    ):
        with pytest.raises(PermissionDeniedError):
            await refused


async def test_the_graph_and_the_schemas_can_be_read(admin: LangGraphClient) -> None:
    drawn = await admin.assistants.get_graph("leasing")
    assert {"understand", "approval"} <= {node["id"] for node in drawn["nodes"]}
    schemas = await admin.assistants.get_schemas("leasing")
    assert schemas["input_schema"]
    assert "messages" in schemas["input_schema"]["properties"]


async def test_a_browser_page_is_told_the_server_is_there(web: httpx.AsyncClient) -> None:
    assert (await web.get("/ok")).json() == {"ok": True}
    assert "langgraph_py_version" in (await web.get("/info")).json()


async def test_an_empty_key_of_a_chat_page_is_no_credential(staff: Staff) -> None:
    answer = await staff.web.post("/threads/search", json={}, headers={"X-Api-Key": ""})
    assert answer.status_code == 401
