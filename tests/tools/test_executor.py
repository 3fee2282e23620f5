from typing import Any

import pytest

from agent.errors import Conflict, Forbidden, InvalidInput, NotFound
from agent.threads.models import Stage
from tests.tools.conftest import TENANT, Floor, edit
from tools.catalog import CATALOG

EVERYTHING = frozenset({"listings:read", "tours:read", "actions:write"})
NOBODYS = "con_somebody_else"


class TestPermission:
    @pytest.mark.parametrize("name", ["drop_database", "", "__init__", "approve", "x" * 10_000])
    async def test_an_unknown_tool_is_refused(self, floor: Floor, name: str) -> None:
        tools = await floor.toolbox()
        with pytest.raises(Forbidden) as refused:
            await tools.use(name)
        assert refused.value.code == "tool_unknown"
        assert len(refused.value.message) < 200

    async def test_no_tool_decides(self, floor: Floor) -> None:
        assert not {name for name in CATALOG if "approve" in name or "decide" in name}

    @pytest.mark.parametrize("stage", Stage)
    async def test_a_policy_is_shown_exactly_what_it_may_use(
        self, floor: Floor, stage: Stage
    ) -> None:
        tools = await floor.toolbox(stage=stage, listings=set())
        shown = tools.names()
        for name in CATALOG:
            with pytest.raises((Forbidden, InvalidInput, Conflict)) as refused:
                await tools.use(name, nonsense=True)
            assert (refused.value.code != "tool_not_in_stage") is (name in shown)

    async def test_a_scope_is_needed_whatever_the_stage(self, floor: Floor) -> None:
        tools = await floor.toolbox(trusted=True, scopes=frozenset({"tours:read"}))
        await tools.use("tour_slots", listing_id=floor.home)
        for name, args in {
            "search_listings": {},
            "mark_favorite": {"listing_id": floor.home},
            "hand_off": {"reason": "x"},
            "propose_tour": {"listing_id": floor.home, "slot_id": "s"},
        }.items():
            with pytest.raises(Forbidden) as refused:
                await tools.use(name, **args)
            assert refused.value.code == "scope_missing"

    async def test_a_caller_with_scopes_is_not_bound_to_the_stage(self, floor: Floor) -> None:
        tools = await floor.toolbox(trusted=True, scopes=EVERYTHING, stage=Stage.RENEWAL)
        assert await tools.use("search_listings", community_id="alder-row")


class TestArguments:
    @pytest.mark.parametrize(
        ("name", "args"),
        [
            ("search_listings", {"max_rent": "cheap"}),
            ("search_listings", {"$where": "1"}),
            ("search_listings", {"bedrooms": [2]}),
            ("listing_details", {}),
            ("listing_details", {"listing_id": None}),
            ("listing_details", {"listing_id": {"$ne": ""}}),
            ("compare_listings", {"listing_ids": ["one"]}),
            ("compare_listings", {"listing_ids": ["a", "b", "c", "d", "e"]}),
            ("compare_listings", {"listing_ids": "ab"}),
            ("tour_slots", {"listing_id": "a", "on": "someday"}),
            ("propose_tour", {"listing_id": "a"}),
            ("propose_tour", {"listing_id": "a", "slot_id": "s", "starts_at": "2026-03-05T18Z"}),
            ("propose_tour", {"listing_id": "a", "starts_at": "2026-03-05T18:00:00"}),
            ("propose_tour", {"listing_id": "a", "slot_id": "s", "approved": True}),
            ("reschedule_tour", {"tour_id": "t"}),
            ("cancel_tour", {"tour_id": "t", "reason": "x" * 501}),
            ("hand_off", {}),
            ("hand_off", {"reason": ""}),
            ("send_message", {"channel": "pigeon", "text": "hi"}),
            ("send_message", {"channel": "sms", "text": "   "}),
            ("send_message", {"channel": "sms", "text": "x" * 2001}),
            ("request_documents", {"documents": ["x"] * 21}),
            ("request_documents", {"documents": [""]}),
            ("mark_favorite", {"name": "a", "self": "b"}),
        ],
    )
    async def test_what_does_not_fit_is_named_and_not_repeated(
        self, floor: Floor, name: str, args: dict[str, Any]
    ) -> None:
        tools = await floor.toolbox(trusted=True, scopes=EVERYTHING)
        with pytest.raises(InvalidInput) as refused:
            await tools.use(name, **args)
        assert refused.value.code == "tool_args_invalid"
        assert refused.value.details
        assert "someday" not in str(refused.value.details)
        assert await floor.pending() == []


class TestIds:
    @pytest.mark.parametrize(
        ("name", "args"),
        [
            ("listing_details", {"listing_id": "{home}"}),
            ("compare_listings", {"listing_ids": ["{home}", "{other}"]}),
            ("mark_favorite", {"listing_id": "{home}"}),
            ("tour_slots", {"listing_id": "{home}"}),
            ("propose_tour", {"listing_id": "{home}", "slot_id": "{slot}"}),
            ("propose_tour", {"listing_id": "{home}", "starts_at": "2026-03-05T18:00:00Z"}),
        ],
    )
    async def test_what_was_never_offered_is_refused_though_it_exists(
        self, floor: Floor, name: str, args: dict[str, Any]
    ) -> None:
        _, slot = await floor.offered()
        known = {"{home}": floor.home, "{other}": floor.homes[1].listing_id, "{slot}": slot.slot_id}

        def fill(value: Any) -> Any:
            return [known[v] for v in value] if isinstance(value, list) else known.get(value, value)

        tools = await floor.toolbox(listings=set())
        with pytest.raises(Forbidden) as refused:
            await tools.use(name, **{key: fill(value) for key, value in args.items()})
        assert refused.value.code == "id_not_offered"
        assert await floor.pending() == []

    async def test_a_time_of_another_home_is_refused(self, floor: Floor) -> None:
        tools, slot = await floor.offered()
        other = floor.homes[1].listing_id
        for when in ({"slot_id": slot.slot_id}, {"starts_at": slot.starts_at}):
            with pytest.raises(Forbidden) as refused:
                await tools.use("propose_tour", listing_id=other, **when)
            assert refused.value.code == "id_not_offered"

    async def test_an_offered_time_may_be_named_by_its_start(self, floor: Floor) -> None:
        tools, slot = await floor.offered()
        starts_at = slot.starts_at.isoformat()
        approval = await tools.use("propose_tour", listing_id=floor.home, starts_at=starts_at)
        assert (await floor.tour(approval.args["tour_id"])).starts_at == slot.starts_at

    async def test_what_a_search_returns_counts_as_offered(self, floor: Floor) -> None:
        tools = await floor.toolbox(listings=set())
        [*_, last] = await tools.use("search_listings", community_id="alder-row")
        assert await tools.use("listing_details", listing_id=last.listing_id) == last
        assert last.listing_id in tools.call.listings
        assert tools.call.why.retrieved

    async def test_a_trusted_caller_may_name_any_id_of_the_tenant(self, floor: Floor) -> None:
        _, slot = await floor.offered()
        tools = await floor.toolbox(trusted=True, scopes=EVERYTHING, listings=set())
        approval = await tools.use("propose_tour", listing_id=floor.home, slot_id=slot.slot_id)
        assert await floor.pending() == [approval.action_id]

    async def test_but_none_that_is_not_there(self, floor: Floor) -> None:
        tools = await floor.toolbox(trusted=True, scopes=EVERYTHING)
        for name, args in {
            "listing_details": {},
            "mark_favorite": {},
            "tour_slots": {},
            "propose_tour": {"slot_id": "s"},
        }.items():
            with pytest.raises(NotFound):
                await tools.use(name, listing_id="lst_nowhere", **args)
        with pytest.raises(Forbidden):
            await tools.use("propose_tour", listing_id=floor.home, slot_id="slot_nowhere")
        assert tools.call.favorites == []

    async def test_nor_one_of_another_tenant(self, floor: Floor) -> None:
        tools = await floor.toolbox(trusted=True, scopes=EVERYTHING, tenant_id="rival")
        with pytest.raises(NotFound):
            await tools.use("listing_details", listing_id=floor.home)

    @pytest.mark.parametrize("trusted", [False, True])
    @pytest.mark.parametrize(
        ("name", "args"),
        [
            ("propose_tour", {"listing_id": "{home}", "slot_id": "{slot}"}),
            ("send_message", {"channel": "email", "text": "hi"}),
        ],
    )
    async def test_the_contact_is_that_of_the_lead(
        self, floor: Floor, trusted: bool, name: str, args: dict[str, Any]
    ) -> None:
        tools, slot = await floor.offered(trusted=trusted, scopes=EVERYTHING if trusted else None)
        known = {"{home}": floor.home, "{slot}": slot.slot_id}
        filled = {key: known.get(value, value) for key, value in args.items()}
        with pytest.raises(Forbidden):
            await tools.use(name, **filled, contact=NOBODYS)
        approval = await tools.use(name, **filled, contact=floor.lead.contact_ref)
        assert approval.args["contact"] == floor.lead.contact_ref


class TestContact:
    @pytest.mark.parametrize(
        ("name", "args"),
        [
            ("propose_tour", {"listing_id": "{home}", "slot_id": "{slot}"}),
            ("send_message", {"channel": "email", "text": "hi"}),
        ],
    )
    async def test_it_is_asked_for_before_anything_is_proposed(
        self, floor: Floor, name: str, args: dict[str, Any]
    ) -> None:
        tools, slot = await floor.offered(contact_ref=None)
        known = {"{home}": floor.home, "{slot}": slot.slot_id}
        with pytest.raises(Conflict) as refused:
            await tools.use(name, **{key: known.get(value, value) for key, value in args.items()})
        assert refused.value.code == "contact_missing"
        assert await floor.pending() == []
        assert await floor.services.tours.find(TENANT) == []

    async def test_it_is_a_reference_and_never_the_data(self, floor: Floor) -> None:
        approval, _ = await floor.proposed()
        row = await floor.services.repository.scoped("approvals", TENANT).find_one(
            {"action_id": approval.action_id}
        )
        assert "lee" not in str(row).lower()
        assert "5550142" not in str(row)


class TestFreeText:
    SAID = "call me at 503-555-0199 or x@y.example"
    TOLD = "call me at [phone] or [email]"

    async def test_what_a_visitor_writes_is_stored_without_contact_data(self, floor: Floor) -> None:
        tools = await floor.toolbox(stage=Stage.TOURING)
        await tools.use("hand_off", reason=self.SAID)
        assert tools.call.handoff == self.TOLD
        [event] = tools.call.events
        assert event.data == {"reason": self.TOLD}
        message = await tools.use("send_message", channel="email", text=self.SAID)
        assert message.args["text"] == self.TOLD
        assert "0199" not in message.description
        tour = await floor.booked()
        cancel = await (await floor.toolbox()).use(
            "cancel_tour", tour_id=tour.tour_id, reason=self.SAID
        )
        assert cancel.args["reason"] == self.TOLD

    async def test_nor_is_it_stored_when_a_trusted_caller_writes_it(self, floor: Floor) -> None:
        tools = await floor.toolbox(trusted=True, scopes=EVERYTHING)
        message = await tools.use("send_message", channel="email", text=self.SAID)
        assert message.args["text"] == self.TOLD
        papers = await tools.use("request_documents", documents=["photo ID", self.SAID])
        assert papers.args["documents"] == ["photo ID", self.TOLD]
        assert "0199" not in message.description + papers.description

    async def test_nor_when_a_person_edits(self, floor: Floor) -> None:
        tools = await floor.toolbox()
        approval = await tools.use("send_message", channel="email", text="hi")
        change = edit(text=self.SAID, contact=approval.args["contact"])
        decided = await floor.decide(approval, change)
        assert decided.args["text"] == self.TOLD
        [delivery] = await floor.deliveries()
        assert delivery.args == decided.args
        assert "0199" not in decided.model_dump_json()
        assert await floor.decide(approval, change) == decided

    async def test_a_text_must_fit_without_its_contact_data(self, floor: Floor) -> None:
        tools = await floor.toolbox()
        with pytest.raises(InvalidInput):
            await tools.use("send_message", channel="email", text="a@b.co " * 285 + "12345")


class TestFavorites:
    async def test_a_home_is_saved_once(self, floor: Floor) -> None:
        tools = await floor.toolbox(stage=Stage.SELECTING_FAVORITES)
        for _ in range(2):
            await tools.use("mark_favorite", listing_id=floor.home)
        assert tools.call.favorites == [floor.home]
        assert [event.type for event in tools.call.events] == ["listing.favorited"]


class TestLooking:
    async def test_homes_are_compared_in_the_order_asked(self, floor: Floor) -> None:
        ids = [home.listing_id for home in floor.homes[:3]][::-1]
        found = await (await floor.toolbox()).use("compare_listings", listing_ids=ids)
        assert [home.listing_id for home in found] == ids

    async def test_three_times_are_offered_in_the_zone_of_the_community(self, floor: Floor) -> None:
        tools = await floor.toolbox()
        offer = await tools.use("tour_slots", listing_id=floor.home, on="2026-03-05")
        assert len(offer.slots) == 3
        assert all(slot.label.startswith("Thursday, March 5 at ") for slot in offer.slots)
        assert tools.call.slots.keys() == {slot.slot_id for slot in offer.slots}
