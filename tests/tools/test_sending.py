from datetime import timedelta

import pytest

from agent.kit.clock import ManualClock
from agent.leads.models import Consent
from agent.outbox.models import Delivery, DeliveryState, Held, Refused
from agent.privacy.models import Contact
from agent.services import Services
from tests.tools.conftest import TENANT, Floor
from tools.optout import opt_out
from tools.sending import may_leave


async def queued(floor: Floor, channel: str = "sms") -> Delivery:
    """A message that was approved and waits to be sent."""
    message = await (await floor.toolbox()).use("send_message", channel=channel, text="hi")
    await floor.decide(message)
    return next(row for row in await floor.deliveries() if row.args["channel"] == channel)


async def stop(floor: Floor) -> bool:
    services = floor.services

    async def write() -> bool:
        lead = await services.leads.get(TENANT, floor.lead.lead_id)
        thread = (await services.threads.store.page(TENANT, lead_id=lead.lead_id)).items[0]
        return await opt_out(services, TENANT, thread, source="sms", text="STOP")

    return await services.repository.transact(write)


async def test_what_waits_when_a_lead_opts_out_is_never_sent(
    floor: Floor, services: Services
) -> None:
    message = await queued(floor)
    assert await stop(floor)
    standing = {row.delivery_id: row for row in await floor.deliveries()}
    assert standing.pop(message.delivery_id).state is DeliveryState.CANCELED
    (confirmation,) = standing.values()
    assert confirmation.state is DeliveryState.PENDING
    assert confirmation.args["contact"] == floor.lead.contact_ref
    await may_leave(services)(TENANT, confirmation)
    with pytest.raises(Refused, match="contact_opted_out"):
        await may_leave(services)(TENANT, message)


async def test_an_opt_out_is_confirmed_once_and_soon_or_not_at_all(
    floor: Floor, services: Services, clock: ManualClock
) -> None:
    assert await stop(floor)
    assert not await stop(floor)
    (confirmation,) = await floor.deliveries()
    clock.advance(timedelta(minutes=5, seconds=1))
    with pytest.raises(Refused, match="too late"):
        await may_leave(services)(TENANT, confirmation)


async def test_everybody_with_the_number_is_opted_out(floor: Floor, services: Services) -> None:
    contact = await services.vault.get(TENANT, floor.lead.contact_ref or "")
    assert contact
    twin = await services.leads.create(
        TENANT, contact=Contact(phone=contact.phone), consent=Consent(sms=True), source=None
    )
    other = await services.leads.create(
        TENANT, contact=Contact(phone="+12125550199"), consent=Consent(sms=True), source=None
    )
    await stop(floor)
    assert (await services.leads.get(TENANT, twin.lead_id)).consent.opted_out_at
    assert (await services.leads.get(TENANT, other.lead_id)).consent.sms


async def test_a_number_that_opted_out_is_not_reached_through_another_lead(
    floor: Floor, services: Services, clock: ManualClock
) -> None:
    number = Contact(phone="+12125550199")
    other = await services.leads.create(
        TENANT, contact=number, consent=Consent(sms=True), source=None
    )
    await services.leads.opt_out(TENANT, other.lead_id)
    message = await queued(floor)
    await services.leads.learn_contact(TENANT, floor.lead.lead_id, number)
    with pytest.raises(Refused, match="contact_opted_out"):
        await may_leave(services)(TENANT, message)
    clock.advance(timedelta(minutes=1))
    await services.leads.opt_in(TENANT, floor.lead.lead_id, source="sms", text="START")
    await may_leave(services)(TENANT, message)


async def test_texts_are_held_over_night_and_letters_are_not(
    floor: Floor, services: Services, clock: ManualClock
) -> None:
    text, letter = await queued(floor), await queued(floor, "email")
    await may_leave(services)(TENANT, text)
    clock.advance(timedelta(hours=14))
    with pytest.raises(Held):
        await may_leave(services)(TENANT, text)
    await may_leave(services)(TENANT, letter)


async def test_what_writes_to_nobody_may_leave(floor: Floor, services: Services) -> None:
    tour, _ = await floor.proposed()
    await floor.decide(await services.approvals.get(TENANT, tour.action_id))
    (delivery,) = await floor.deliveries()
    await may_leave(services)(TENANT, delivery)


async def test_without_a_thread_there_is_nobody_to_write_to(
    floor: Floor, services: Services
) -> None:
    message = await queued(floor)
    lost = message.model_copy(update={"thread_id": "thr_gone"})
    with pytest.raises(Refused, match="thread_not_found"):
        await may_leave(services)(TENANT, lost)
