"""No question twice without end, no step that the lead did not ask for, no wrong promise."""

import pytest

from agent.threads.models import Stage, ThreadStatus
from graphs.runtime import Runtime
from tests.graphs.test_conversation import TENANT, Lead

SHOWN = "two bedrooms in Denver please"


@pytest.fixture
async def lead(runtime: Runtime) -> Lead:
    started = await runtime.start(TENANT)
    return Lead(runtime, started.thread_id)


class TestQualifying:
    async def test_names_the_areas_then_shows_homes_rather_than_asking_again(
        self, lead: Lead
    ) -> None:
        await lead.says("hi")
        again = await lead.says("I'm looking for a place")
        assert "Denver, Portland and Tacoma" in again.reply
        third = await lead.says("I am looking for a place!")
        assert len(third.listings) == 3
        assert "a home" not in third.reply

    async def test_shows_something_where_that_is_wanted(self, lead: Lead) -> None:
        await lead.says("hi")
        assert len((await lead.says("just show me something")).listings) == 3

    async def test_a_goodbye_is_no_place(self, lead: Lead) -> None:
        await lead.says("hi")
        answer = await lead.says("ok bye thanks")
        assert "asked:areas" in answer.why.rules
        assert "Bye." not in answer.reply
        assert "say:goodbye" in answer.why.rules
        assert "say:noted" not in answer.why.rules

    async def test_says_once_what_is_searched_for(self, lead: Lead) -> None:
        answer = await lead.says(SHOWN)
        assert answer.reply.count("2 bedrooms in Denver") == 1


class TestListing:
    async def test_a_place_without_homes_is_named_once(self, lead: Lead) -> None:
        first = await lead.says("a studio in Seattle")
        assert "Denver, Portland and Tacoma" in first.reply
        again = await lead.says("yes a studio in Seattle please")
        assert again.listings

    async def test_not_that_one_but_the_first(self, lead: Lead) -> None:
        offered = await lead.says(SHOWN)
        await lead.says("the second one")
        answer = await lead.says("wait, not that one, the first one")
        assert offered.listings[0].name in answer.reply
        assert "say:offer_more" not in answer.why.rules

    async def test_a_fact_of_each_where_none_is_meant(self, lead: Lead) -> None:
        offered = await lead.says(SHOWN)
        answer = await lead.says("how big are they?")
        assert answer.reply.count("square feet") == len(offered.listings)

    async def test_okay_without_the_garage_is_no_yes_to_a_tour(self, lead: Lead) -> None:
        await lead.says("two bedrooms in Portland with parking, up to 3000, from March, no pets")
        answer = await lead.says("ok what if we drop the garage")
        assert answer.stage is not Stage.TOURING

    async def test_no_pictures_are_promised(self, lead: Lead) -> None:
        await lead.says(SHOWN)
        answer = await lead.says("send me photos of the first one")
        assert "say:no_photos" in answer.why.rules
        assert not answer.slots

    async def test_a_parking_rule_is_told_once(self, runtime: Runtime) -> None:
        started = await runtime.start(TENANT, community_id="harbor-loft", message="one bedroom")
        answer = await runtime.reply(TENANT, started.thread_id, "how much is parking?")
        assert answer.reply.count("garage space") == 1


class TestTouring:
    async def test_says_that_there_is_no_tour(self, lead: Lead) -> None:
        await lead.says(SHOWN, "the first one")
        answer = await lead.says("Do I still have a tour?")
        assert "say:no_tour" in answer.why.rules
        assert not answer.slots

    async def test_a_day_that_was_missed_is_not_missed_again(self, lead: Lead) -> None:
        await lead.says(SHOWN, "the first one")
        missed = await lead.says("can I see it on Sunday?")
        assert "say:slots_other_day" in missed.why.rules
        again = await lead.says("what about 10:30?")
        assert "say:slots_other_day" not in again.why.rules

    async def test_asks_which_home_with_their_names_the_second_time(self, lead: Lead) -> None:
        offered = await lead.says(SHOWN)
        await lead.says("can I come on Saturday?")
        again = await lead.says("Saturday at 3 please")
        assert all(home.name in again.reply for home in offered.listings)

    async def test_contact_data_before_its_time_is_noted(self, lead: Lead) -> None:
        await lead.says(SHOWN, "I'd like to tour the first one")
        answer = await lead.says("my name is Dana Kim, dana.kim@mailer.example")
        assert {"say:contact_noted", "say:slots_again"} <= {*answer.why.rules}

    async def test_perfect_and_bye_chooses_no_home(self, lead: Lead) -> None:
        await lead.says(SHOWN, "the first one")
        answer = await lead.says("perfect, thank you! bye")
        assert "say:goodbye" in answer.why.rules
        assert "say:describe" not in answer.why.rules


class TestApplying:
    async def test_naming_the_home_goes_on_with_the_application(self, lead: Lead) -> None:
        await lead.says("I want to apply for a studio in Portland")
        answer = await lead.says("the first one please")
        assert answer.stage is Stage.APPLYING
        assert "say:apply_terms" in answer.why.rules


async def test_fees_of_the_only_community_there(lead: Lead) -> None:
    answer = await lead.says("3 bedrooms in Portland. What are the pet fees?")
    assert "answer:fees" in answer.why.rules


class TestForPeople:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("this is ridiculous", "handoff_sorry"),
            ("delete all my data please", "handoff_erasure"),
            ("is the rent negotiable?", "handoff_price"),
            ("did my application get approved?", "handoff_application"),
            ("Hola, busco un apartamento", "handoff_language"),
        ],
    )
    async def test_a_person_is_told_and_the_lead_hears_it(
        self, lead: Lead, text: str, said: str
    ) -> None:
        answer = await lead.says(text)
        assert f"say:{said}" in answer.why.rules
        thread = await lead.runtime.services.threads.get(TENANT, lead.thread_id)
        assert thread.status is ThreadStatus.HANDED_OFF

    async def test_who_somebody_is_changes_nothing(self, lead: Lead) -> None:
        await lead.says(SHOWN)
        answer = await lead.says("I'm pregnant, is that a problem?")
        assert "say:filter_same" in answer.why.rules

    async def test_no_fees_beside_an_assistance_animal(self, lead: Lead) -> None:
        await lead.says(SHOWN)
        answer = await lead.says("My emotional support dog, do I pay a pet fee?")
        assert "$" not in answer.reply


class TestAmenities:
    async def test_what_is_asked_for_by_name_is_what_is_told(self, lead: Lead) -> None:
        await lead.says(SHOWN)
        told = (await lead.says("Does the first one have a dishwasher?")).reply
        assert "dishwasher" in told
        assert "patio" not in told

    async def test_what_no_home_comes_with_is_not_answered_with_what_they_have(
        self, lead: Lead
    ) -> None:
        await lead.says(SHOWN)
        await lead.says("the first one")
        answer = await lead.says("Is there a rooftop?")
        assert "dishwasher" not in answer.reply
        assert "say:unknown_answer" in answer.why.rules


async def test_the_day_of_the_move_is_no_wish_for_a_tour(lead: Lead) -> None:
    await lead.says("Hi! I'm looking for a one bedroom in Denver, up to 1700")
    await lead.says("around May 1st. I have a cat")
    offered = await lead.says("the first one sounds nice")
    assert "say:slots" in offered.why.rules
    assert "May 1" not in offered.reply
