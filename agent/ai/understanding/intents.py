"""What a lead wants with a message."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from .affirmation import answer, takes_back, wants_otherwise
from .approval import approves
from .message import Message
from .models import Context, Intent
from .patterns import whole
from .people import FOR_PEOPLE
from .phrases import ABOUT_HOMES, ANYWHERE, MANNERS, Phrase
from .protected import PATHS

_STOP_WORD = whole(r"stop(?: ?all)?|unsubscribe|end|quit|revoke|opt[- ]?out")
_BARE_CANCEL = whole(r"(?:please )?cancel(?: (?:it|that|this|please|everything))?")


def read_intents(message: Message, context: Context) -> Iterator[tuple[Intent, str]]:
    low = message.low
    if _STOP_WORD.match(low):
        yield Intent.OPT_OUT, "opt_out_word"
        return
    if _BARE_CANCEL.match(low):
        yield Intent.CANCEL, "bare_cancel"
        return
    yield from _anywhere(low)
    if homes := "\n".join(clause.low for clause in message.homes):
        yield from _about_homes(homes)
        yield from _answers(message, context)
    yield from _manners(low)


@lru_cache(4_096)
def _anywhere(low: str) -> tuple[tuple[Intent, str], ...]:
    paths = ((intent, name) for name, pattern, intent in PATHS if pattern.search(low))
    return (*paths, *_fitting((*ANYWHERE, *FOR_PEOPLE), low))


@lru_cache(4_096)
def _about_homes(low: str) -> tuple[tuple[Intent, str], ...]:
    return (*_fitting(ABOUT_HOMES, low),)


@lru_cache(4_096)
def _manners(low: str) -> tuple[tuple[Intent, str], ...]:
    return (*_fitting(MANNERS, low),)


def _fitting(phrases: Iterable[Phrase], low: str) -> Iterator[tuple[Intent, str]]:
    return ((phrase.intent, phrase.name) for phrase in phrases if phrase.fits(low))


def _answers(message: Message, context: Context) -> Iterator[tuple[Intent, str]]:
    if approves(message, context):
        yield Intent.SELECT, "approves_home"
    yes = _answer(message)
    if yes is False:
        yield Intent.NEGATE, "says_no"
    elif context.agent.confirming and wants_otherwise(message.low):
        yield Intent.NEGATE, "wants_otherwise"
    elif yes and any(takes_back(clause.low) for clause in message.homes[1:]):
        yield Intent.NEGATE, "takes_yes_back"
    elif yes:
        yield Intent.AFFIRM, "says_yes"


def _answer(message: Message) -> bool | None:
    """The yes or no a message begins with, after a greeting or thanks."""
    for clause in message.homes:
        if (yes := answer(clause.low)) is not None:
            return yes
        if not _manners(clause.low):
            return None
    return None
