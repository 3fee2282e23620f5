"""Undoes chat abbreviations and one-letter typos in the words the rules rely on."""

import re
from collections.abc import Iterator

_ABBREVIATIONS = {
    "u": "you", "ur": "your", "r": "are", "pls": "please", "plz": "please", "thx": "thanks",
    "thnx": "thanks", "ty": "thank you", "tmrw": "tomorrow", "tmr": "tomorrow", "tmw": "tomorrow",
    "tomm": "tomorrow", "2morrow": "tomorrow", "2day": "today", "wanna": "want to",
    "gonna": "going to", "lemme": "let me", "gimme": "give me", "abt": "about", "appt": "appointment",
    "apt": "apartment", "apts": "apartments", "appartment": "apartment",
    "appartments": "apartments", "apmt": "apartment", "avail": "available", "w/": "with",
    "w/o": "without", "w/d": "washer and dryer", "ok": "okay", "okey": "okay", "k": "okay",
    "kk": "okay", "im": "i'm", "ive": "i've", "id": "i'd", "dont": "don't", "doesnt": "doesn't",
    "isnt": "isn't", "cant": "can't", "wont": "won't", "whats": "what's", "thats": "that's",
    "lets": "let's", "bldg": "building", "bdrm": "bedroom", "bdrms": "bedrooms", "nvm": "never mind",
    "idk": "i don't know", "btw": "by the way", "asap": "asap", "pic": "picture", "mo": "month",
    "mos": "months", "wk": "week", "wks": "weeks", "sched": "schedule", "resched": "reschedule",
    "cya": "bye", "roms": "rooms", "rom": "room", "beds": "beds",
}  # fmt: skip

_WORDS = frozenset(
    """apartment apartments bedroom bedrooms bathroom bathrooms furnished unfurnished furniture
    schedule scheduled scheduling reschedule appointment available availability parking garage
    laundry washer dryer tomorrow monday tuesday wednesday thursday friday saturday sunday january
    february april august september october november december visit visits visiting studio studios
    budget address please property properties application document documents deposit another
    different cancel calendar restaurant afternoon morning evening weekend number second cheaper
    bigger cheapest largest animals allowed allow allows friendly building thanks bedrooms
    month months weeks options option viewing showing interested location preferably preference
    before between cabinet looking locking booking cooking walking talking taking making
    lovely friends friend counter country county county's closet closer closed finish finished
    banking ranking barking marking sunny price priced prices place placed places
    """.split()
)
_SHORTEST = 6
_WORD = re.compile(r"[A-Za-z0-9'/]+")


def _without_one(word: str) -> Iterator[str]:
    for position in range(len(word)):
        yield word[:position] + word[position + 1 :]


_NEAR: dict[str, str] = {}
for _word in sorted(_WORDS):
    if len(_word) >= _SHORTEST:
        for _variant in (_word, *_without_one(_word)):
            _NEAR.setdefault(_variant, _word)


def _known(word: str) -> str | None:
    """The rule word that `word` misspells by one letter, if exactly that."""
    if len(word) < _SHORTEST - 1 or word in _WORDS or not word.isalpha():
        return None
    if word in _NEAR:
        return _NEAR[word]
    if len(word) < _SHORTEST:
        return None
    for variant in _without_one(word):
        if variant in _WORDS:
            return variant
        near = _NEAR.get(variant)
        if near and abs(len(near) - len(word)) <= 1:
            return near
    return None


def _respelled(match: re.Match[str]) -> str:
    word = match[0].lower()
    return _ABBREVIATIONS.get(word) or _known(word) or match[0]


def respell(text: str) -> str:
    return _WORD.sub(_respelled, text)
