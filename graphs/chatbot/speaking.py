"""An answer in a model's words, resting on what was found, or of no use."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field

from agent.ai.chat import ChatModels
from agent.chats.models import Turn
from agent.privacy.pii import redact
from graphs.chatbot.evidence import Piece
from graphs.grounded import Unusable, ask, check, check_named, cited
from graphs.tickets.placeholders import shown
from graphs.untrusted import dumped, unmarked

PROMPT = "chatbot/answer"
TURNS = 4
"""Turns of the conversation that a model is shown."""
TEXT = 4_000
"""Characters of each source."""


class Spoken(BaseModel):
    # `answered` last: it is judged by what was said
    reply: str
    citations: list[str] = Field(default_factory=list)
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Said:
    reply: str
    citations: list[str]


async def speak(
    chat: ChatModels, question: str, turns: Sequence[Turn], pieces: Sequence[Piece]
) -> Said | None:
    """None where the sources do not answer. Raises Unusable: the rules answer then."""
    sources = [
        {"id": each.id, "title": each.title, "text": (each.text or each.passage)[:TEXT]}
        for each in pieces
    ]
    talk = [{"asked": turn.asked, "replied": turn.replied} for turn in turns[-TURNS:]]
    data = {
        "sources": dumped(sources),
        "conversation": dumped(talk),
        "question": unmarked(question),
    }
    answer, _ = await ask(chat, PROMPT, data, Spoken)
    if not answer.answered:
        return None
    citations = cited(answer.citations, [each.id for each in pieces])
    if not citations:
        raise Unusable("model_cites_nothing")
    reply = redact(answer.reply).text.strip()
    check(PROMPT, shown(reply), [data["sources"]])
    check_named(reply, data["sources"])
    return Said(reply, citations)
