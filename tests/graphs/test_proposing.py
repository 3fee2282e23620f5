"""What a turn proposes on its way: told in order, once, and only under its lease."""

import asyncio
from contextvars import Context
from typing import Any

import pytest

from agent.approvals.models import ApprovalStatus
from agent.services import Services
from graphs.runtime import Runtime
from tests.graphs.test_conversation import CONTACT, TENANT, TO_THE_YES, Lead
from tools.executor import Toolbox


async def _auto(services: Services) -> None:
    for community in await services.tenants.communities(TENANT):
        passing = community.model_copy(update={"approval": {"schedule_tour": "auto"}})
        await services.tenants.put_community(TENANT, passing)


async def _about_to_agree(runtime: Runtime) -> Lead:
    started = await runtime.start(TENANT, contact=CONTACT)
    lead = Lead(runtime, started.thread_id)
    await lead.says(*TO_THE_YES)
    return lead


async def _events(runtime: Runtime, lead: Lead) -> list[str]:
    events = await runtime.services.events.after(TENANT, lead.thread_id, -1)
    return [event.type for event in events if event.type.startswith("tour.")]


async def test_what_passes_by_itself_is_proposed_before_it_is_booked(runtime: Runtime) -> None:
    await _auto(runtime.services)
    lead = await _about_to_agree(runtime)
    await lead.says("yes")
    await runtime.caught_up(TENANT, lead.thread_id)
    assert await _events(runtime, lead) == ["tour.proposed", "tour.booked"]


async def test_the_same_button_twice_proposes_once(runtime: Runtime) -> None:
    lead = await _about_to_agree(runtime)
    state = await runtime._runner.memory(TENANT, lead.thread_id)
    confirm = state["confirm"]
    assert confirm is not None
    for _ in range(2):
        await runtime.act(TENANT, lead.thread_id, "schedule_tour", confirm["args"], trusted=False)
    assert await _events(runtime, lead) == ["tour.proposed"]


@pytest.mark.parametrize("auto", [False, True])
async def test_a_turn_that_a_person_has_taken_over_proposes_nothing_more(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, auto: bool
) -> None:
    if auto:
        await _auto(runtime.services)
    lead = await _about_to_agree(runtime)
    use = Toolbox.use

    async def late(tools: Toolbox, name: str, **args: Any) -> Any:
        if name == "propose_tour":
            taking = runtime.services.desk.take_over(TENANT, lead.thread_id, actor="user:kim")
            await asyncio.create_task(taking, context=Context())
        return await use(tools, name, **args)

    monkeypatch.setattr(Toolbox, "use", late)
    answer = await lead.says("yes")
    assert answer.reply == ""
    rows = (await runtime.services.approvals.store.page(TENANT)).items
    assert [row.status for row in rows if row.status is not ApprovalStatus.SUPERSEDED] == []
    assert await lead.tours() == []
    assert await _events(runtime, lead) == []
    assert (await runtime.services.outbox.store.page(TENANT)).items == []
