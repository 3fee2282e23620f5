"""An answer by rules: what is written, quoted with its source, or that nothing is."""

import re
from collections.abc import Sequence

from agent.tickets.models import Case
from graphs.chatbot.evidence import Piece
from graphs.tickets.resolve import told
from prompts import load

_GREETS = re.compile(
    r"\W*(?:hi|hello|hey|hiya|good (?:morning|afternoon|evening|day)|greetings)"
    r"(?: there| all| bot)?\W*",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"\W*(?:ok(?:ay)?\W+)?(?:thanks?(?: you)?(?: so much| a lot| very much)?|thx|cheers|great|"
    r"perfect|bye|goodbye|ok(?:ay)?)\W*",
    re.IGNORECASE,
)


def courtesy(message: str) -> str | None:
    """The reply to a greeting or thanks; None for anything else."""
    if _GREETS.fullmatch(message):
        return say("greeting")
    return say("thanks") if _THANKS.fullmatch(message) else None


def nothing() -> str:
    return say("nothing")


def quoted(question: str, pieces: Sequence[Piece]) -> str:
    """The first piece in its own words, its steps where it has some; the others by name."""
    first, *others = pieces
    said = [say("quoted", title=first.title, id=first.id, text=_passage(question, first))]
    if others:
        named = ", ".join(say("source", title=one.title, id=one.id) for one in others)
        said.append(say("see_also", sources=named))
    return "\n\n".join(said)


def _passage(question: str, piece: Piece) -> str:
    if not piece.text:
        return piece.passage
    parts, steps = told(Case(transcript=question), piece.text, piece.id)
    return "\n\n".join(parts) if steps else piece.passage


def say(name: str, **values: str) -> str:
    return load("chatbot/replies").render(name, values)
