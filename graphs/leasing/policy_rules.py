"""The offline policy: deterministic, no key, the same tools and rights as any other."""

from agent.ai.understanding import understand
from agent.ai.understanding.models import Context, Intent, Understanding
from graphs.leasing import answers, confirming, handoff
from graphs.leasing.listing import CRITERIA
from graphs.leasing.phrases import field_names, wishes
from graphs.leasing.policy import StageSpec
from graphs.leasing.qualifying import unknown
from graphs.leasing.turn import Turn

_SOCIAL = {Intent.GREET, Intent.THANKS, Intent.GOODBYE, Intent.SMALLTALK, Intent.BOT_QUESTION}
_PARTING = {Intent.AFFIRM, Intent.NEGATE, Intent.SELECT}
"""What "perfect, thanks, bye" sounds like and does not mean."""
_FIXED = {*handoff.FAIR_HOUSING}
_OPEN_ENDED = {"budget", "move_date", "pets"}
_NOTED = (
    "bedrooms",
    "bathrooms",
    "areas",
    "budget",
    "pets",
    "furnished",
    "parking",
    "in_unit_laundry",
    "move_date",
    "lease_months",
    "occupants",
)


class RulesPolicy:
    name = "rules"

    async def understand(self, text: str, context: Context) -> Understanding:
        return understand(text, context)

    async def respond(self, stage: StageSpec, turn: Turn) -> None:
        """Courtesies, fixed answers and questions first, then the stage's own step."""
        await self._respond(stage, turn)
        said = [rule for rule in turn.rules if rule.startswith("say:")]
        if (
            said[-1:] in (["say:unknown_answer"], ["say:no_photos"])
            and {*turn.asked} <= _OPEN_ENDED
        ):
            turn.ask("human")

    async def _respond(self, stage: StageSpec, turn: Turn) -> None:
        _greet(turn)
        if stage.name != "handoff":
            _note(turn)
        await handoff.fixed_answers(turn)
        if turn.has(Intent.OPT_OUT):
            await turn.tools.use("opt_out")
            turn.say("opted_out")
        if turn.has(Intent.OPT_OUT) and not turn.has(Intent.HUMAN):
            return
        await answers.answer(turn)
        if _answered(turn):
            turn.state["misses"] = 0
        if stage.name == "handoff":
            await _hand_over(stage, turn)
            return
        if await confirming.settle(turn):
            return
        if not (turn.heard["understood"] or _answered(turn) or _optional(turn)):
            _ask_again(turn)
        elif _courtesy_only(turn):
            _part(turn)
        elif _question_only(turn):
            await _pick_up(stage, turn)
        elif _declines(turn):
            turn.say("as_you_like")
        else:
            await stage.move(turn)


async def _hand_over(stage: StageSpec, turn: Turn) -> None:
    """Bring in a person, unless a stage that people lead only needed an answer."""
    if turn.has(Intent.HUMAN) or turn.state.get("misses", 0) >= handoff.MISSES:
        await stage.move(turn)
    elif _courtesy_only(turn):
        _part(turn)
    elif not turn.said:
        await stage.move(turn)


def _answered(turn: Turn) -> bool:
    return any(rule.startswith("answer:") for rule in turn.rules)


def _greet(turn: Turn) -> None:
    if turn.has(Intent.GREET) and len(turn.state.get("window", [])) <= 1:
        turn.say("greet")
    if turn.has(Intent.BOT_QUESTION):
        turn.say("bot")
    if "makes_smalltalk" in turn.heard["rules"]:
        turn.say("smalltalk")


def _note(turn: Turn) -> None:
    """Say back what was noted, unless the list that follows says it anyway."""
    cleared = [name for name in turn.heard["cleared"] if name in _NOTED]
    if cleared and (names := field_names(cleared)):
        turn.say("cleared", wishes=names)
    noted = wishes(turn.profile, [name for name in _NOTED if turn.changed(name)])
    if noted and not _listed_next(turn):
        turn.say("noted", wishes=noted)


def _listed_next(turn: Turn) -> bool:
    """The list of homes that comes says what they are for."""
    stage = turn.state["stage"]
    if stage == "qualifying":
        return turn.changed(*CRITERIA) and not unknown(turn)
    return stage in ("sending_list", "selecting_favorites")


def _ask_again(turn: Turn) -> None:
    turn.say("misunderstood")
    turn.ask(*turn.open_asks)


def _optional(turn: Turn) -> bool:
    """Only what can stay open was asked; an unclear answer is no reason to stop."""
    return bool(turn.open_asks) and {*turn.open_asks} <= _OPEN_ENDED


def _courtesy_only(turn: Turn) -> bool:
    social = _SOCIAL | (_PARTING if turn.has(Intent.GOODBYE) else set())
    return bool(turn.heard["intents"]) and not (
        {*turn.heard["intents"]} - social
        or turn.heard["changed"]
        or (turn.heard["references"] and not turn.has(Intent.GOODBYE))
        or turn.heard["slot_ids"]
        or (turn.has(Intent.GREET) and not turn.has(Intent.GOODBYE, Intent.THANKS))
    )


def _part(turn: Turn) -> None:
    if turn.has(Intent.THANKS):
        turn.say("welcome")
    if turn.has(Intent.GOODBYE):
        turn.say("goodbye")
    if not turn.said:
        turn.say("laughs")
    turn.ask(*turn.open_asks)


def _question_only(turn: Turn) -> bool:
    if "own_tour" in turn.heard["topics"]:
        return bool(turn.said)
    told = {Intent.TOUR} if "say:tour_is" in turn.rules else set()
    return bool(turn.said) and not (
        {*turn.heard["intents"]} - _SOCIAL - _FIXED - {Intent.ASK} - told
        or turn.heard["changed"]
        or turn.heard["references"]
        or turn.heard["slot_ids"]
        or turn.heard["tour_time"]
    )


async def _pick_up(stage: StageSpec, turn: Turn) -> None:
    """After an answer, go back to what was open without nagging."""
    open_asks = turn.open_asks
    if "own_tour" in turn.heard["topics"]:
        turn.ask(*open_asks)
    elif turn.state.get("slots") or "areas" in open_asks or not turn.state.get("shortlist"):
        await stage.move(turn)
    else:
        turn.ask(*open_asks)


def _declines(turn: Turn) -> bool:
    """A plain no to an offer."""
    asked = {*turn.open_asks}
    return (
        turn.has(Intent.NEGATE)
        and not {*turn.heard["intents"]} - _SOCIAL - {Intent.NEGATE}
        and not turn.heard["changed"]
        and bool(asked & {"tour", "more", "slot", "property"})
    )
