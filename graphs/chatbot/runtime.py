"""The one door to the chatbot: a question in, a grounded answer out."""

import logging
import re
from collections.abc import Sequence

from pydantic import BaseModel, Field

from agent.ai.safety.checked import refusal
from agent.chats.models import Turn
from agent.errors import NotFound
from agent.kit.text import validate_message
from agent.knowledge.wording import meanings
from agent.services import Services
from graphs.chatbot.evidence import Piece, for_staff, for_visitor, stays
from graphs.chatbot.speaking import speak
from graphs.chatbot.wording import courtesy, nothing, quoted
from graphs.grounded import Unusable, model_of
from graphs.redaction import redacted
from tools.outgoing import allowed_by, allowed_here, personal

log = logging.getLogger(__name__)

SHORT = 6
"""Telling words; a shorter question may mean what was spoken of before."""
BEFORE = 2
"""Earlier questions that a follow-up is searched with."""
ABOUT, ITSELF = 1 / 3, 1 / 2
"""Of the telling words of a follow-up, how many an answer to it has at least: where it refers to
what was said, and where it could be a question of its own."""
ASKED = 500
"""Characters of each of those."""
_REFERS = re.compile(
    r"\b(?:it|its|that|this|these|those|them|they|there|then|same|one|ones|he|she|former|latter|"
    r"above|else|instead|otherwise)\b|^\W*(?:and|but|or|so|what about|how about|why|what if)\b",
    re.IGNORECASE,
)

_WHO = re.compile(
    r"(?:\b(?:i'm|i am|this is|my (?:name|e-?mail|phone|number) is)\s+)?\[[a-z]+\]", re.IGNORECASE
)


class Citation(BaseModel):
    """Something an answer rests on."""

    id: str
    title: str
    score: float
    """How near it is to the question; comparable within one answer."""


class ChatAnswer(BaseModel):
    reply: str
    thread_id: str
    citations: list[Citation] = Field(default_factory=list)
    offer_ticket: bool
    """Nothing was found that answers: a ticket would be the way."""


class Chatbot:
    """Answers from what is written down, or says that nothing is."""

    def __init__(self, services: Services) -> None:
        self.services = services

    async def answer(
        self,
        tenant_id: str,
        owner: str,
        message: str,
        thread_id: str | None = None,
        *,
        staff: bool = False,
    ) -> ChatAnswer:
        """Answer `message` in a chat of `owner`; without `thread_id` in a new one.

        Only `staff` is answered from resolutions and scripts. Raises NotFound `chat_not_found` for
        a chat that is not this owner's, InvalidInput and TooLarge for the message.
        """
        services = self.services
        given = validate_message(message)
        question = (await redacted(services, tenant_id, given, name_expected=False)).text
        turns: list[Turn] = []
        if thread_id is not None:
            turns = (await services.chats.get(tenant_id, owner, thread_id)).turns
        community_id = None if staff else await self._community(tenant_id, owner)
        reply, pieces, offer = await self._reply(tenant_id, question, turns, staff, community_id)
        kept = await services.chats.keep(
            tenant_id,
            owner,
            thread_id,
            asked=question,
            replied=reply,
            citations=[piece.id for piece in pieces],
        )
        citations = [
            Citation(id=piece.id, title=piece.title, score=round(piece.score, 4))
            for piece in pieces
        ]
        return ChatAnswer(reply=reply, thread_id=kept, citations=citations, offer_ticket=offer)

    async def _reply(
        self,
        tenant_id: str,
        question: str,
        turns: Sequence[Turn],
        staff: bool,
        community_id: str | None,
    ) -> tuple[str, Sequence[Piece], bool]:
        """What is said, what it rests on, and whether a ticket is offered."""
        if said := courtesy(question):
            return said, [], False
        asked = without_who(question)
        for wanted in searches(asked, turns):
            if staff:
                cited = {each for turn in turns for each in turn.citations}
                found = await for_staff(
                    self.services, tenant_id, wanted, message=asked, cited=cited
                )
            else:
                found = await for_visitor(self.services, tenant_id, wanted, community_id)
            if not found or not (wanted == asked or _speak_of(asked, found)):
                continue
            reply, pieces = await self._worded(question, wanted, turns, found)
            if reply and (staff or await self._sayable(tenant_id, community_id, reply)):
                return reply, pieces, False
            break
        return nothing(), [], True

    async def _worded(
        self, question: str, wanted: str, turns: Sequence[Turn], pieces: list[Piece]
    ) -> tuple[str | None, Sequence[Piece]]:
        """By the model under `llm`, by the rules otherwise and whenever the model fails."""
        if chat := model_of(self.services):
            try:
                said = await speak(chat, question, turns, pieces)
            except Unusable as failure:
                log.warning("the chatbot answers by rules: %s", failure.rule)
            else:
                if said is None:
                    return None, []
                return said.reply, [each for each in pieces if each.id in said.citations]
        return quoted(wanted, pieces), pieces

    async def _community(self, tenant_id: str, owner: str) -> str | None:
        """Of the conversation that a visitor's token is for."""
        try:
            thread = await self.services.threads.get(tenant_id, owner.partition(":")[2])
        except NotFound:
            return (await self.services.tenants.community(tenant_id)).community_id
        return thread.community_id

    async def _sayable(self, tenant_id: str, community_id: str | None, reply: str) -> bool:
        """Whether the rules let a lead read it."""
        community = await self.services.tenants.community(tenant_id, community_id)
        allowed = await allowed_by(self.services, tenant_id, allowed_here(community))
        return refusal(reply, allowed, personal) is None


def without_who(question: str) -> str:
    """`question` without what redaction has left of who asks: that is in no article."""
    return " ".join(_WHO.sub(" ", question).split()) or question


def _speak_of(question: str, pieces: Sequence[Piece]) -> bool:
    """Whether what was found with the questions before is about this one too."""
    share = ABOUT if _REFERS.search(question) else ITSELF
    return any(stays(question, f"{one.title} {one.text or one.passage}", share) for one in pieces)


def searches(question: str, turns: Sequence[Turn]) -> list[str]:
    """What is looked for, in this order: a follow-up with what was spoken of before.

    With what was answered last, then with what was asked last.
    """
    if not turns:
        return [question]
    answered = [turn for turn in turns if turn.citations]
    together = [f"{_before(some)}\n{question}" for some in (answered[-1:], turns[-BEFORE:]) if some]
    if _REFERS.search(question):
        wanted = [*together, question]
    elif len(meanings(question)) < SHORT:
        wanted = [question, *together]
    else:
        wanted = [question]
    return list(dict.fromkeys(wanted))


def _before(turns: Sequence[Turn]) -> str:
    return " ".join(without_who(turn.asked)[:ASKED] for turn in turns)
