import asyncio
from datetime import timedelta

import pytest

from agent.errors import NotFound, Unavailable
from agent.kit.clock import ManualClock
from agent.leads.models import Consent, Lead, LeadProfile
from agent.privacy.models import Contact
from agent.services import Services

TENANT = "default"
SAM = Contact(name="Sam Lee", email="sam@lee.example")


async def create(services: Services, contact: Contact | None = None) -> Lead:
    return await services.leads.create(
        TENANT, contact=contact or Contact(), consent=Consent(sms=True, text="ok"), source="web"
    )


async def test_a_new_lead_is_found_again(services: Services) -> None:
    lead = await create(services)
    assert await services.leads.get(TENANT, lead.lead_id) == lead
    assert (lead.contact_ref, lead.hashes, lead.reachable) == (None, {}, False)
    assert (lead.consent.sms, lead.source) == (True, "web")


async def test_contact_data_goes_to_the_vault_alone(services: Services) -> None:
    lead = await create(services, SAM)
    assert lead.contact_ref is not None
    assert await services.vault.get(TENANT, lead.contact_ref) == SAM
    row = await services.repository.scoped("leads", TENANT).find_one({"lead_id": lead.lead_id})
    assert "lee" not in str(row).lower()
    assert lead.reachable


async def test_a_name_alone_does_not_make_a_lead_reachable(services: Services) -> None:
    assert not (await create(services, Contact(name="Sam"))).reachable


async def test_an_unknown_lead_is_not_found(services: Services) -> None:
    lead = await create(services)
    for tenant_id, lead_id in ((TENANT, "lead_unknown"), ("rival", lead.lead_id), (TENANT, "")):
        with pytest.raises(NotFound) as refused:
            await services.leads.get(tenant_id, lead_id)
        assert refused.value.code == "lead_not_found"


async def test_what_is_learned_adds_to_what_is_known(
    services: Services, clock: ManualClock
) -> None:
    lead = await create(services, SAM)
    clock.advance(timedelta(minutes=1))
    phone = Contact(phone="(503) 555-0142")
    learned = await services.leads.learn_contact(TENANT, lead.lead_id, phone)
    assert learned.contact_ref == lead.contact_ref
    assert set(learned.hashes) == {"name", "email", "phone"}
    assert learned.contact_ref is not None
    assert await services.vault.get(TENANT, learned.contact_ref) == Contact(
        name="Sam Lee", email="sam@lee.example", phone="+15035550142"
    )
    stored = await services.leads.get(TENANT, lead.lead_id)
    assert (stored.hashes, stored.updated_at) == (learned.hashes, clock.now())


async def test_nothing_learned_changes_nothing(services: Services) -> None:
    lead = await create(services)
    assert await services.leads.learn_contact(TENANT, lead.lead_id, Contact()) == lead
    assert await services.repository.scoped("vault", TENANT).count({}) == 0


async def test_what_two_messages_say_at_once_is_kept_in_one_place(services: Services) -> None:
    """A second vault row would outlive the erasure of the person."""
    lead = await create(services)
    said = (Contact(name="Sam Lee"), Contact(email="sam@lee.example"), Contact(phone="5035550142"))
    await asyncio.gather(
        *(services.leads.learn_contact(TENANT, lead.lead_id, contact) for contact in said)
    )
    stored = await services.leads.get(TENANT, lead.lead_id)
    assert stored.contact_ref is not None
    assert await services.vault.get(TENANT, stored.contact_ref) == Contact(
        name="Sam Lee", email="sam@lee.example", phone="+15035550142"
    )
    assert set(stored.hashes) == {"name", "email", "phone"}
    assert await services.repository.scoped("vault", TENANT).count({}) == 1


async def test_contact_data_of_nobody_is_not_kept(services: Services) -> None:
    with pytest.raises(NotFound):
        await services.leads.learn_contact(TENANT, "lead_unknown", SAM)

    async def write() -> None:
        await create(services, SAM)
        raise Unavailable("database_unavailable", "Try again.")

    with pytest.raises(Unavailable):
        await services.repository.transact(write)
    assert await services.repository.scoped("vault", TENANT).count({}) == 0
    assert await services.repository.scoped("leads", TENANT).count({}) == 0


async def test_a_profile_is_replaced_as_a_whole(services: Services) -> None:
    lead = await create(services)
    first = LeadProfile(bedrooms=2, areas=["Portland"], pets=False, budget=2000)
    await services.leads.save_profile(TENANT, lead.lead_id, first)
    second = LeadProfile(bedrooms=0, preferences=["balcony"])
    await services.leads.save_profile(TENANT, lead.lead_id, second)
    assert (await services.leads.get(TENANT, lead.lead_id)).profile == second


async def test_a_profile_and_a_contact_saved_at_once_are_both_kept(services: Services) -> None:
    lead = await create(services)
    profile = LeadProfile(bedrooms=2)
    await asyncio.gather(
        services.leads.save_profile(TENANT, lead.lead_id, profile),
        services.leads.learn_contact(TENANT, lead.lead_id, SAM),
    )
    stored = await services.leads.get(TENANT, lead.lead_id)
    assert (stored.profile, stored.reachable) == (profile, True)


async def test_who_opts_out_is_texted_no_more(services: Services, clock: ManualClock) -> None:
    lead = await create(services, SAM)
    other = await create(services)
    await services.leads.opt_out(TENANT, lead.lead_id)
    at = clock.now()
    clock.advance(timedelta(days=1))
    await services.leads.opt_out(TENANT, lead.lead_id)
    found = await services.leads.get(TENANT, lead.lead_id)
    assert found.consent == Consent(sms=False, text="ok", opted_out_at=at)
    assert await services.leads.get(TENANT, other.lead_id) == other


async def test_an_unknown_lead_cannot_opt_out(services: Services) -> None:
    lead = await create(services)
    with pytest.raises(NotFound):
        await services.leads.opt_out("rival", lead.lead_id)
