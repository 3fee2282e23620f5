"""Long texts in overlapping pieces; tokens are counted without any model's tokenizer."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

MOST_TOKENS = 512
OVERLAP_TOKENS = 50
STRATEGY = "pieces-1"
"""Changes when the same text would be cut otherwise; part of what a version was built with."""
_SEARCHED = 64
"""Tokens around the aim in which a better border is looked for."""
_PIECE = re.compile(r"[^\W_]{1,24}|[^\s]")
_SENTENCE_END = re.compile(r"[.!?:;]['\")\]]*\s|\n")


def tokens(text: str) -> int:
    """About what a subword tokenizer counts: a token for each short word or sign."""
    return sum(_weight(match.group()) for match in _PIECE.finditer(text))


def chunks(text: str) -> list[str]:
    """`text`, or its pieces of 256 to 512 tokens, each beginning 50 before the last one's end.

    Cut at the end of a sentence where one is near, else between words.
    """
    if len(text) <= MOST_TOKENS:
        return [text] if text.strip() else []
    pieces = [(m.start(), m.end(), _weight(m.group())) for m in _PIECE.finditer(text)]
    sums = [0, *accumulate(weight for _, _, weight in pieces)]
    if sums[-1] <= MOST_TOKENS:
        return [text] if pieces else []
    starts = [start for start, _, _ in pieces] + [len(text)]
    return [text[starts[a] : starts[b]].strip() for a, b in _spans(text, starts, sums)]


def _spans(text: str, starts: Sequence[int], sums: Sequence[int]) -> Iterator[tuple[int, int]]:
    """From piece to piece; all about equally long, so that the last is not a scrap."""
    last = len(starts) - 1
    begin = 0
    while True:
        left = sums[last] - sums[begin]
        if left <= MOST_TOKENS:
            yield begin, last
            return
        rest = -(-(left - OVERLAP_TOKENS) // (MOST_TOKENS - OVERLAP_TOKENS))
        aim = sums[begin] + (left + (rest - 1) * OVERLAP_TOKENS) // rest
        end = _border(text, starts, sums, begin, aim)
        yield begin, end
        begin = max(begin + 1, _word_border(text, starts, _at(sums, sums[end] - OVERLAP_TOKENS)))


def _border(text: str, starts: Sequence[int], sums: Sequence[int], begin: int, aim: int) -> int:
    """The piece before which to cut: near `aim`, never over the limit."""
    most = _at(sums, sums[begin] + MOST_TOKENS)
    low = max(begin + 1, _at(sums, aim - _SEARCHED))
    high = min(most, _at(sums, aim + _SEARCHED))
    near = sorted(range(low, high + 1), key=lambda i: abs(sums[i] - aim))
    for border in near:
        if _SENTENCE_END.search(text, starts[border - 1], starts[border]):
            return border
    for border in near:
        if text[starts[border] - 1].isspace():
            return border
    return max(begin + 1, min(most, _at(sums, aim)))


def _word_border(text: str, starts: Sequence[int], piece: int) -> int:
    """The first piece from `piece` on that begins a word, or `piece` where none is near."""
    for border in range(piece, min(piece + _SEARCHED // 2, len(starts) - 1)):
        if text[starts[border] - 1].isspace():
            return border
    return piece


def _at(sums: Sequence[int], count: int) -> int:
    """The last piece before which at most `count` tokens stand."""
    return max(0, bisect_right(sums, count) - 1)


def _weight(piece: str) -> int:
    return 1 + (len(piece) - 1) // 7 if piece.isascii() else len(piece)
