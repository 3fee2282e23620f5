import asyncio
from typing import Any

import pytest

from agent.applications.models import Application
from agent.approvals.models import Decision
from agent.approvals.rules import LIFETIME
from agent.errors import Conflict, Forbidden, InvalidInput
from agent.services import Services
from agent.threads.models import Stage
from tests.tools.conftest import DISMISS, REJECT, RESPOND, TENANT, THREAD, Floor, edit
from tools.executor import Toolbox


async def applying(floor: Floor, community_id: str = "alder-row", **changes: Any) -> Toolbox:
    """A toolbox of a thread in which the terms of a community have been shown."""
    community = await floor.services.tenants.community(TENANT, community_id)
    given = {"disclosed": (community.terms_id, floor.clock.now()), **changes}
    return await floor.toolbox(stage=Stage.APPLYING, **given)


async def rows(services: Services) -> list[Application]:
    return await services.applications.store.of_thread(TENANT, THREAD)


class TestStart:
    async def test_a_person_is_asked_to_send_the_link(self, floor: Floor) -> None:
        tools = await applying(floor)
        approval = await tools.use("start_application", listing_id=floor.home)
        assert approval.risk == "high"
        [application] = await rows(floor.services)
        assert application.status == "proposed"
        assert application.fees["Application fee"] == 50
        assert approval.args["application_id"] == application.application_id
        assert "criteria 2026-1 and fees were shown" in approval.description
        assert await floor.deliveries() == []

    async def test_terms_of_another_community_are_none(self, floor: Floor) -> None:
        tools = await applying(floor, "harbor-loft")
        with pytest.raises(Conflict) as refused:
            await tools.use("start_application", listing_id=floor.home)
        assert refused.value.code == "application_undisclosed"

    async def test_nothing_starts_unless_terms_were_shown(self, floor: Floor) -> None:
        tools = await applying(floor, disclosed=None)
        with pytest.raises(Conflict) as refused:
            await tools.use("start_application", listing_id=floor.home)
        assert refused.value.code == "application_undisclosed"
        assert await floor.pending() == []
        assert await rows(floor.services) == []

    async def test_nor_unless_somebody_can_be_reached(self, floor: Floor) -> None:
        tools = await applying(floor, contact_ref=None)
        with pytest.raises(Conflict) as refused:
            await tools.use("start_application", listing_id=floor.home)
        assert refused.value.code == "contact_missing"

    @pytest.mark.parametrize("stage", [Stage.QUALIFYING, Stage.TOURING, Stage.RENEWAL])
    async def test_nor_from_another_stage(self, floor: Floor, stage: Stage) -> None:
        tools = await applying(floor)
        tools.call.stage = stage
        with pytest.raises(Forbidden):
            await tools.use("start_application", listing_id=floor.home)

    async def test_the_same_turn_again_is_one_application(self, floor: Floor) -> None:
        tools = await applying(floor)
        approvals = await asyncio.gather(
            *(tools.use("start_application", listing_id=floor.home) for _ in range(5))
        )
        assert len({approval.action_id for approval in approvals}) == 1
        assert len(await rows(floor.services)) == 1

    async def test_another_home_takes_the_place_of_the_first(self, floor: Floor) -> None:
        tools = await applying(floor)
        ids = [home.listing_id for home in floor.homes[:2]]
        for listing_id in (ids[0], ids[1], ids[0]):
            approval = await tools.use("start_application", listing_id=listing_id)
        assert await floor.pending() == [approval.action_id]
        assert sorted(row.status for row in await rows(floor.services)) == [
            "proposed",
            "withdrawn",
            "withdrawn",
        ]

    async def test_approved_it_has_started(self, floor: Floor) -> None:
        tools = await applying(floor)
        await floor.decide(await tools.use("start_application", listing_id=floor.home))
        assert [row.status for row in await rows(floor.services)] == ["started"]
        assert [row.action for row in await floor.deliveries()] == ["apply_now"]

    @pytest.mark.parametrize("decision", [REJECT, DISMISS, RESPOND])
    async def test_refused_it_is_withdrawn(self, floor: Floor, decision: Decision) -> None:
        tools = await applying(floor)
        await floor.decide(await tools.use("start_application", listing_id=floor.home), decision)
        assert [row.status for row in await rows(floor.services)] == ["withdrawn"]
        assert await floor.deliveries() == []

    async def test_expired_it_is_withdrawn(self, floor: Floor) -> None:
        tools = await applying(floor)
        await tools.use("start_application", listing_id=floor.home)
        floor.clock.advance(LIFETIME)
        await floor.expire()
        assert [row.status for row in await rows(floor.services)] == ["withdrawn"]

    async def test_rejected_it_is_not_asked_again(self, floor: Floor) -> None:
        tools = await applying(floor)
        await floor.decide(await tools.use("start_application", listing_id=floor.home), REJECT)
        with pytest.raises(Conflict) as refused:
            await (await applying(floor)).use("start_application", listing_id=floor.home)
        assert refused.value.code == "action_rejected_before"

    @pytest.mark.parametrize("field", ["listing_id", "application_id", "criteria_version"])
    async def test_nothing_of_it_can_be_edited(self, floor: Floor, field: str) -> None:
        tools = await applying(floor)
        approval = await tools.use("start_application", listing_id=floor.home)
        with pytest.raises(InvalidInput) as refused:
            await floor.decide(approval, edit(**{field: "other"}))
        assert field in refused.value.message
        assert [row.status for row in await rows(floor.services)] == ["proposed"]


class TestDocuments:
    async def test_the_list_of_the_community_is_the_default(self, floor: Floor) -> None:
        approval = await (await applying(floor)).use("request_documents")
        community = await floor.services.tenants.community(TENANT, "alder-row")
        assert approval.args["documents"] == community.documents
        assert approval.args["contact"] == floor.lead.contact_ref

    async def test_others_can_be_named(self, floor: Floor) -> None:
        tools = await applying(floor)
        approval = await tools.use("request_documents", documents=["Pay stubs", "Photo ID"])
        assert "Pay stubs, Photo ID" in approval.description
        await floor.decide(approval)
        [delivery] = await floor.deliveries()
        assert delivery.args["documents"] == ["Pay stubs", "Photo ID"]

    async def test_a_community_without_a_list_needs_one_named(self, floor: Floor) -> None:
        community = await floor.services.tenants.community(TENANT)
        tools = await applying(floor, community=community)
        with pytest.raises(InvalidInput) as refused:
            await tools.use("request_documents")
        assert refused.value.code == "documents_missing"
        assert await floor.pending() == []

    async def test_names_hold_no_contact_data(self, floor: Floor) -> None:
        tools = await applying(floor)
        approval = await tools.use("request_documents", documents=["send to x@y.example"])
        assert approval.args["documents"] == ["send to [email]"]

    @pytest.mark.parametrize(
        ("written", "documents"),
        [
            (["Photo ID"], ["Photo ID"]),
            ('["Photo ID", "Pay stubs"]', ["Photo ID", "Pay stubs"]),
            ("Photo ID\n Pay stubs \n", ["Photo ID", "Pay stubs"]),
        ],
    )
    async def test_an_edited_list_may_come_as_text(
        self, floor: Floor, written: Any, documents: list[str]
    ) -> None:
        approval = await (await applying(floor)).use("request_documents")
        decided = await floor.decide(approval, edit(documents=written))
        assert decided.args["documents"] == documents

    @pytest.mark.parametrize("written", ["", "[]", "{}", "2", "true", [""], None, ["x"] * 21])
    async def test_what_is_no_list_stays_pending(self, floor: Floor, written: Any) -> None:
        approval = await (await applying(floor)).use("request_documents")
        with pytest.raises(InvalidInput):
            await floor.decide(approval, edit(documents=written))
        assert await floor.pending() == [approval.action_id]
