import pytest

from agent.approvals.models import ApprovalStatus
from agent.errors import Conflict, Unavailable
from agent.events.models import Event
from agent.services import Services
from agent.threads.models import Stage
from tests.tools.conftest import TENANT, Floor


@pytest.mark.parametrize("channel", ["sms", "email"])
async def test_nothing_is_sent_to_who_has_opted_out(floor: Floor, channel: str) -> None:
    tools = await floor.toolbox()
    await tools.use("opt_out")
    assert tools.call.events == [Event(type="optout.received")]
    with pytest.raises(Conflict) as refused:
        await (await floor.toolbox()).use("send_message", channel=channel, text="hi")
    assert refused.value.code == "contact_opted_out"
    assert await floor.pending() == []


async def test_messages_that_wait_are_withdrawn_and_nothing_else(floor: Floor) -> None:
    tour, _ = await floor.proposed()
    tools = await floor.toolbox()
    message = await tools.use("send_message", channel="sms", text="hi")
    await (await floor.toolbox(stage=Stage.RENEWAL)).use("opt_out")
    assert await floor.pending() == [tour.action_id]
    with pytest.raises(Conflict) as refused:
        await floor.decide(message)
    assert refused.value.code == "approval_superseded"
    assert await floor.deliveries() == []


async def test_a_message_of_another_thread_is_not_approved_any_more(floor: Floor) -> None:
    await floor.open("thr_2", "lead_2")
    elsewhere = await floor.toolbox(thread_id="thr_2")
    message = await elsewhere.use("send_message", channel="email", text="hi")
    await (await floor.toolbox()).use("opt_out")
    with pytest.raises(Conflict) as refused:
        await floor.decide(message)
    assert refused.value.code == "contact_opted_out"
    assert await floor.deliveries() == []


async def test_the_opt_out_and_the_withdrawals_are_one(
    floor: Floor, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await (await floor.toolbox()).use("send_message", channel="sms", text="hi")
    tools = await floor.toolbox()

    async def fails(*args: object, **kwargs: object) -> None:
        raise Unavailable("database_unavailable", "Try again.")

    monkeypatch.setattr(services.approvals.store, "change", fails)
    with pytest.raises(Unavailable):
        await tools.use("opt_out")
    lead = await services.leads.get(TENANT, floor.lead.lead_id)
    assert lead.consent.opted_out_at is None
    assert (await services.approvals.get(TENANT, message.action_id)).status is (
        ApprovalStatus.PENDING
    )
    assert tools.call.events == []
