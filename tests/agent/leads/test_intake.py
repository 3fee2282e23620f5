import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from agent.kit.clock import ManualClock
from agent.leads.intake import LeadDraft, TakenIn
from agent.leads.models import Consent, LeadProfile
from agent.privacy.models import Contact
from agent.services import Services

Take = Callable[..., Awaitable[TakenIn]]
NOBODY = Contact()
SAM = Contact(name="Sam Lee", email="sam@lee.example", phone="+15035550142")


@pytest.fixture
def take(services: Services) -> Take:
    async def take(contact: Contact = NOBODY, **more: object) -> TakenIn:
        draft = LeadDraft.model_validate({"contact": contact, **more})
        return await services.intake.take_in("default", draft)

    return take


async def leads(services: Services) -> int:
    return await services.repository.scoped("leads", "default").count({})


class TestWhoIsKnown:
    async def test_by_external_id_then_email_then_phone(
        self, take: Take, services: Services
    ) -> None:
        first = await take(SAM)
        assert first.created
        for contact, more in (
            (Contact(email="SAM@lee.example "), {}),
            (Contact(phone="(503) 555-0142"), {}),
            (Contact(email="sam@lee.example"), {"external_id": "crm-1"}),
            (Contact(email="new@lee.example"), {"external_id": "crm-1"}),
            (Contact(email="new@lee.example"), {}),
        ):
            found = await take(contact, **more)
            assert (found.created, found.lead.lead_id) == (False, first.lead.lead_id)
        lead = await services.leads.get("default", first.lead.lead_id)
        assert lead.external_id == "crm-1"
        assert lead.contact_ref
        assert await services.vault.get("default", lead.contact_ref) == Contact(
            name="Sam Lee", email="new@lee.example", phone="+15035550142"
        )
        assert await leads(services) == 1

    async def test_another_external_id_is_another_person(self, take: Take) -> None:
        first = await take(SAM, external_id="crm-1")
        second = await take(SAM, external_id="crm-2")
        assert second.created
        assert second.duplicates == [first.lead.lead_id]

    async def test_two_who_share_nothing_but_the_draft_stay_two(
        self, take: Take, services: Services
    ) -> None:
        by_email = await take(Contact(email="sam@lee.example"))
        by_phone = await take(Contact(phone="+15035550142"))
        found = await take(SAM)
        assert found.lead.lead_id == by_email.lead.lead_id
        assert found.duplicates == [by_phone.lead.lead_id]
        assert await leads(services) == 2

    async def test_a_stranger_who_names_them_in_a_chat_is_not_them(
        self, take: Take, services: Services
    ) -> None:
        stranger = await services.leads.create(
            "default", contact=SAM, consent=Consent(), source="chat"
        )
        for more in ({}, {"external_id": "crm-1"}):
            found = await take(SAM, profile={"budget": 2000}, **more)
            assert found.lead.lead_id != stranger.lead_id
            assert found.duplicates == [stranger.lead_id]
        assert (await services.leads.get("default", stranger.lead_id)).profile == LeadProfile()

    async def test_nothing_said_makes_a_new_one_each_time(self, take: Take) -> None:
        assert (await take()).lead.lead_id != (await take()).lead.lead_id

    async def test_who_changed_address_leaves_the_old_one_free(self, take: Take) -> None:
        mail = Contact(email="sam@lee.example")
        first = await take(mail, external_id="crm-1")
        await take(Contact(email="new@lee.example"), external_id="crm-1")
        other = await take(mail)
        assert other.created
        assert other.lead.lead_id != first.lead.lead_id

    async def test_of_other_tenants_is_unknown(self, take: Take, services: Services) -> None:
        first = await take(SAM)
        elsewhere = await services.intake.take_in("other", LeadDraft(contact=SAM))
        assert elsewhere.created
        assert elsewhere.lead.hashes != first.lead.hashes


@pytest.mark.parametrize("by", ["external_id", "email", "both"])
async def test_twenty_at_once_make_one(take: Take, services: Services, by: str) -> None:
    contact = Contact() if by == "external_id" else Contact(email="sam@lee.example")
    more = {} if by == "email" else {"external_id": "crm-1"}
    taken = await asyncio.gather(*(take(contact, **more) for _ in range(20)))
    assert sum(each.created for each in taken) == 1
    assert len({each.lead.lead_id for each in taken}) == 1
    assert await leads(services) == 1
    events = await services.repository.scoped("events", "default").find({"type": "lead.created"})
    assert len(events) == 1
    assert events[0]["data"]["lead_id"] == taken[0].lead.lead_id
    assert await services.repository.scoped("vault", "default").count({}) == (contact != Contact())


async def test_contact_stands_nowhere_but_in_the_vault(take: Take, services: Services) -> None:
    await take(SAM, source="crm", external_id="crm-1")
    for name in ("leads", "events", "consents", "audit"):
        rows = await services.repository.scoped(name, "default").find({})
        for secret in ("Sam", "lee.example", "5550142"):
            assert secret not in repr(rows), name


async def test_a_profile_is_filled_not_emptied(take: Take) -> None:
    await take(SAM, profile=LeadProfile(bedrooms=2, areas=["Pearl"]))
    found = await take(SAM, profile=LeadProfile(bedrooms=1))
    assert found.lead.profile.known() == {"bedrooms": 1, "areas": ["Pearl"]}


async def test_a_profile_holds_no_contact_and_nothing_protected(take: Take) -> None:
    said = LeadProfile(
        preferences=["quiet", "near my church", "call me at 503-555-0142"], areas=["Pearl District"]
    )
    profile = (await take(profile=said)).lead.profile
    assert profile.preferences == ["quiet", "call me at [phone]"]
    assert profile.areas == ["Pearl District"]


class TestConsent:
    async def test_is_kept_with_its_words(self, take: Take, clock: ManualClock) -> None:
        given = Consent(sms=True, text="You may text me.", source="form")
        lead = (await take(SAM, consent=given)).lead
        assert lead.consent == given.model_copy(update={"at": clock.now()})
        at = clock.now()
        clock.advance(timedelta(days=1))
        assert (await take(SAM, consent=given)).lead.consent.at == at

    async def test_an_opt_out_stands_unless_a_later_consent_is_dated(
        self, take: Take, services: Services, clock: ManualClock
    ) -> None:
        given = Consent(sms=True, text="You may text me.", source="form", at=clock.now())
        lead = (await take(SAM, consent=given)).lead
        clock.advance(timedelta(hours=1))
        await services.repository.transact(lambda: services.leads.opt_out("default", lead.lead_id))
        for stale in (given, given.model_copy(update={"at": None, "text": "Again."})):
            found = (await take(SAM, consent=stale)).lead
            assert not found.consent.sms
            assert found.consent.opted_out_at
        later = given.model_copy(update={"at": clock.now() + timedelta(minutes=1)})
        found = (await take(SAM, consent=later)).lead
        assert found.consent.sms
        assert found.consent.opted_out_at is None
