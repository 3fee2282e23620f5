from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent.ai.chunking import MOST_TOKENS, OVERLAP_TOKENS, chunks, tokens

SENTENCES = [
    f"Pool {n} opens at nine and closes at dusk, unless it rains there." for n in range(200)
]


def test_a_message_stays_whole() -> None:
    assert chunks("May I bring my cat?") == ["May I bring my cat?"]
    assert chunks(" \n") == []


def test_long_texts_are_cut_between_sentences_with_an_overlap() -> None:
    pieces = chunks(" ".join(SENTENCES))
    assert len(pieces) > 3
    for piece in pieces:
        assert 256 <= tokens(piece) <= MOST_TOKENS
        assert piece.endswith("there.")
    for before, after in pairwise(pieces):
        shared = next(n for n in range(len(after), 0, -1) if before.endswith(after[:n]))
        assert 20 <= tokens(after[:shared]) <= OVERLAP_TOKENS + 5


def test_just_over_the_limit_gives_no_scrap() -> None:
    text = "word " * (MOST_TOKENS + 1)
    assert [tokens(piece) >= 256 for piece in chunks(text)] == [True, True]


def test_a_text_without_borders_is_cut_all_the_same() -> None:
    pieces = chunks("x" * 50_000)
    assert all(tokens(piece) <= MOST_TOKENS for piece in pieces)
    assert len(pieces) > 10


@given(st.text(max_size=6000))
def test_every_word_is_in_a_piece_and_the_same_each_time(text: str) -> None:
    pieces = chunks(text)
    assert pieces == chunks(text)
    assert all(piece.strip() for piece in pieces)
    kept = set(" ".join(pieces).split())
    if len(pieces) == 1:
        assert kept == set(text.split())
    assert all(tokens(piece) <= MOST_TOKENS for piece in pieces)


@given(st.lists(st.sampled_from(["rent", "pool.", "apartment", "a\n", "4,500"]), max_size=3000))
def test_no_word_is_lost_between_pieces(words: list[str]) -> None:
    pieces = chunks(" ".join(words))
    missing = set(" ".join(words).split()) - set(" ".join(pieces).split())
    assert not missing
