"""Decisions over HTTP: once, by whoever may, in time; a refusal says why and changes nothing."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest

from agent.approvals.models import Proposal
from agent.kit.clock import ManualClock
from agent.services import Services
from agent.tenants.models import Tenant
from server.scopes import Scope
from tests.server.parties import Json, Staff, Visitor
from tests.server.small import demo, pending_tour, visitor
from tools.call import Call

__all__ = ["demo", "visitor"]

PARTY = "default"
BAD_DECISIONS: list[Json] = [
    {"decision": "edit"},
    {"decision": "edit", "args": {}},
    {"decision": "edit", "args": {"listing_id": "lst_foreign"}},
    {"decision": "edit", "args": {"tour_id": "tour_x"}},
    {"decision": "edit", "args": {"contact": "con_x"}},
    {"decision": "edit", "args": {"price": "1,800"}},
    {"decision": "edit", "args": {"$set": {"a": 1}}},
    {"decision": "edit", "args": {"starts_at": "soon"}},
    {"decision": "edit", "args": {"starts_at": "2026-03-05T18:07:00Z"}},
    {"decision": "edit", "args": {"starts_at": "2026-03-08T09:30:00"}},
    {"decision": "edit", "args": {"starts_at": "9999-12-31T23:59:59Z"}},
    {"decision": "edit", "args": []},
    {"decision": "respond"},
    {"decision": "respond", "message": " "},
    {"decision": "respond", "message": "x" * 8001},
    {"decision": "dismiss"},
    {"decision": "accept"},
    {"decision": ["approve"]},
    {"decision": None},
    {"decision": "approve", "version": 0},
    {"decision": "approve", "version": 2**63},
    {"decision": "approve", "version": True},
    {"decision": "approve", "actor": "user:boss"},
    {},
]


@pytest.fixture
async def pending(visitor: Visitor, staff: Staff) -> Json:
    return await pending_tour(visitor, staff)


async def someone(staff: Staff, services: Services, tenant: str = PARTY) -> Staff:
    """Another person who may decide."""
    _, secret = await services.keys.issue(tenant, "person", Scope)
    return Staff(staff.web, secret)


async def rule(services: Services, **settings: Any) -> None:
    tenant = await services.tenants.tenant(PARTY)
    await services.tenants.put(tenant.model_copy(update=settings))


async def propose(services: Services, thread_id: str, **changes: Any) -> str:
    """A row of its own; nothing of the nouns hangs on it."""
    thread = await services.threads.get(PARTY, thread_id)
    given = {
        "thread_id": thread_id,
        "turn": 900,
        "action": "request_docs",
        "args": {"documents": ["photo ID"], "contact": "con_1"},
        "description": "Ask for papers.",
        "risk": "medium",
        **changes,
    }

    async def leave(_: Any) -> None:
        return None

    row = await services.repository.transact(
        lambda: services.approvals.propose(
            PARTY, thread.lead_id, Proposal.model_validate(given), settle=leave
        )
    )
    return row.action_id


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.status_code < 500, answer.text
    return answer.status_code, answer.json()["error"]["code"]


class TestAtOnce:
    @pytest.mark.untraced
    async def test_a_hundred_decisions_have_one_effect(
        self, staff: Staff, pending: Json, demo: Services
    ) -> None:
        people = [await someone(staff, demo) for _ in range(4)]
        answers = await asyncio.gather(
            *(people[n % 4].decide(pending["action_id"], "approve", version=1) for n in range(100))
        )
        assert {answer.status_code for answer in answers} <= {200, 409}
        decided = {answer.text for answer in answers if answer.status_code == 200}
        assert len(decided) == 1
        assert await demo.repository.scoped("outbox", PARTY).count({}) == 1
        await staff.until_delivered(pending["action_id"])
        tours = await staff.read("/api/tours", status="booked")
        assert len(tours["items"]) == 1

    async def test_of_opposite_decisions_one_stands(
        self, staff: Staff, pending: Json, demo: Services
    ) -> None:
        answers = await asyncio.gather(
            *(
                staff.decide(pending["action_id"], word, message="No." if n % 2 else None)
                for n, word in enumerate(["approve", "reject"] * 10)
            )
        )
        assert Counter(answer.status_code for answer in answers) == {200: 10, 409: 10}


class TestBadInput:
    """The list 'Approvals': told apart, never 5xx, nothing lost."""

    async def test_twice_is_the_recorded_answer(self, staff: Staff, pending: Json) -> None:
        first, again = [await staff.decide(pending["action_id"], "approve") for _ in range(2)]
        assert first.json() == again.json()

    @pytest.mark.parametrize(("first", "later"), [("approve", "reject"), ("reject", "approve")])
    async def test_another_one_afterwards(
        self, staff: Staff, pending: Json, first: str, later: str
    ) -> None:
        assert (await staff.decide(pending["action_id"], first)).status_code == 200
        answer = await staff.decide(pending["action_id"], later)
        assert code(answer) == (409, "approval_decided")
        assert answer.json()["error"]["details"][0]["decision"] == first

    async def test_of_another_tenant_or_unknown(
        self, staff: Staff, pending: Json, demo: Services
    ) -> None:
        await demo.tenants.put(Tenant(tenant_id="rival", name="Rival"))
        rival = await someone(staff, demo, "rival")
        for who, action_id in ((rival, pending["action_id"]), (staff, "act_unknown")):
            for answer in (
                await who.decide(action_id, "approve"),
                await who.post(f"/api/approvals/{action_id}/undo", {}),
                await who.get(f"/api/approvals/{action_id}"),
            ):
                assert code(answer) == (404, "approval_not_found")
        assert await demo.repository.scoped("outbox", PARTY).count({}) == 0

    @pytest.mark.parametrize("swept", [False, True])
    async def test_expired(
        self, staff: Staff, pending: Json, clock: ManualClock, state: Any, swept: bool
    ) -> None:
        clock.advance(timedelta(hours=24))
        if swept:
            await state.runtime.sweep()
        for word in ("approve", "reject"):
            answer = await staff.decide(pending["action_id"], word)
            assert code(answer) == (410, "approval_expired")

    async def test_expired_its_lead_is_told_and_the_time_is_free(
        self, staff: Staff, pending: Json, visitor: Visitor, clock: ManualClock, state: Any
    ) -> None:
        [tour] = (await staff.read("/api/tours"))["items"]
        clock.advance(timedelta(hours=24))
        await state.runtime.sweep()
        await state.runtime.caught_up(PARTY, visitor.thread_id)
        last = (await state.services.threads.store.messages(PARTY, visitor.thread_id))[-1]
        assert "lapsed" in last.text
        [after] = (await staff.read("/api/tours"))["items"]
        assert (tour["status"], after["status"]) == ("proposed", "canceled_by_manager")

    async def test_superseded(self, staff: Staff, pending: Json, visitor: Visitor) -> None:
        await pending_tour(visitor, staff, 1)
        answer = await staff.decide(pending["action_id"], "approve")
        assert code(answer) == (409, "approval_superseded")

    @pytest.mark.parametrize("version", [2, 7, 2**31])
    async def test_stale(self, staff: Staff, pending: Json, version: int) -> None:
        answer = await staff.decide(pending["action_id"], "approve", version=version)
        assert code(answer) == (409, "approval_version_stale")

    async def test_what_cannot_be_read_or_done_leaves_it_pending(
        self, staff: Staff, pending: Json
    ) -> None:
        path = f"/api/approvals/{pending['action_id']}"
        for body in BAD_DECISIONS:
            answer = await staff.post(f"{path}/decision", body)
            assert answer.status_code in (400, 422), (body, answer.text)
            assert answer.json()["error"]["code"], body
        standing = await staff.read(path)
        assert (standing["status"], standing["version"]) == ("pending", 1)

    async def test_the_skipped_hour_is_no_time(self, staff: Staff, pending: Json) -> None:
        """On March 8, 2026 the clock goes from 2:00 to 3:00 in Los Angeles."""
        for wall in ("2026-03-08T02:30:00-08:00", "2026-03-08T02:30:00-07:00"):
            answer = await staff.decide(pending["action_id"], "edit", args={"starts_at": wall})
            assert code(answer) == (422, "tour_slot_invalid")

    async def test_a_time_that_has_passed_offers_others(
        self, staff: Staff, pending: Json, clock: ManualClock, demo: Services
    ) -> None:
        [tour] = await demo.tours.find(PARTY)
        await demo.repository.scoped("approvals", PARTY).update(
            {"action_id": pending["action_id"]},
            {"$set": {"expires_at": tour.starts_at + timedelta(days=2)}},
        )
        clock.advance(tour.starts_at - clock.now())
        answer = await staff.decide(pending["action_id"], "approve")
        assert code(answer) == (409, "tour_slot_invalid")
        offered = answer.json()["error"]["details"]
        assert len(offered) == 3
        edit = {"starts_at": offered[0]["starts_at"]}
        decided = await staff.decide(pending["action_id"], "edit", args=edit)
        assert decided.json()["status"] == "edited"

    async def test_a_time_booked_by_another_offers_others(
        self, staff: Staff, pending: Json, demo: Services
    ) -> None:
        """Its hold is gone, and so is its time."""
        [tour] = await demo.tours.find(PARTY)
        community = await demo.tenants.community(PARTY, tour.community_id)
        await demo.repository.scoped("tours", PARTY).update(
            {"tour_id": tour.tour_id}, {"$set": {"seat": None, "active": False}}
        )
        for n in range(community.tour.capacity):
            await demo.tours.hold(
                PARTY,
                tour_id=f"other_{n}",
                thread_id=f"thr_{n}",
                lead_id="lead_other",
                listing_id=tour.listing_id,
                community=community,
                starts_at=tour.starts_at,
                until=demo.clock.now() + timedelta(days=1),
            )
        answer = await staff.decide(pending["action_id"], "approve")
        assert code(answer) == (409, "tour_slot_taken")
        assert len(answer.json()["error"]["details"]) == 3

    async def test_by_the_lead(self, pending: Json, visitor: Visitor, staff: Staff) -> None:
        for path in ("decision", "undo"):
            answer = await visitor.post(
                f"/api/approvals/{pending['action_id']}/{path}", {"decision": "approve"}
            )
            assert answer.status_code == 403
        [waiting] = (await staff.read("/api/approvals"))["items"]
        assert waiting["status"] == "pending"

    async def test_by_whoever_proposed_it_under_four_eyes(
        self, staff: Staff, visitor: Visitor, demo: Services
    ) -> None:
        await rule(demo, four_eyes=True)
        own = (await staff.read("/api/approvals"))["items"]
        assert own == []
        key = await demo.keys.verify(staff.key)
        assert key is not None
        mine = f"key:{key.key_id}"
        action_id = await propose(demo, visitor.thread_id, risk="high", proposed_by=mine)
        answer = await staff.decide(action_id, "approve")
        assert code(answer) == (403, "approval_own_proposal")


async def test_it_survives_ten_more_messages(visitor: Visitor, pending: Json, staff: Staff) -> None:
    for n in range(10):
        answer = await visitor.say(f"one more question, number {n}: is there parking?")
        assert [row["action_id"] for row in answer["pending_actions"]] == [pending["action_id"]]
    decided = await staff.decide(pending["action_id"], "approve", version=1)
    assert decided.json()["status"] == "approved"
    await staff.until_delivered(pending["action_id"])


class TestFourEyes:
    async def test_both_are_seen(self, staff: Staff, visitor: Visitor, demo: Services) -> None:
        await rule(demo, four_eyes=True)
        action_id = await propose(demo, visitor.thread_id, risk="high")
        other = await someone(staff, demo)
        [waiting] = (await staff.read("/api/approvals", risk="high"))["items"]
        assert (waiting["approvals_needed"], waiting["first_approved_by"]) == (2, None)
        first = (await staff.decide(action_id, "approve", version=1)).json()
        assert (first["status"], first["approvals_needed"]) == ("pending", 1)
        assert first["first_approved_by"].startswith("key:")
        again = await staff.decide(action_id, "approve", version=2)
        assert code(again) == (403, "approval_needs_another")
        second = (await other.decide(action_id, "approve", version=2)).json()
        assert (second["status"], second["approvals_needed"]) == ("approved", 0)
        detail = await staff.read(f"/api/approvals/{action_id}")
        assert detail["first_approved_by"] != detail["decided_by"]
        assert len(detail["deliveries"]) == 1


class TestUndo:
    async def test_inside_the_window_and_later(
        self, staff: Staff, visitor: Visitor, pending: Json, demo: Services, clock: ManualClock,
        state: Any,
    ) -> None:  # fmt: skip
        await rule(demo, undo_seconds=120)
        path = f"/api/approvals/{pending['action_id']}"
        decided = (await staff.decide(pending["action_id"], "approve", version=1)).json()
        assert decided["undo_until"] is not None
        said = len((await visitor.thread())["messages"])
        undone = await staff.post(f"{path}/undo", {})
        assert undone.status_code == 200
        assert (undone.json()["status"], undone.json()["version"]) == ("pending", 3)
        [tour] = (await staff.read("/api/tours"))["items"]
        assert (tour["status"], tour["hold_until"] is not None) == ("proposed", True)
        assert code(await staff.post(f"{path}/undo", {})) == (409, "approval_not_approved")
        stale = await staff.decide(pending["action_id"], "approve", version=1)
        assert code(stale) == (409, "approval_version_stale")
        await staff.decide(pending["action_id"], "approve", version=3)
        clock.advance(timedelta(seconds=120))
        assert code(await staff.post(f"{path}/undo", {})) == (409, "approval_undo_late")
        await state.runtime.sweep()
        await state.runtime.caught_up(PARTY, visitor.thread_id)
        detail = await staff.read(path)
        assert sorted(row["status"] for row in detail["deliveries"]) != []
        news = (await visitor.thread())["messages"][said:]
        assert sum("booked" in line["text"] for line in news if line["role"] == "agent") == 1


class TestAuto:
    async def auto(self, services: Services, *actions: str) -> None:
        for community in await services.tenants.communities(PARTY):
            passing = community.model_copy(update={"approval": dict.fromkeys(actions, "auto")})
            await services.tenants.put_community(PARTY, passing)

    async def test_a_tour_is_booked_without_a_person(
        self, staff: Staff, visitor: Visitor, demo: Services, state: Any
    ) -> None:
        await self.auto(demo, "schedule_tour")
        await visitor.say("Hi, I'm looking for a two bedroom in Portland under 3000")
        offer = await visitor.say("I'd like to tour the first one")
        await visitor.say(offer["slots"][0]["label"])
        answer = await visitor.say("yes please")
        assert answer["pending_actions"] == []
        await state.runtime.caught_up(PARTY, visitor.thread_id)
        [row] = (await staff.read("/api/approvals"))["items"]
        assert row["status"] == "approved"
        detail = await staff.read(f"/api/approvals/{row['action_id']}")
        assert detail["decided_by"] == "policy:auto"
        [record] = [
            each
            for each in await demo.audit.store.about(PARTY, row["action_id"])
            if each.kind == "approval.approved"
        ]
        assert record.actor == "policy:auto"
        lines = (await visitor.thread())["messages"]
        assert "booked" in lines[-1]["text"]
        await staff.until_delivered(row["action_id"])

    async def test_an_application_never_is(
        self, staff: Staff, visitor: Visitor, demo: Services
    ) -> None:
        await self.auto(demo, "apply_now", "send_message")
        thread = await demo.threads.get(PARTY, visitor.thread_id)
        for action, checked, passes in (
            ("apply_now", True, False),
            ("send_message", False, False),
            ("send_message", True, True),
        ):
            call = Call(
                services=demo,
                tenant_id=PARTY,
                thread_id=thread.thread_id,
                lead_id=thread.lead_id,
                community=await demo.tenants.community(PARTY, thread.community_id),
                stage=thread.stage,
                turn=1,
                checked=checked,
            )
            action_id = await propose(demo, thread.thread_id, action="request_docs")
            row = await demo.approvals.get(PARTY, action_id)
            assert call._passes(action, row, call.community) is passes

    async def test_a_program_hears_that_it_is_done(
        self, staff: Staff, demo: Services, visitor: Visitor
    ) -> None:
        await self.auto(demo, "send_message")
        answer = await staff.post(
            "/api/agent/action",
            {
                "thread_id": visitor.thread_id,
                "action": "send_message",
                "args": {"channel": "email", "text": "See you soon."},
            },
        )
        assert (answer.status_code, answer.json()["status"]) == (202, "done")
        await staff.until_delivered(answer.json()["action_id"])


class TestRejected:
    async def test_the_same_is_refused_in_this_thread(
        self, staff: Staff, visitor: Visitor, pending: Json
    ) -> None:
        await staff.decide(pending["action_id"], "reject", message="Not that day.")
        args = {name: pending["args"][name] for name in ("listing_id", "starts_at")}
        again = await staff.post(
            "/api/agent/action",
            {"thread_id": visitor.thread_id, "action": "schedule_tour", "args": args},
        )
        assert code(again) == (409, "action_rejected_before")

    async def test_what_the_team_answers_reaches_the_lead(
        self, staff: Staff, visitor: Visitor, pending: Json, state: Any
    ) -> None:
        await staff.decide(pending["action_id"], "respond", message="Which entrance suits you?")
        await state.runtime.caught_up(PARTY, visitor.thread_id)
        assert "Which entrance" in (await visitor.thread())["messages"][-1]["text"]
