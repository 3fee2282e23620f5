"""Which sentences of a text answer a question, and how surely."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.ai.embeddings.offline import OfflineEmbedder
from agent.knowledge.wording import meanings, weight

LONGEST = 400
"""Characters quoted at most."""
SURE = 1.0
"""Of `Passage.sureness`: from here on it may be said. Measured, see `tests/agent/knowledge`."""

_SENTENCE = re.compile(r"[^.?!\n]+(?:[.?!](?!\s|$)[^.?!\n]*)*[.?!]*")
_TRIED = 8
"""Sentences of a text that are compared by meaning: those that share most words."""
_UNSAID = 2.0
"""Weight of the words of a question that a text may not hold."""
_SENTENCE_MEANS, _ARTICLE_MEANS, _ARTICLE_SAYS, _TITLE_SAYS, _BIAS = 4.38, 1.64, 4.6, 2.62, 6.45
_MONEY = re.compile(r"\$|\b(?:free|paid|pays?|costs?|charge[ds]?|fees?|prices?|included)\b", re.I)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|half|once|twice|no)\b", re.I
)
_TIME = re.compile(
    r"\d ?[ap]m\b|\b(?:days?|hours?|weeks?|months?|minutes?|first|after|before|until|night|once|"
    r"by|when|due)\b",
    re.I,
)
_WANTED = (
    (re.compile(r"\bhow much(?! (?:notice|time))\b|\b(?:cost|price|expensive)\b", re.I), _MONEY),
    (re.compile(r"\bhow many\b", re.I), _NUMBER),
    (re.compile(r"\bhow (?:long|soon|fast|often|late|early)\b|\bwhen\b|\bhours\b", re.I), _TIME),
)
"""What a question asks for -> what an answer to it must hold."""


@dataclass(frozen=True, slots=True)
class Text:
    """Something written down that may hold an answer."""

    source_id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    source: Text
    text: str
    """Whole sentences as they stand, at most LONGEST characters."""
    sureness: float
    """That it answers the question: SURE and above is convincing."""


async def best_passage(question: str, texts: Sequence[Text]) -> Passage | None:
    """The passage that most surely answers; None where none can.

    Two of three parts of the judgement are shared words, one is meaning.
    """
    asked = list(dict.fromkeys(meanings(question)))
    told = [found for text in texts if (found := _tell(question, asked, text))]
    if not asked or not told:
        return None
    compared = [question]
    for one in told:
        compared += [f"{one.source.title}\n{one.source.text[:2000]}"]
        compared += [f"{one.source.title}: {one.sentences[at]}" for at in one.tried]
    vectors = (await OfflineEmbedder().embed(compared)).vectors
    near = (vectors[1:] @ vectors[0]).tolist()
    passages = []
    for one in told:
        passages.append(one.passage(near[0], near[1 : 1 + len(one.tried)]))
        near = near[1 + len(one.tried) :]
    return max(passages, key=lambda passage: passage.sureness)


@dataclass(slots=True)
class _Told:
    """A text that shares words with a question."""

    source: Text
    sentences: list[str]
    tried: list[int]
    shared: dict[int, float]
    """Sentence -> share of the question's words in it."""
    said: float
    titled: float
    """Share of the question's words in the whole, and in its title."""

    def passage(self, near: float, nearest: Sequence[float]) -> Passage:
        scored = {
            at: value + self.shared[at] for at, value in zip(self.tried, nearest, strict=True)
        }
        best = max(scored, key=lambda at: scored[at])
        means = nearest[self.tried.index(best)]
        sureness = (
            _SENTENCE_MEANS * means
            + _ARTICLE_MEANS * near
            + _ARTICLE_SAYS * self.said
            + _TITLE_SAYS * self.titled
        ) / _BIAS
        return Passage(self.source, _around(self.sentences, best), sureness)


def _tell(question: str, asked: Sequence[str], text: Text) -> _Told | None:
    sentences = sentences_of(text.text)
    words = [set(meanings(sentence)) for sentence in sentences]
    title = set(meanings(text.title))
    everything = title.union(*words)
    if sum(weight(word) for word in asked if word not in everything) >= _UNSAID:
        return None
    fitting = [at for at, said in enumerate(sentences) if _holds_what_is_asked(question, said)]
    shared = {at: _share(asked, words[at]) for at in fitting}
    tried = sorted(fitting, key=lambda at: -shared[at])[:_TRIED]
    if not tried:
        return None
    return _Told(text, sentences, tried, shared, _share(asked, everything), _share(asked, title))


def sentences_of(text: str) -> list[str]:
    return [found for part in _SENTENCE.findall(text) if (found := part.strip(" \t-•"))]


def _share(asked: Sequence[str], words: Iterable[str]) -> float:
    held = set(words)
    total = sum(map(weight, asked))
    return sum(weight(word) for word in asked if word in held) / total if total else 0.0


def _holds_what_is_asked(question: str, answer: str) -> bool:
    return all(held.search(answer) for asked, held in _WANTED if asked.search(question))


def _around(sentences: Sequence[str], best: int) -> str:
    """The best sentence with those after it, then those before it, as far as there is room."""
    first = last = best
    size = len(sentences[best])
    while last + 1 < len(sentences) and size + 1 + len(sentences[last + 1]) <= LONGEST:
        last += 1
        size += 1 + len(sentences[last])
    while first > 0 and size + 1 + len(sentences[first - 1]) <= LONGEST:
        first -= 1
        size += 1 + len(sentences[first])
    return _cut(" ".join(sentences[first : last + 1]))


def _cut(text: str) -> str:
    """At most LONGEST characters, whole words."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rsplit(' ', 1)[0]}…"
