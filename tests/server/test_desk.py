"""Leads, threads and a person in the conversation, as staff and programs use them."""

import asyncio

import httpx
import pytest

from agent.services import Services
from tests.server.parties import Staff, Visitor

LEAD = {"external_id": "crm-1", "name": "Sam Lee", "email": "sam@lee.example", "source": "crm"}


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


async def patch(staff: Staff, thread_id: str, **body: object) -> httpx.Response:
    path = f"/api/leads/threads/{thread_id}"
    return await staff.web.patch(path, json=body, headers=staff.headers)


async def desk(staff: Staff, what: str, thread_id: str, **body: object) -> httpx.Response:
    return await staff.post(f"/api/agent/{what}", {"thread_id": thread_id, **body})


async def events(services: Services, thread_id: str) -> list[str]:
    return [event.type for event in await services.events.after("default", thread_id, -1)]


class TestLeads:
    async def test_are_added_found_again_and_listed(self, staff: Staff) -> None:
        first = await staff.post("/api/leads/leads", LEAD | {"profile": {"bedrooms": 2}})
        assert first.status_code == 200
        assert first.json()["created"]
        again = (await staff.post("/api/leads/leads", LEAD | {"phone": "503-555-0142"})).json()
        assert (again["created"], again["lead_id"]) == (False, first.json()["lead_id"])
        assert again["profile"]["bedrooms"] == 2
        await staff.post("/api/leads/leads", {"source": "zillow"})
        listed = await staff.read("/api/leads/leads")
        assert [item["source"] for item in listed["items"]] == ["zillow", "crm"] or listed
        (found,) = (await staff.read("/api/leads/leads", external_id="crm-1"))["items"]
        assert found["hashes"].keys() == {"name", "email", "phone"}
        assert "lee.example" not in str(listed)
        revealed = await staff.read(f"/api/leads/leads/{found['lead_id']}", reveal=1)
        assert revealed["contact"]["phone"] == "+15035550142"

    async def test_pages_hold_each_once(self, staff: Staff) -> None:
        for number in range(5):
            await staff.post("/api/leads/leads", {"external_id": str(number)})
        seen, cursor = [], None
        while True:
            more: dict[str, str] = {"cursor": cursor} if cursor else {}
            page = await staff.read("/api/leads/leads", limit=2, **more)
            seen += [item["external_id"] for item in page["items"]]
            if (cursor := page["next_cursor"]) is None:
                break
        assert sorted(seen) == ["0", "1", "2", "3", "4"]

    @pytest.mark.parametrize(
        "body",
        [
            {"external_id": "sam@lee.example"},
            {"external_id": {"$gt": ""}},
            {"external_id": ""},
            {"email": "nobody"},
            {"phone": "12"},
            {"consent": {"sms": True}},
            {"consent": {"sms": True, "text": "ok", "at": "2026-01-01T00:00:00"}},
            {"profile": {"religion": "x"}},
            {"profile": {"bedrooms": "many"}},
            {"tenant_id": "other"},
        ],
    )
    async def test_bad_ones_are_refused(self, staff: Staff, body: dict[str, object]) -> None:
        answer = await staff.post("/api/leads/leads", body)
        assert (answer.status_code, code(answer)) == (422, "request_invalid")
        assert (await staff.read("/api/leads/leads"))["items"] == []


class TestThreads:
    async def test_are_started_by_a_program(self, staff: Staff, demo: Services) -> None:
        lead_id = (await staff.post("/api/leads/leads", LEAD)).json()["lead_id"]
        body = {
            "lead_id": lead_id,
            "thread_id": "crm-thread-1",
            "community": "cedar-mesa",
            "source": "crm",
            "metadata": {"campaign": "fall", "note": "call 503-555-0142"},
        }
        made = await staff.post("/api/leads/threads", body)
        assert (made.status_code, made.json()["stage"]) == (201, "qualifying")
        thread = await staff.read("/api/leads/threads/crm-thread-1")
        assert thread["lead_id"] == lead_id
        assert thread["metadata"] == {"campaign": "fall", "note": "call [phone]"}
        (first,) = (await staff.read("/api/leads/threads/crm-thread-1/messages"))["items"]
        assert first["message_id"] == "disclosure"
        said = await staff.post(
            "/api/agent/reply", {"thread_id": "crm-thread-1", "message": "two bedrooms please"}
        )
        assert said.json()["reply"]
        taken = await staff.post("/api/leads/threads", body)
        assert (taken.status_code, code(taken)) == (409, "thread_exists")

    async def test_of_nobody_known_get_a_new_lead(self, staff: Staff) -> None:
        made = (await staff.post("/api/leads/threads", {})).json()
        assert (await staff.read(f"/api/leads/leads/{made['lead_id']}"))["hashes"] == {}

    @pytest.mark.parametrize(
        ("body", "status", "expected"),
        [
            ({"lead_id": "lead_nobody"}, 404, "lead_not_found"),
            ({"community": "nowhere"}, 404, "community_not_found"),
            ({"metadata": {"listing_id": "lst_nothing"}}, 404, "listing_not_found"),
            ({"metadata": {"$where": "1"}}, 422, "request_invalid"),
            ({"metadata": {"a.b": "1"}}, 422, "request_invalid"),
            ({"metadata": {"a": {"$gt": ""}}}, 422, "request_invalid"),
            ({"metadata": {str(n): n for n in range(51)}}, 422, "request_invalid"),
            ({"thread_id": "a/b"}, 422, "request_invalid"),
            ({"thread_id": "x" * 201}, 422, "request_invalid"),
            ({"stage": "touring"}, 422, "request_invalid"),
        ],
    )
    async def test_bad_ones_are_refused(
        self, staff: Staff, body: dict[str, object], status: int, expected: str
    ) -> None:
        answer = await staff.post("/api/leads/threads", body)
        assert (answer.status_code, code(answer)) == (status, expected)
        assert (await staff.read("/api/leads/threads"))["items"] == []

    async def test_change_by_people(self, staff: Staff, visitor: Visitor, demo: Services) -> None:
        thread_id = visitor.thread_id
        changes = {"stage": "post_close", "labels": ["vip", "vip"], "assigned_to": "user:usr_1"}
        answer = await patch(staff, thread_id, version=1, **changes)
        assert answer.status_code == 200, answer.text
        thread = answer.json()
        assert (thread["stage"], thread["labels"]) == ("post_close", ["vip"])
        assert (thread["assigned_to"], thread["version"]) == ("user:usr_1", 2)
        assert "thread.stage_changed" in await events(demo, thread_id)
        rows = await demo.repository.scoped("audit", "default").find({"kind": "thread.revised"})
        assert [(row["actor"], row["data"]["stage"]) for row in rows] == [
            ("key:admin", "post_close")
        ]
        stale = await patch(staff, thread_id, version=1, status="closed")
        assert (stale.status_code, code(stale)) == (409, "thread_stale")
        same = await patch(staff, thread_id, version=2, stage="post_close")
        assert same.json()["version"] == 2
        nobody = await patch(staff, thread_id, version=2, assigned_to="")
        assert nobody.json()["assigned_to"] is None

    async def test_of_ten_changes_at_once_one_wins(self, staff: Staff, visitor: Visitor) -> None:
        answers = await asyncio.gather(
            *(patch(staff, visitor.thread_id, version=1, labels=[str(n)]) for n in range(10))
        )
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"version": 1, "status": "staff"},
            {"version": 1, "stage": "nowhere"},
            {"version": 1, "labels": ["a@b.example"]},
            {"version": 1, "labels": ["x" * 41]},
            {"version": 1, "labels": "vip"},
            {"version": -1},
            {"version": 1, "assigned_to": "sam@lee.example"},
            {"version": 1, "lead_id": "other"},
        ],
    )
    async def test_bad_changes_are_refused(
        self, staff: Staff, visitor: Visitor, body: dict[str, object]
    ) -> None:
        answer = await patch(staff, visitor.thread_id, **body)
        assert (answer.status_code, code(answer)) == (422, "request_invalid")

    async def test_are_found_by_their_words(self, staff: Staff, web: httpx.AsyncClient) -> None:
        first, second = await Visitor.arrive(web), await Visitor.arrive(web)
        await first.say("I have a parakeet and need PARKING")
        await second.say("I have a piano")
        for q, expected in (
            ("parak", {first.thread_id}),
            ("parking parakeet", {first.thread_id}),
            ("i have", {first.thread_id, second.thread_id}),
            ("arakeet", set()),
            ("parakeet piano", set()),
            ("(.*", None),
            (".*", None),
        ):
            answer = await staff.get("/api/leads/threads", q=q)
            if expected is None:
                assert answer.status_code == 422
            else:
                found = {item["thread_id"] for item in answer.json()["items"]}
                assert found == expected, q
        page = await staff.read("/api/leads/threads", q="have", limit=1)
        rest = await staff.read("/api/leads/threads", q="have", cursor=page["next_cursor"])
        both = {item["thread_id"] for item in page["items"] + rest["items"]}
        assert both == {first.thread_id, second.thread_id}


class TestAPersonInTheConversation:
    async def test_silences_the_agent_until_the_release(
        self, staff: Staff, visitor: Visitor, demo: Services
    ) -> None:
        thread_id = visitor.thread_id
        held = await desk(staff, "takeover", thread_id)
        assert (held.json()["status"], held.json()["assigned_to"]) == ("staff", "key:admin")
        heard = await visitor.say("Are you there?")
        assert heard["reply"] == ""
        line = await desk(staff, "message", thread_id, text="Hello, this is the office.")
        assert line.status_code == 201
        assert line.json()["warnings"] == []
        assert (await visitor.say("I want two bedrooms in Portland"))["reply"] == ""
        roles = [line["role"] for line in (await visitor.thread())["messages"]]
        assert roles == ["agent", "lead", "staff", "lead"]
        released = await desk(staff, "release", thread_id)
        assert released.json()["status"] == "open"
        for _ in range(2000):
            messages = (await visitor.thread())["messages"]
            if len(messages) == 5:
                break
            await asyncio.sleep(0.02)
        assert [line["role"] for line in messages] == ["agent", "lead", "staff", "lead", "agent"]
        assert (await visitor.say("thanks"))["reply"]
        told = await events(demo, thread_id)
        assert {"thread.taken_over", "thread.released", "message"} <= set(told)

    async def test_release_leaves_what_a_person_has_answered(
        self, staff: Staff, visitor: Visitor
    ) -> None:
        await desk(staff, "takeover", visitor.thread_id)
        asked = await visitor.say("May I bring a dog?", message_id="m1")
        await desk(staff, "message", visitor.thread_id, text="Yes, dogs are welcome.")
        await desk(staff, "release", visitor.thread_id)
        await asyncio.sleep(0.1)
        assert len((await visitor.thread())["messages"]) == 3
        again = await visitor.say("May I bring a dog?", message_id="m1")
        assert again["reply"] == asked["reply"] == ""

    async def test_twice_changes_nothing(
        self, staff: Staff, visitor: Visitor, demo: Services
    ) -> None:
        first = (await desk(staff, "takeover", visitor.thread_id)).json()
        assert (await desk(staff, "takeover", visitor.thread_id)).json() == first
        released = (await desk(staff, "release", visitor.thread_id)).json()
        assert (await desk(staff, "release", visitor.thread_id)).json() == released
        told = await events(demo, visitor.thread_id)
        assert told.count("thread.taken_over") == told.count("thread.released") == 1

    async def test_taking_over_at_once_leaves_one_state(
        self, staff: Staff, visitor: Visitor
    ) -> None:
        says = [visitor.say(f"message {n}") for n in range(3)]
        takes = [desk(staff, "takeover", visitor.thread_id) for _ in range(3)]
        answers = await asyncio.wait_for(asyncio.gather(*says, *takes), 60)
        assert len(answers) == 6
        assert (await visitor.thread())["status"] == "staff"
        lines = [line for line in (await visitor.thread())["messages"] if line["role"] == "lead"]
        assert len(lines) == 3

    async def test_is_warned_but_not_held_back(self, staff: Staff, visitor: Visitor) -> None:
        said = await desk(
            staff,
            "message",
            visitor.thread_id,
            text="We prefer families without kids. Write to me: ann@private.example",
        )
        assert said.status_code == 201
        warnings = said.json()["warnings"]
        assert "contact_hidden" in warnings
        assert any(warning.startswith("FH") for warning in warnings)
        assert said.json()["text"].endswith("Write to me: [email]")

    async def test_a_line_is_said_once(self, staff: Staff, visitor: Visitor) -> None:
        path = "/api/agent/message"
        body = {"thread_id": visitor.thread_id, "text": "Hello.", "message_id": "line-1"}
        first, again = await staff.post(path, body), await staff.post(path, body)
        assert first.json() == again.json()
        assert len((await visitor.thread())["messages"]) == 2
        taken = await staff.post(path, body | {"message_id": "disclosure"})
        assert (taken.status_code, code(taken)) == (409, "message_id_taken")

    @pytest.mark.parametrize("what", ["takeover", "message", "release"])
    async def test_of_no_thread_is_refused(self, staff: Staff, what: str) -> None:
        more = {"text": "hi"} if what == "message" else {}
        answer = await desk(staff, what, "thr_nothing", **more)
        assert (answer.status_code, code(answer)) == (404, "thread_not_found")

    @pytest.mark.parametrize(
        ("text", "status"), [("", 422), (" \n", 422), ("a\x00b", 422), ("x" * 8001, 413)]
    )
    async def test_needs_words(
        self, staff: Staff, visitor: Visitor, text: str, status: int
    ) -> None:
        assert (await desk(staff, "message", visitor.thread_id, text=text)).status_code == status


class TestAVisitor:
    async def test_asks_for_a_person(self, visitor: Visitor, staff: Staff) -> None:
        answer = await visitor.post("/api/agent/handoff", {"thread_id": visitor.thread_id})
        assert (answer.status_code, answer.json()["status"]) == (200, "handed_off")
        assert answer.json()["message"]
        await desk(staff, "takeover", visitor.thread_id)
        again = await visitor.post("/api/agent/handoff", {"thread_id": visitor.thread_id})
        assert again.json()["status"] == "staff"

    async def test_rates_replies(self, visitor: Visitor, staff: Staff, demo: Services) -> None:
        said = await visitor.say("Hi")
        body = {"thread_id": visitor.thread_id, "turn_index": said["turn_index"], "score": 2}
        for score in (2, 4):
            answer = await visitor.post("/api/agent/feedback", body | {"score": score})
            assert answer.status_code == 200, answer.text
        whole = {"thread_id": visitor.thread_id, "score": 5, "comment": "call 503-555-0142"}
        await visitor.post("/api/agent/feedback", whole)
        thread = await staff.read(f"/api/leads/threads/{visitor.thread_id}")
        scores = {key: value["score"] for key, value in thread["feedback"].items()}
        assert scores == {str(said["turn_index"]): 4, "thread": 5}
        assert thread["feedback"]["thread"]["comment"] == "call [phone]"
        assert (await events(demo, visitor.thread_id)).count("feedback.received") == 3

    @pytest.mark.parametrize(
        "more",
        [
            {"score": 0},
            {"score": 6},
            {"score": "good"},
            {},
            {"score": 3, "turn_index": 99},
            {"score": 3, "turn_index": -1},
            {"score": 3, "comment": "x" * 2001},
        ],
    )
    async def test_rates_within_reason(self, visitor: Visitor, more: dict[str, object]) -> None:
        body = {"thread_id": visitor.thread_id, **more}
        assert (await visitor.post("/api/agent/feedback", body)).status_code == 422

    async def test_speaks_of_its_own_thread_only(
        self, visitor: Visitor, web: httpx.AsyncClient
    ) -> None:
        stranger = await Visitor.arrive(web)
        for what, more in (("feedback", {"score": 5}), ("handoff", {})):
            body = {"thread_id": visitor.thread_id, **more}
            answer = await stranger.post(f"/api/agent/{what}", body)
            assert (answer.status_code, code(answer)) == (404, "thread_not_found")
