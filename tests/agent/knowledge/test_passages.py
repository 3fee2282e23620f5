import pytest

from agent.knowledge.passages import LONGEST, SURE, Text, best_passage
from agent.knowledge.wording import overlap, rephrased

RENT = Text("rent", "Paying the rent", "Rent is due on the first. Cash is not accepted.")
POOL = Text("pool", "The pool", "The pool is heated. Children under ten need an adult.")


async def sureness(question: str, *texts: Text) -> float:
    passage = await best_passage(question, texts)
    return passage.sureness if passage else 0.0


async def test_the_text_that_answers_wins() -> None:
    passage = await best_passage("When is rent due?", [POOL, RENT])
    assert passage is not None
    assert (passage.source, passage.text) == (RENT, RENT.text)
    assert passage.sureness >= SURE


@pytest.mark.parametrize(
    "question", ["Who won the game last night?", "How deep is the ocean?", "", "???"]
)
async def test_what_is_not_written_is_not_answered(question: str) -> None:
    assert await sureness(question, RENT, POOL) < SURE


async def test_an_answer_holds_what_is_asked_for() -> None:
    """A question for an amount is not answered by a sentence without money."""
    assert await sureness("How much is the pool?", POOL) < SURE
    assert await sureness("How many pools?", Text("p", "Pools", "The pools are blue.")) < SURE


async def test_nothing_written_nothing_found() -> None:
    assert await best_passage("When is rent due?", []) is None


async def test_a_long_text_is_quoted_in_whole_sentences_around_the_best() -> None:
    filler = " ".join(f"Rule number {n} is about something else." for n in range(100))
    text = Text("x", "House rules", f"{filler} Kayaks are kept in the boat house. {filler}")
    passage = await best_passage("Where are kayaks kept?", [text])
    assert passage is not None
    assert "Kayaks are kept in the boat house." in passage.text
    assert len(passage.text) <= LONGEST
    assert passage.text.endswith(".")


async def test_one_endless_sentence_is_cut() -> None:
    text = Text("x", "Kayaks", "kayak " * 500)
    passage = await best_passage("Where are kayaks?", [text])
    assert passage is not None
    assert len(passage.text) <= LONGEST


def test_words_that_mean_the_same() -> None:
    assert overlap("Is there a gym?", "There is a fitness room") > 0
    assert overlap("parcels", "packages") == 1.0
    assert overlap("gym", "pool") == overlap("", "") == 0.0
    assert "fitness" in rephrased("a gym?")
    assert rephrased("rent") == "rent"
