"""agent-inbox and agent-chat-ui: what they read of an interrupt, and the requests they send.

Their parsers, in Python: agent-inbox at 2026-08-05, agent-chat-ui at 2026-07-25.
"""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from agent.services import Services
from agent.tenants.models import DEFAULT_TENANT
from server.scopes import Scope
from tests.server.parties import Json, Visitor


class Inbox:
    """A page of LangChain's, with a key as its header has it."""

    def __init__(self, web: httpx.AsyncClient, key: str) -> None:
        self._web = web
        self._headers = {"X-Api-Key": key, "X-Auth-Scheme": "langsmith-api-key"}

    async def call(self, method: str, path: str, body: Json | None = None) -> Any:
        answer = await self._web.request(method, path, json=body, headers=self._headers)
        assert answer.status_code == 200, answer.text
        if answer.headers["Content-Type"].startswith("text/event-stream"):
            return events(answer.text)
        return answer.json()

    async def interrupted(self) -> tuple[str, Any]:
        """The thread and the interrupt value that its list would show."""
        (thread,) = await self.call(
            "POST",
            "/threads/search",
            {
                "metadata": {"graph_id": "leasing"},
                "status": "interrupted",
                "limit": 10,
                "offset": 0,
            },
        )
        ((shown,),) = thread["interrupts"].values()
        return thread["thread_id"], shown["value"]


def events(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.strip().split("\n\n"):
        event, data = block.split("\n", 1)
        found.append((event.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def opened_by_agent_inbox(value: Any) -> tuple[str, Json, set[str]]:
    """(action, args, what may be done), from either form it reads; it looks for its own first."""
    value = json.loads(value) if isinstance(value, str) else value
    value = value[0] if isinstance(value, list) else value
    request, config = value["action_request"], value["config"]
    assert isinstance(value["description"], str)
    batched = value["action_requests"][0]
    assert (batched["name"], batched["arguments"]) == (request["action"], request["args"])
    return request["action"], request["args"], {name for name, may in config.items() if may}


def opened_by_agent_chat_ui(value: Any) -> tuple[str, Json, list[str]]:
    request, review = value["action_requests"][0], value["review_configs"][0]
    assert isinstance(request["name"], str)
    assert isinstance(request["args"], dict)
    assert review["action_name"] == request["name"]
    assert isinstance(review["allowed_decisions"], list)
    return request["name"], request["args"], review["allowed_decisions"]


@pytest.fixture
async def inbox(web: httpx.AsyncClient, demo: Services) -> Inbox:
    scopes = [Scope.THREADS_READ, Scope.THREADS_WRITE, Scope.APPROVALS_WRITE]
    _, key = await demo.keys.issue(DEFAULT_TENANT, "inbox", scopes)
    return Inbox(web, key)


@pytest.fixture
async def lead(visitor: Visitor) -> Visitor:
    """One whose tour waits."""
    await visitor.ask_for_a_tour()
    return visitor


async def test_the_question_opens_with_all_arguments_in_both(inbox: Inbox, lead: Visitor) -> None:
    thread_id, value = await inbox.interrupted()
    assert thread_id == lead.thread_id
    action, args, allowed = opened_by_agent_inbox(value)
    assert action == "schedule_tour"
    assert {"listing_id", "contact"} <= args.keys()
    assert allowed == {"allow_accept", "allow_edit", "allow_respond", "allow_ignore"}
    assert opened_by_agent_chat_ui(value) == (
        action,
        args,
        ["approve", "edit", "reject", "respond"],
    )
    (shown,) = (await inbox.call("GET", f"/threads/{thread_id}/state"))["tasks"][0]["interrupts"]
    assert shown["value"] == value


class TestAgentInbox:
    async def test_accepts_with_the_request_sent_back(self, inbox: Inbox, lead: Visitor) -> None:
        thread_id, value = await inbox.interrupted()
        told = await inbox.call(
            "POST",
            f"/threads/{thread_id}/runs/stream",
            {
                "assistant_id": "leasing",
                "command": {"resume": [{"type": "accept", "args": value["action_request"]}]},
                "stream_mode": "events",
            },
        )
        kinds = [data["event"] for event, data in told if event == "events"]
        assert kinds == ["on_chain_end"]
        assert (await lead.thread())["pending_actions"] == []
        assert "booked" in (await lead.thread())["messages"][-1]["text"].lower()

    async def test_ignores_in_a_run_nobody_waits_for(
        self, inbox: Inbox, lead: Visitor, demo: Services
    ) -> None:
        thread_id, value = await inbox.interrupted()
        resume = [{"type": "ignore", "args": None}]
        run = await inbox.call(
            "POST",
            f"/threads/{thread_id}/runs",
            {"assistant_id": "leasing", "command": {"resume": resume}},
        )
        assert run["status"] == "pending"
        row = await demo.approvals.get(DEFAULT_TENANT, value["action_id"])
        assert row.status == "dismissed"

    async def test_resolves_by_writing_the_end_into_the_state(
        self, inbox: Inbox, lead: Visitor, demo: Services
    ) -> None:
        thread_id, value = await inbox.interrupted()
        await inbox.call(
            "POST", f"/threads/{thread_id}/state", {"values": None, "as_node": "__end__"}
        )
        row = await demo.approvals.get(DEFAULT_TENANT, value["action_id"])
        assert row.status == "dismissed"


class TestAgentChatUi:
    OPTIONS: Json = {  # noqa: RUF012
        "assistant_id": "leasing",
        "stream_mode": ["values", "messages-tuple", "custom"],
        "stream_subgraphs": True,
        "stream_resumable": True,
        "on_disconnect": "continue",
    }

    async def test_talks_in_a_thread_of_its_own(self, inbox: Inbox) -> None:
        assert (await inbox.call("GET", "/info"))["flags"]["assistants"]
        thread = await inbox.call("POST", "/threads", {"thread_id": str(uuid4()), "metadata": {}})
        path = f"/threads/{thread['thread_id']}"
        (state,) = await inbox.call("POST", f"{path}/history", {"limit": 1000})
        said = {"id": str(uuid4()), "type": "human", "content": [{"type": "text", "text": "Hi!"}]}
        checkpoint = {k: v for k, v in state["checkpoint"].items() if k != "thread_id"}
        told = await inbox.call(
            "POST",
            f"{path}/runs/stream",
            {**self.OPTIONS, "input": {"messages": [said]}, "checkpoint": checkpoint},
        )
        *_, last = [data for event, data in told if event == "values"]
        assert [line["id"] for line in last["messages"]][1] == said["id"]
        chunks = [data[0] for event, data in told if event == "messages"]
        assert "".join(chunk["content"] for chunk in chunks) == last["messages"][-1]["content"]
        assert {chunk["id"] for chunk in chunks} == {last["messages"][-1]["id"]}
        listed = await inbox.call(
            "POST", "/threads/search", {"metadata": {"graph_id": "leasing"}, "limit": 100}
        )
        assert listed[0]["values"]["messages"]

    async def test_edits_what_it_was_shown(
        self, inbox: Inbox, lead: Visitor, demo: Services
    ) -> None:
        thread_id, value = await inbox.interrupted()
        action, args, _ = opened_by_agent_chat_ui(value)
        later = (await lead.say("what other times are there?"))["slots"][1]["starts_at"]
        edited = {"name": action, "args": {**args, "starts_at": later}}
        resume = {"decisions": [{"type": "edit", "edited_action": edited}]}
        await inbox.call(
            "POST",
            f"/threads/{thread_id}/runs/stream",
            {**self.OPTIONS, "input": {}, "command": {"resume": resume}},
        )
        row = await demo.approvals.get(DEFAULT_TENANT, value["action_id"])
        assert (row.status, row.proposed_args) == ("edited", args)

    async def test_dismisses_by_going_to_the_end(
        self, inbox: Inbox, lead: Visitor, demo: Services
    ) -> None:
        thread_id, value = await inbox.interrupted()
        told = await inbox.call(
            "POST",
            f"/threads/{thread_id}/runs/stream",
            {**self.OPTIONS, "input": {}, "command": {"goto": "__end__"}},
        )
        assert told[-1] == ("end", None)
        row = await demo.approvals.get(DEFAULT_TENANT, value["action_id"])
        assert row.status == "dismissed"
