"""One turn with a model: ask, carry out what it calls, ask again, take its answer."""

from collections.abc import Callable

from agent.ai.chat import ChatModels, Completion, ToolCall
from agent.errors import Unavailable
from graphs.leasing import touring
from graphs.leasing.model import noting, prompt
from graphs.leasing.model.answer import ModelAnswer
from graphs.leasing.model.checks import Grounds, objection
from graphs.leasing.model.effects import carry_out
from graphs.leasing.model.handles import Handles
from graphs.leasing.model.prompt import Message
from graphs.leasing.model.retrieval import Passage
from graphs.leasing.model.sayable import Unusable, counted, grounds, say
from graphs.leasing.model.spoken import Spoken
from graphs.leasing.model.tools import described, offered
from graphs.leasing.outgoing import may_be_told
from graphs.leasing.policy import StageSpec
from graphs.leasing.turn import Turn
from graphs.untrusted import dumped
from prompts import load

ROUNDS = 3
"""Times a model may call tools in one turn."""
AT_ONCE = 5
"""Calls of one round that are carried out."""
Tell = Callable[[str], None]


class Rounds:
    """Fills a draft of the turn. Raises Unusable; the draft is void then."""

    def __init__(
        self,
        chat: ChatModels,
        stage: StageSpec,
        turn: Turn,
        past: list[Passage],
        tell: Tell,
    ) -> None:
        self._chat = chat
        self._stage = stage
        self._turn = turn
        self._past = past
        self._tell = tell
        self._handles = Handles()

    async def run(self) -> None:
        turn = self._turn
        messages = await prompt.messages(self._stage, turn, self._past, self._handles)
        resting_on = await grounds(turn, messages)
        for _ in range(ROUNDS + 1):
            has_tour = await touring.latest(turn) is not None
            names = offered(self._stage, turn, has_tour=has_tour)
            completion = await self._ask(messages, names, resting_on)
            if not completion.tool_calls:
                await self._conclude(completion, resting_on)
                return
            messages += await self._carry_out(completion, names)
            if turn.said:
                return
            resting_on = await grounds(turn, messages)
        raise Unusable("model_tool_loop")

    async def _ask(
        self, messages: list[Message], names: list[str], resting_on: Grounds
    ) -> Completion[ModelAnswer]:
        def passes(text: str) -> bool:
            return objection(text, resting_on) is None and may_be_told(self._turn, text)

        spoken = Spoken(passes, self._tell)
        try:
            completion = await self._chat.complete(
                messages,
                tools=described(names),
                schema=ModelAnswer,
                on_text=spoken.hear,
            )
        except Unavailable as error:
            raise Unusable(error.code) from None
        counted(self._turn, completion)
        return completion

    async def _carry_out(
        self, completion: Completion[ModelAnswer], names: list[str]
    ) -> list[Message]:
        """The model's calls and their answers, as the next request needs them."""
        answered: dict[str, str] = {}
        results: list[Message] = []
        for call in completion.tool_calls:
            key = f"{call.name} {call.raw}"
            if key not in answered:
                answered[key] = await self._one(call, names, len(answered))
            results.append(call.answer(answered[key]))
        return [completion.message(), *results]

    async def _one(self, call: ToolCall, names: list[str], number: int) -> str:
        if number >= AT_ONCE or self._turn.said:
            message = load("leasing/agent").render("too_many_calls", {"most": AT_ONCE})
            return dumped({"error": "too_many_calls", "message": message})
        self._turn.rules.append(f"tool:{call.name[:40]}")
        args = None if call.args is None else self._handles.meant(call.args)
        data = await carry_out(self._turn, names, call.name, args)
        return dumped({"data": self._handles.shown(data)})

    async def _conclude(self, completion: Completion[ModelAnswer], resting_on: Grounds) -> None:
        answer = completion.parsed
        if answer is None:
            raise Unusable("model_answer_empty")
        await say(self._turn, answer.reply, resting_on, answer.asked)
        await noting.note(self._turn, answer.noted)
        if answer.understood:
            self._turn.state["misses"] = 0
