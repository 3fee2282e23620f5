"""Taking a model's words into the turn: checked against what they may rest on, or not at all."""

from collections.abc import Sequence
from typing import Any

from agent.ai.chat import Completion
from agent.ai.understanding import read_agent_turn
from agent.audit.models import Model
from graphs.leasing.memory import recalled
from graphs.leasing.model.checks import Grounds, contacts_in, numbers_in, objection
from graphs.leasing.model.prompt import Message, community_of
from graphs.leasing.turn import Turn


class Unusable(Exception):
    """The model gave nothing that may be said; `rule` names why."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


async def grounds(turn: Turn, messages: Sequence[Message]) -> Grounds:
    """What a reply may rest on: everything the model was shown but its own rules."""
    rules, *rest = [message.get("content") or "" for message in messages]
    homes = await turn.services.listings.by_ids(
        turn.tools.call.tenant_id,
        [home["listing_id"] for home in turn.state.get("shortlist", [])],
    )
    own = [
        text
        for each in (turn.community, await community_of(turn))
        for text in (each.phone, each.application_url, each.privacy_url, *each.policies.values())
    ]
    return Grounds(
        numbers=numbers_in(rest),
        contacts=contacts_in([*own, *(home.phone or "" for home in homes)]),
        links=" ".join(own),
        secrets=(rules,),
    )


async def say(turn: Turn, reply: str, resting_on: Grounds, asked: Sequence[str] = ()) -> None:
    """Say `reply` and note what it asks for, by its words where `asked` is empty.

    Raises Unusable.
    """
    reply = reply.strip()
    problem = objection(reply, resting_on) if reply else "model_answer_empty"
    if problem:
        raise Unusable(problem)
    turn.quote(reply)
    turn.ask(*_askable(turn, asked or await _read(turn, reply)))


def counted(turn: Turn, completion: Completion[Any]) -> None:
    """Add one call to what this turn took."""
    so_far, usage = turn.model or Model(name=completion.model), completion.usage
    turn.model = so_far.model_copy(
        update={
            "name": completion.model,
            "calls": so_far.calls + 1,
            "input_tokens": so_far.input_tokens + (usage.input_tokens if usage else 0),
            "output_tokens": so_far.output_tokens + (usage.output_tokens if usage else 0),
            "cached_tokens": so_far.cached_tokens + (usage.cached_tokens if usage else 0),
        }
    )


async def _read(turn: Turn, reply: str) -> Sequence[str]:
    """What the words ask for."""
    return read_agent_turn(
        reply,
        gazetteer=await turn.services.listings.gazetteer(turn.tools.call.tenant_id),
        shortlist=recalled(turn.state).shortlist,
        today=turn.now.astimezone(turn.community.tz).date(),
    ).asked


def _askable(turn: Turn, asked: Sequence[str]) -> list[str]:
    """Without what nothing stands behind: a yes to nothing, a time where none is offered."""
    needs = {
        "confirm": turn.state.get("confirm"),
        "slot": turn.state.get("slots"),
        "property": turn.state.get("shortlist"),
    }
    return [name for name in dict.fromkeys(asked) if needs.get(name, True)]
