import random
from datetime import UTC, datetime, timedelta

import pytest

from agent.ai.search import Lexical, Preference, Ranked, conversation_query, fused, preferred, terms

DOCUMENTS = ["Pets are welcome, cats and dogs.", "Parking costs fifty dollars.", "", "The lease"]


def lexical(titles: tuple[str, ...] = ()) -> Lexical:
    return Lexical([terms(text) for text in DOCUMENTS], [terms(title) for title in titles])


def test_stems_and_leaves_out_what_says_nothing() -> None:
    assert terms("Are the Cats ALLOWED to be parking?") == ["cat", "allow", "park"]
    assert terms("is it") == []


def test_scores_by_shared_stems() -> None:
    scores = lexical().scores(terms("a parked dog"))
    assert scores[0] > 0
    assert scores[1] > 0
    assert scores[2] == scores[3] == 0


def test_unknown_words_and_empty_indexes_score_nothing() -> None:
    assert not lexical().scores(terms("zeppelin")).any()
    assert not lexical().scores([]).any()
    assert Lexical([]).scores(terms("cats")).tolist() == []
    assert Lexical([[], []]).scores(terms("cats")).tolist() == [0, 0]


def test_a_match_in_the_title_counts_more() -> None:
    texts = [terms("parking and pets"), terms("parking and pets")]
    scores = Lexical(texts, [terms("Pets"), terms("Parking")]).scores(terms("parking"))
    assert scores[1] > scores[0] > 0


def test_fusion_prefers_what_both_found() -> None:
    order = fused([(["a", "b", "c"], 1.0), (["c", "d"], 1.0)])
    assert order[0][0] == "c"
    assert [name for name, _ in fused([(["a"], 1.0), (["b"], 1.0)])] == ["a", "b"]
    assert [name for name, _ in fused([(["a"], 0.5), (["b"], 1.0)])] == ["b", "a"]


def test_among_equals_role_stage_and_time_decide() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    old = Ranked("old", 0.8, {"role": "agent", "timestamp": now - timedelta(days=400)})
    new = Ranked("new", 0.8, {"role": "agent", "timestamp": now - timedelta(days=1)})
    lead = Ranked("lead", 0.8, {"role": "lead", "stage": "touring"})
    better = Ranked("better", 1.0, {})
    found = [old, new, lead]
    order = preferred(found, Preference(role="agent", now=now))
    assert [item.key for item in order] == ["new", "old", "lead"]
    assert preferred(found, Preference(stage="touring"))[0].key == "lead"
    assert preferred([*found, better], Preference(role="agent", now=now))[0].key == "better"
    assert preferred([], Preference()) == []


def test_the_last_turn_weighs_most() -> None:
    assert conversation_query(["hi", "pets?"]).split("\n") == ["hi", "pets?", "pets?", "pets?"]
    assert conversation_query([]) == ""


def test_a_later_document_scores_like_one_that_was_there() -> None:
    rng = random.Random(3)
    words = [terms(text)[0] for text in ("cat", "dog", "gate", "lease", "rent", "pool", "key")]
    texts = [rng.choices(words, k=rng.randint(0, 12)) for _ in range(40)]
    titles = [text[:2] for text in texts]
    index = Lexical(texts, titles, title_weight=2.0)
    grown = index.with_more(texts[:20], titles[:20]).with_more(texts[20:], titles[20:])
    for _ in range(20):
        scores = grown.scores(rng.choices([*words, "zeppelin"], k=4))
        assert scores[:40] == pytest.approx(scores[40:], abs=1e-5)
    assert len(index.scores(["gate"])) == 40
    new = Lexical([]).with_more([["zeppelin"]], [[]])
    assert new.scores(["zeppelin"])[0] > 0
