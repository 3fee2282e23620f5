"""What a lead would otherwise find rude, wrong or stupid."""

import pytest

from agent.privacy.models import Contact
from agent.threads.models import Stage, ThreadStatus
from graphs.runtime import Runtime
from tests.graphs.test_conversation import CONTACT, TENANT, TO_THE_YES, Lead


@pytest.fixture
async def lead(runtime: Runtime) -> Lead:
    started = await runtime.start(TENANT, contact=CONTACT)
    return Lead(runtime, started.thread_id)


async def test_a_time_is_understood_in_the_zone_of_the_home(lead: Lead) -> None:
    """The chat belongs to an office in Los Angeles, the home is in Denver."""
    answer = await lead.says(*TO_THE_YES[:3])
    first = answer.slots[0]
    said = first.label.rpartition(" at ")[2].lower()
    answer = await lead.says(f"{said} works for me")
    assert "asked:confirm" in answer.why.rules
    assert first.label in answer.reply


async def test_a_chat_opened_on_a_home_knows_it(runtime: Runtime) -> None:
    first = await runtime.start(TENANT, message="2 bedrooms in Denver")
    assert first.answer is not None
    home = first.answer.listings[0]
    started = await runtime.start(TENANT, listing_id=home.listing_id, contact=CONTACT)
    answer = await Lead(runtime, started.thread_id).says("Can I tour this one?")
    assert home.name in answer.reply
    assert len(answer.slots) == 3


async def test_the_application_survives_the_contact_question(runtime: Runtime) -> None:
    started = await runtime.start(TENANT)
    lead = Lead(runtime, started.thread_id)
    answer = await lead.says(
        "2 bedrooms in Denver",
        "I want to apply for the first one",
        "My name is Sam Lee, sam@example.com, I'm looking for a place",
        "yes",
    )
    assert [action.action for action in answer.pending_actions] == ["apply_now"]


async def test_another_request_says_that_it_replaces_the_first(lead: Lead) -> None:
    await lead.says(*TO_THE_YES, "yes")
    answer = await lead.says("I'd rather tour the first one", "the second time", "yes")
    assert "say:proposed_instead" in answer.why.rules
    assert len(answer.pending_actions) == 1


async def test_more_means_more(lead: Lead) -> None:
    first = await lead.says("1 bedroom in Portland from May 1 under 1745, no pets")
    more = await lead.says("more")
    assert more.listings
    assert more.listings != first.listings


async def test_nothing_to_cancel(lead: Lead) -> None:
    answer = await lead.says("2 bedrooms in Denver", "cancel")
    assert "say:nothing_to_cancel" in answer.why.rules


async def test_a_dropped_wish_may_be_answered(lead: Lead) -> None:
    answer = await lead.says("2 bedrooms in Denver under 500", "ok 2300 then")
    assert answer.profile.budget == 2300


async def test_fees_of_pets_are_not_for_assistance_animals(lead: Lead) -> None:
    answer = await lead.says("2 bedrooms in Denver, I have a service dog", "what are the fees?")
    assert "Application fee" in answer.reply
    assert "pet" not in answer.reply.lower()


async def test_a_human_and_everything_else_at_once(lead: Lead) -> None:
    answer = await lead.says("stop texting me, I want to talk to a human about a wheelchair ramp")
    assert {"say:opted_out", "say:handoff"} <= set(answer.why.rules)
    found = await lead.runtime.services.leads.get(
        TENANT, (await lead.runtime.services.threads.get(TENANT, lead.thread_id)).lead_id
    )
    assert found.consent.sms is False
    assert found.consent.opted_out_at is not None


async def test_what_people_lead_stays_theirs(lead: Lead) -> None:
    await lead.says("2 bedrooms in Denver")
    await lead.runtime.services.threads.store.set_stage(TENANT, lead.thread_id, Stage.POST_CLOSE)
    answer = await lead.says("what are your office hours?")
    assert answer.stage is Stage.POST_CLOSE
    assert "say:handoff" not in answer.why.rules
    answer = await lead.says("the sink is broken, please send someone")
    assert answer.stage is Stage.POST_CLOSE
    thread = await lead.runtime.services.threads.get(TENANT, lead.thread_id)
    assert thread.status is ThreadStatus.HANDED_OFF


@pytest.mark.parametrize("text", ["¿eres un robot?", "bist du ein Mensch?", "es-tu un robot ?"])
async def test_says_what_it_is_in_other_languages(lead: Lead, text: str) -> None:
    assert "not a person" in (await lead.says(text)).reply


async def test_a_visa_card_is_money(lead: Lead) -> None:
    answer = await lead.says("can I pay the deposit with a Visa card?")
    assert "say:immigration" not in answer.why.rules


async def test_contact_words_are_no_state(runtime: Runtime) -> None:
    started = await runtime.start(TENANT, contact=Contact())
    lead = Lead(runtime, started.thread_id)
    await lead.says("hi, my name is Kim Doe and my mail is kim@example.com")
    memory = await runtime._runner.memory(TENANT, started.thread_id)
    assert "kim@example.com" not in str(memory)
    assert "Doe" not in str(memory)


async def test_the_privacy_notice_comes_first(runtime: Runtime) -> None:
    started = await runtime.start(TENANT, community_id="cedar-mesa")
    assert started.community.privacy_url in started.disclosure


async def test_a_home_whose_tour_waits_is_not_offered_again(lead: Lead) -> None:
    await lead.says(*TO_THE_YES, "yes")
    answer = await lead.says("Is it a safe neighborhood for families?")
    assert "tour" not in answer.reply.lower()
    assert "come and see" not in answer.reply
    assert "say:meanwhile" in answer.why.rules
