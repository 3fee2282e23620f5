"""A model tuned on this tenant's conversations, for turns that follow a pattern.

It is asked as its examples were written: role, stage, profile, lines. It has no tools and sees no
inventory, so it answers only where neither is needed; otherwise the base model does.
"""

from agent.ai.chat import ChatModels
from agent.ai.understanding.models import Intent
from agent.errors import Unavailable
from agent.training.datasets.formats import as_chat
from agent.training.datasets.lines import Line
from agent.training.datasets.windows import BEFORE, Window
from graphs.leasing import qualifying
from graphs.leasing.model.prompt import SAID
from graphs.leasing.model.sayable import Unusable, counted, grounds, say
from graphs.leasing.policy import StageSpec
from graphs.leasing.turn import Turn
from prompts import load

_TALK = frozenset(
    {Intent.GREET, Intent.THANKS, Intent.GOODBYE, Intent.SMALLTALK, Intent.BOT_QUESTION}
)


def patterned(stage: StageSpec, turn: Turn) -> bool:
    """Whether words alone will do: more to learn before a search, or a courtesy."""
    if turn.heard["topics"]:
        return False
    if stage.name == "qualifying":
        return bool(qualifying.unknown(turn))
    intents = {*turn.heard["intents"]}
    return bool(intents) and intents <= _TALK and not turn.heard["changed"]


async def answer(chat: ChatModels, turn: Turn, model: str) -> None:
    """Fill a draft of the turn. Raises Unusable; the draft is void then."""
    *messages, _ = as_chat(_window(turn), load("leasing/agent").render("role", {}))["messages"]
    try:
        completion = await chat.complete(messages, model=model)
    except Unavailable as error:
        raise Unusable(error.code) from None
    counted(turn, completion)
    if completion.model != model:
        raise Unusable("tuned_model_away")  # a base model knows too little from such a prompt
    await say(turn, completion.text, await grounds(turn, messages))


def _window(turn: Turn) -> Window:
    lines = [
        *((line[0], line[1]) for line in turn.state.get("window", [])),
        *(("lead", item["text"][:SAID]) for item in turn.state["incoming"]),
    ]
    context = [
        Line(turn=place, speaker="lead" if who == "lead" else "agent", text=text)
        for place, (who, text) in enumerate(lines)
    ]
    return Window(
        thread="",
        turn=len(context),
        stage=turn.state["stage"],
        known=turn.profile.known(),
        context=tuple(context[-BEFORE:]),
        reply="",
    )
