from agent.ai.understanding.models import Gazetteer
from agent.ai.understanding.questions import questions

NAMES = Gazetteer()


def test_each_question_with_its_topics() -> None:
    found = questions(["I want 2 bedrooms. Can I paint? And what is the pet policy?"], NAMES)
    assert [(q.text, set(q.topics)) for q in found] == [
        ("Can I paint?", set()),
        ("And what is the pet policy?", {"pets", "policy"}),
    ]


def test_wishes_and_searches_are_no_questions() -> None:
    wishes = ["Can you find me a two bedroom?", "I'd like parking.", "Show me more"]
    assert questions(wishes, NAMES) == []


def test_what_touches_fair_housing_is_marked() -> None:
    asked = questions(["Is it a safe neighborhood? Is there a pool?"], NAMES)
    assert [question.protected for question in asked] == [True, False]
