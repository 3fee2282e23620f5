"""A sentence as the words the rules are written in: plain letters, no short forms."""

import re
from collections.abc import Mapping

from agent.ai.safety.folding import folded
from agent.ai.safety.vocabulary import FIRSTS, NEAR, PAIRS, TOPICS, is_known
from agent.ai.understanding.patterns import listed

_NOT = listed(
    "are could did do does had has have is must need should was were would may might dare ought"
)
_SHORT: Mapping[str, str] = {
    **{f"{verb}n't": f"{verb} not" for verb in _NOT},
    **{f"{verb}nt": f"{verb} not" for verb in _NOT if verb not in ("may", "ought")},
    "can't": "can not",
    "cant": "can not",
    "cannot": "can not",
    "won't": "will not",
    "wont": "will not",
    "shan't": "will not",
    "ain't": "is not",
    "aint": "is not",
    "i'm": "i am",
    "im": "i am",
    "n0": "no",
    "n0t": "not",
    "u": "you",
    "y0u": "you",
    "ur": "your",
    "r": "are",
    "youre": "you are",
    "let's": "let us",
    "kiddos": "kids",
    "neighbour": "neighbor",
    "neighbours": "neighbors",
    "neighbourhood": "neighborhood",
    "colour": "color",
}
_ENDINGS = {"'re": " are", "'ll": " will", "'ve": " have", "'d": " would"}
_IS = listed("he how it she that there this what where who here everything nobody")
_NOISE = re.compile(r"""[^a-z0-9'$%+&.?!;]+|(?<![0-9])\.(?=\S)|(?<!\w)'|'(?!\w)""")
_STOPS = re.compile(r"\s*([.?!;])[.?!;\s]*(?=\s|$)")


def worded(sentence: str) -> tuple[str, frozenset[str]]:
    """The words of a sentence, single blanks between them, and the topics they touch."""
    sentence = sentence.replace("w/o", "without")
    text = _STOPS.sub(r" \1 ", _NOISE.sub(" ", folded(sentence, is_known)))
    words: list[str] = []
    topics: set[str] = set()
    for token in text.split():
        word = _SHORT.get(token) or _long(token)
        for part in word.split() if " " in word else (word,):
            part = NEAR.get(part, part)
            if found := TOPICS.get(part):
                topics |= found
            if words and words[-1] in FIRSTS and (found := PAIRS.get(f"{words[-1]} {part}")):
                topics |= found
            words.append(part)
    return f" {' '.join(words)} ", frozenset(topics)


def _long(token: str) -> str:
    """`token` with a short form at its end written out."""
    if "'" not in token:
        return token
    stem, mark, ending = token.rpartition("'")
    if ending == "s":
        return f"{stem} is" if stem in _IS else f"{stem} 's"
    long = _ENDINGS.get(mark + ending)
    return stem + long if long else token
