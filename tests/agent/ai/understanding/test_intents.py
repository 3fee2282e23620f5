from collections.abc import Callable

import pytest

from agent.ai.understanding.models import Candidate, Intent, Topic, Understanding

Read = Callable[..., Understanding]
HOME = Candidate("L1", "Juniper Flats")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("hi", Intent.GREET),
        ("Hey there, I'm after a two bedroom", Intent.GREET),
        ("I'm looking for an apartment", Intent.FIND),
        ("can u find me somewhere to live", Intent.FIND),
        ("we are relocating and need a new place", Intent.FIND),
        ("An apartment in that area.", Intent.FIND),
        ("do you have any studios", Intent.FIND),
        ("what else do you have?", Intent.MORE),
        ("show me others", Intent.MORE),
        ("any other options?", Intent.MORE),
        ("got anything cheaper? something cheaper would help", Intent.MORE),
        ("keep looking please", Intent.MORE),
        ("I don't like it", Intent.REJECT),
        ("that's too expensive", Intent.REJECT),
        ("not for me", Intent.REJECT),
        ("I'd like to see the apartment", Intent.TOUR),
        ("can I come by tomorrow?", Intent.TOUR),
        ("schedule a visit please", Intent.TOUR),
        ("when can I tour it", Intent.TOUR),
        ("book me a showing", Intent.TOUR),
        ("I need to reschedule", Intent.RESCHEDULE),
        ("can we move my tour to Friday", Intent.RESCHEDULE),
        ("do you have a different time?", Intent.RESCHEDULE),
        ("cancel my tour", Intent.CANCEL_TOUR),
        ("I can't make it tomorrow", Intent.CANCEL_TOUR),
        ("please call off the viewing", Intent.CANCEL_TOUR),
        ("cancel", Intent.CANCEL),
        ("Cancel that.", Intent.CANCEL),
        ("You can cancel mine", Intent.CANCEL),
        ("changed my mind, scrap it", Intent.CANCEL),
        ("Kindly cancel the appointment", Intent.CANCEL_TOUR),
        ("Yes. Cancel.", Intent.AFFIRM),
        ("two bedrooms? thanks", Intent.THANKS),
        ("I want to apply", Intent.APPLY),
        ("how do I start the application?", Intent.APPLY),
        ("I'll take it", Intent.APPLY),
        ("what documents do you need?", Intent.DOCUMENTS),
        ("should I send pay stubs", Intent.DOCUMENTS),
        ("compare the two", Intent.COMPARE),
        ("which one is cheaper?", Intent.COMPARE),
        ("what's the difference between them", Intent.COMPARE),
        ("save it for later", Intent.FAVORITE),
        ("add that to my favorites", Intent.FAVORITE),
        ("yes", Intent.AFFIRM),
        ("Yes please, that works", Intent.AFFIRM),
        ("yep sounds good", Intent.AFFIRM),
        ("that is correct", Intent.AFFIRM),
        ("go ahead", Intent.AFFIRM),
        ("You got it", Intent.AFFIRM),
        ("👍", Intent.AFFIRM),
        ("perfect", Intent.AFFIRM),
        ("sounds good but what about parking?", Intent.AFFIRM),
        ("no", Intent.NEGATE),
        ("No, I'd prefer the 8th", Intent.NEGATE),
        ("nah", Intent.NEGATE),
        ("not right now", Intent.NEGATE),
        ("maybe later", Intent.NEGATE),
        ("thanks!", Intent.THANKS),
        ("ty", Intent.THANKS),
        ("bye", Intent.GOODBYE),
        ("that's all I need", Intent.GOODBYE),
        ("have a great day", Intent.GOODBYE),
        ("I want to talk to a person", Intent.HUMAN),
        ("can someone call me back", Intent.HUMAN),
        ("agent", Intent.HUMAN),
        ("transfer me to the leasing office", Intent.HUMAN),
        ("are you a bot?", Intent.BOT_QUESTION),
        ("am I talking to a real person", Intent.BOT_QUESTION),
        ("r u human", Intent.BOT_QUESTION),
        ("STOP", Intent.OPT_OUT),
        ("Unsubscribe.", Intent.OPT_OUT),
        ("opt-out", Intent.OPT_OUT),
        ("REVOKE", Intent.OPT_OUT),
        ("please don't text me any more", Intent.OPT_OUT),
        ("take me off your list", Intent.OPT_OUT),
        ("how are you?", Intent.SMALLTALK),
        ("I have a service dog", Intent.ANIMAL),
        ("she's an emotional support animal", Intent.ANIMAL),
        ("I need a reasonable accommodation", Intent.ACCOMMODATION),
        ("I use a wheelchair", Intent.ACCOMMODATION),
        ("could grab bars be installed?", Intent.ACCOMMODATION),
        ("do you take section 8?", Intent.VOUCHER),
        ("I have a housing voucher", Intent.VOUCHER),
        ("is the neighborhood safe?", Intent.STEERING),
        ("what kind of people live there", Intent.STEERING),
        ("are there good schools nearby", Intent.STEERING),
        ("are there lots of families there", Intent.STEERING),
        ("will I qualify?", Intent.SCREENING),
        ("would I be approved with bad credit", Intent.SCREENING),
        ("I was evicted last year", Intent.SCREENING),
        ("I have a felony", Intent.RECORD),
        ("do you run background checks", Intent.RECORD),
        ("I don't have an SSN", Intent.IMMIGRATION),
        ("my visa status is pending", Intent.IMMIGRATION),
    ],
)
def test_intent(read: Read, text: str, intent: Intent) -> None:
    assert intent in read(text).intents


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("no problem", Intent.NEGATE),
        ("no pets", Intent.NEGATE),
        ("cancel my tour", Intent.CANCEL),
        ("stop by tomorrow", Intent.OPT_OUT),
        ("can I end the lease early?", Intent.OPT_OUT),
        ("I don't need anything else", Intent.MORE),
        ("is it furnished?", Intent.FIND),
        ("is it furnished?", Intent.TOUR),
        ("Yes, I would like the first one", Intent.NEGATE),
        ("no thanks", Intent.AFFIRM),
        ("that's not right", Intent.AFFIRM),
        ("I have a dog", Intent.ANIMAL),
        ("does it have a family room", Intent.STEERING),
        ("is it a good deal?", Intent.STEERING),
        ("the master bedroom", Intent.VOUCHER),
        ("what are your income criteria?", Intent.SCREENING),
        ("is there an elevator?", Intent.ACCOMMODATION),
        ("talk soon", Intent.HUMAN),
        ("I'm human too", Intent.BOT_QUESTION),
        ("what's the application fee?", Intent.REJECT),
    ],
)
def test_no_such_intent(read: Read, text: str, intent: Intent) -> None:
    assert intent not in read(text).intents


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("what's the phone number?", "phone"),
        ("Number please", "phone"),
        ("can I get their contact info", "phone"),
        ("where is it located?", "address"),
        ("send me the address", "address"),
        ("how much is the rent?", "rent"),
        ("what does it cost per month", "rent"),
        ("is it still available?", "availability"),
        ("is there an application fee?", "fees"),
        ("how much is the deposit?", "deposit"),
        ("what are your income requirements?", "criteria"),
        ("do you offer short term leases?", "lease_months"),
        ("what are your office hours?", "hours"),
        ("any specials this month?", "specials"),
        ("are utilities included?", "utilities"),
        ("is smoking allowed?", "smoking"),
        ("is there an elevator?", "elevator"),
        ("is there a gym?", "amenities"),
        ("can I sublet?", "policy"),
        ("what should I bring?", "documents"),
        ("how many bedrooms does it have?", "bedrooms"),
        ("what times do you have?", "tour_time"),
        ("what's it called?", "name"),
        ("when could I move in?", "move_date"),
        ("which neighborhood is that?", "areas"),
    ],
)
def test_topic(read: Read, text: str, topic: Topic) -> None:
    found = read(text, shortlist=(HOME,), focus="L1")
    assert topic in found.topics
    assert Intent.ASK in found.intents


@pytest.mark.parametrize(
    "text",
    [
        "I like the phone shop",
        "two bedrooms in Ashford",
        "thanks a lot",
        "my budget is 2000",
        "yes",
    ],
)
def test_no_topic(read: Read, text: str) -> None:
    assert read(text).topics == ()


def test_several_intents_in_one_message(read: Read) -> None:
    found = read("Thanks! Can you also find me something in Marlow, and is there parking?")
    assert found.has(Intent.THANKS)
    assert found.has(Intent.FIND)
    assert found.entities["areas"] == ["Marlow"]


class TestSelect:
    @pytest.mark.parametrize(
        "text",
        [
            "I like it",
            "that sounds great",
            "perfect",
            "That one is exactly what I want",
            "I'm interested in that one",
            "What a pity, but it still sounds good to me",
            "ok thanks, that's all I need",
            "sounds like a nice one",
        ],
    )
    def test_likes_the_home_in_focus(self, read: Read, text: str) -> None:
        found = read(text, shortlist=(HOME,), focus="L1")
        assert found.has(Intent.SELECT)
        assert found.accepted["property"] == "Juniper Flats"

    @pytest.mark.parametrize(
        "text",
        [
            "sounds good, what's the rent?",
            "that sounds nice but show me others",
            "not bad, anything cheaper?",
            "great, is it furnished?",
            "it's too expensive",
            "no",
        ],
    )
    def test_does_not_choose_yet(self, read: Read, text: str) -> None:
        assert not read(text, shortlist=(HOME,), focus="L1").has(Intent.SELECT)

    def test_agrees_to_a_plan_not_to_a_home(self, read: Read) -> None:
        assert not read("sounds good", "confirm", shortlist=(HOME,), focus="L1").has(Intent.SELECT)

    def test_nothing_to_choose(self, read: Read) -> None:
        assert not read("sounds good").has(Intent.SELECT)
