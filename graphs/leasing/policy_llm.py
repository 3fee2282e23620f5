"""The policy that lets a model speak: same tools, same rights, the rules where it must not."""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path

from agent.ai.chat import ChatModels
from agent.ai.understanding.models import Context, Intent, Understanding
from agent.errors import Unavailable
from graphs.leasing import answers, confirming, handoff
from graphs.leasing.model import retrieval, tuned
from graphs.leasing.model.rounds import Rounds
from graphs.leasing.model.sayable import Unusable
from graphs.leasing.policy import StageSpec
from graphs.leasing.policy_rules import RulesPolicy
from graphs.leasing.turn import Turn
from graphs.voices import Piece, Voices

log = logging.getLogger(__name__)

SECONDS = 90.0
"""What one turn may take with its model, retries and fallback included."""
Attempt = Callable[[Turn], Awaitable[None]]
FIXED = (*handoff.FIXED, Intent.STEERING, Intent.SCREENING, Intent.OPT_OUT, Intent.HUMAN)
"""What is answered in the same words for everyone, and never by a model."""
_DECIDES = (Intent.AFFIRM, Intent.NEGATE, Intent.CANCEL, Intent.CANCEL_TOUR)


class LlmPolicy:
    """Stage, tools and rights come from the state alone; the model chooses words and tools."""

    name = "llm"

    def __init__(
        self, chat: ChatModels, rules: RulesPolicy, *, voices: Voices | None = None
    ) -> None:
        self._chat = chat
        self._rules = rules
        self._voices = voices

    async def understand(self, text: str, context: Context) -> Understanding:
        return await self._rules.understand(text, context)

    async def respond(self, stage: StageSpec, turn: Turn) -> None:
        """The fixed paths and the lead's own yes by code; then the model; the rules if it fails."""
        if stage.name == "handoff" or turn.has(*FIXED):
            await self._by_rules(stage, turn, "fixed_path")
            return
        if _decides(turn) and await confirming.settle(turn):
            await answers.answer(turn)
            turn.rules += ["policy:rules", "own_yes"]
            return
        for attempt in await self._attempts(stage, turn):
            draft = turn.draft()
            try:
                await self._bounded(attempt(draft))
            except Unusable as failure:
                turn.rules.append(failure.rule)
                turn.model = draft.model
            else:
                turn.adopt(draft)
                turn.rules.append("policy:llm")
                return
        await self._by_rules(stage, turn, "model_failed")

    async def _attempts(self, stage: StageSpec, turn: Turn) -> list[Attempt]:
        """A model deployed for tenant and stage, where a pattern will do; then the base model."""

        async def converse(draft: Turn) -> None:
            past = await retrieval.passages(draft)
            await Rounds(self._chat, stage, draft, past, self._tell(draft)).run()

        if not tuned.patterned(stage, turn):
            return [converse]
        training = turn.services.training
        model = await training.model_for(turn.tools.call.tenant_id, turn.state["stage"])
        if model is None:
            return [converse]

        async def by_pattern(draft: Turn) -> None:
            await tuned.answer(self._chat, draft, model)

        return [by_pattern, converse]

    async def _bounded(self, attempt: Awaitable[None]) -> None:
        """Raises Unusable, whatever went wrong but the database."""
        try:
            async with asyncio.timeout(SECONDS):
                await attempt
        except (Unusable, Unavailable):
            raise
        except TimeoutError:
            raise Unusable("model_too_slow") from None
        except Exception as error:
            log.error("model turn failed at %s; the rules answer", _place(error))
            raise Unusable("model_turn_failed") from None

    async def _by_rules(self, stage: StageSpec, turn: Turn, why: str) -> None:
        await self._rules.respond(stage, turn)
        turn.rules += ["policy:rules", why]

    def _tell(self, turn: Turn) -> Callable[[str], None]:
        """Passes sentences on to whoever listens to the thread."""
        voices, state = self._voices, turn.state
        if voices is None:
            return lambda text: None
        key = (state["tenant_id"], state["thread_id"])
        turns = frozenset(item["turn"] for item in state["incoming"])
        return lambda text: voices.speak(key, Piece(turns, state["stage"], text))


def _decides(turn: Turn) -> bool:
    """The message may answer what waits for the lead's yes, which code alone may act on."""
    if turn.has(*_DECIDES):
        return True
    if "contact" in turn.open_asks:
        return turn.gives_contact
    return not turn.heard["topics"]


def _place(error: Exception) -> str:
    """Type and line of an error; its words may quote what a lead wrote."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno} ({type(error).__name__})"
