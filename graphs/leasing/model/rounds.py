"""One turn with a model: ask, carry out what it calls, ask again, take its answer."""

from collections.abc import Callable, Sequence

from agent.ai.chat import ChatModels, Completion, ToolCall
from agent.ai.understanding import read_agent_turn
from agent.audit.models import Model
from agent.errors import Unavailable
from graphs.leasing import touring
from graphs.leasing.memory import recalled
from graphs.leasing.model import noting, prompt
from graphs.leasing.model.answer import ModelAnswer
from graphs.leasing.model.checks import Grounds, contacts_in, numbers_in, objection
from graphs.leasing.model.effects import carry_out
from graphs.leasing.model.handles import Handles
from graphs.leasing.model.prompt import Message
from graphs.leasing.model.retrieval import Passage
from graphs.leasing.model.spoken import Spoken
from graphs.leasing.model.tools import described, offered
from graphs.leasing.policy import StageSpec
from graphs.leasing.turn import Turn
from prompts import load

ROUNDS = 3
"""Times a model may call tools in one turn."""
AT_ONCE = 5
"""Calls of one round that are carried out."""
Tell = Callable[[str], None]


class Unusable(Exception):
    """The model gave nothing that may be said; `rule` names why."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Rounds:
    """Fills a draft of the turn. Raises Unusable; the draft is void then."""

    def __init__(
        self,
        chat: ChatModels,
        stage: StageSpec,
        turn: Turn,
        past: list[Passage],
        tell: Tell,
        model: str | None,
    ) -> None:
        self._chat = chat
        self._stage = stage
        self._turn = turn
        self._past = past
        self._tell = tell
        self._model = model
        self._handles = Handles()

    async def run(self) -> None:
        turn = self._turn
        messages = await prompt.messages(self._stage, turn, self._past, self._handles)
        grounds = await self._grounds(messages)
        for _ in range(ROUNDS + 1):
            has_tour = await touring.latest(turn) is not None
            names = offered(self._stage, turn, has_tour=has_tour)
            completion = await self._ask(messages, names, grounds)
            if not completion.tool_calls:
                await self._conclude(completion, grounds)
                return
            messages += await self._carry_out(completion, names)
            if turn.said:
                return
            grounds = await self._grounds(messages)
        raise Unusable("model_tool_loop")

    async def _ask(
        self, messages: list[Message], names: list[str], grounds: Grounds
    ) -> Completion[ModelAnswer]:
        spoken = Spoken(lambda text: objection(text, grounds) is None, self._tell)
        try:
            completion = await self._chat.complete(
                messages,
                tools=described(names),
                schema=ModelAnswer,
                model=self._model,
                on_text=spoken.hear,
            )
        except Unavailable as error:
            raise Unusable(error.code) from None
        self._count(completion)
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
            return prompt.dumped({"error": "too_many_calls", "message": message})
        self._turn.rules.append(f"tool:{call.name[:40]}")
        args = None if call.args is None else self._handles.meant(call.args)
        data = await carry_out(self._turn, names, call.name, args)
        return prompt.dumped({"data": self._handles.shown(data)})

    async def _conclude(self, completion: Completion[ModelAnswer], grounds: Grounds) -> None:
        turn = self._turn
        answer = completion.parsed
        if answer is None or not (reply := answer.reply.strip()):
            raise Unusable("model_answer_empty")
        problem = objection(reply, grounds)
        if problem:
            raise Unusable(problem)
        turn.quote(reply)
        turn.ask(*self._askable(answer, await self._asked(answer)))
        await noting.note(turn, answer.noted)
        if answer.understood:
            turn.state["misses"] = 0

    async def _asked(self, answer: ModelAnswer) -> Sequence[str]:
        """What the reply asks for: as the model says, else as its words read."""
        if answer.asked:
            return answer.asked
        turn = self._turn
        read = read_agent_turn(
            answer.reply,
            gazetteer=await turn.services.listings.gazetteer(turn.tools.call.tenant_id),
            shortlist=recalled(turn.state).shortlist,
            today=turn.now.astimezone(turn.community.tz).date(),
        )
        return read.asked

    def _askable(self, answer: ModelAnswer, asked: Sequence[str]) -> list[str]:
        """Without what nothing stands behind: a yes to nothing, a time where none is offered."""
        state = self._turn.state
        needs = {
            "confirm": state.get("confirm"),
            "slot": state.get("slots"),
            "property": state.get("shortlist"),
        }
        return [name for name in dict.fromkeys(asked) if needs.get(name, True)]

    async def _grounds(self, messages: list[Message]) -> Grounds:
        """What a reply may rest on: everything the model was shown but its own rules."""
        turn = self._turn
        rules, *rest = [message.get("content") or "" for message in messages]
        community = turn.community
        homes = await turn.services.listings.by_ids(
            turn.tools.call.tenant_id,
            [home["listing_id"] for home in turn.state.get("shortlist", [])],
        )
        office = await prompt.community_of(turn)
        own = [
            text
            for each in (community, office)
            for text in (
                each.phone,
                each.application_url,
                each.privacy_url,
                *each.policies.values(),
            )
        ]
        return Grounds(
            numbers=numbers_in(rest),
            contacts=contacts_in([*own, *(home.phone or "" for home in homes)]),
            links=" ".join(own),
            secrets=(rules,),
        )

    def _count(self, completion: Completion[ModelAnswer]) -> None:
        """Add one call to what this turn took."""
        so_far = self._turn.model or Model(name=completion.model)
        usage = completion.usage
        self._turn.model = so_far.model_copy(
            update={
                "name": completion.model,
                "calls": so_far.calls + 1,
                "input_tokens": so_far.input_tokens + (usage.input_tokens if usage else 0),
                "output_tokens": so_far.output_tokens + (usage.output_tokens if usage else 0),
                "cached_tokens": so_far.cached_tokens + (usage.cached_tokens if usage else 0),
            }
        )
