"""The questions of a message, one by one, each with what it is about."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .message import Message, read_message
from .models import Gazetteer, Topic
from .protected import touches_protected
from .topics import read_topics


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    topics: tuple[Topic, ...]
    """Empty where it is about something that has no topic."""
    protected: bool = False
    """It touches on what fair housing has fixed answers for."""


def questions(texts: Iterable[str], gazetteer: Gazetteer) -> list[Question]:
    """What these messages ask for as a fact, in order; a wish or a search is no question."""
    return [
        Question(
            clause.raw,
            _topics(Message((replace(clause, talk="homes"),))),
            touches_protected(clause.full),
        )
        for text in texts
        for clause in read_message(text, gazetteer, "homes").clauses
        if clause.asks
    ]


def _topics(message: Message) -> tuple[Topic, ...]:
    return tuple(dict.fromkeys(topic for topic, _ in read_topics(message)))
