"""The last look at a reply before it is written down, whichever policy made it."""

from dataclasses import replace

from agent.ai.safety.allowed import Allowed
from agent.ai.safety.checked import Refused, checked, refusal, unfair
from agent.ai.safety.fair_housing.table import Setting
from graphs.leasing import handoff
from graphs.leasing.model.checks import mark
from graphs.leasing.turn import Turn
from prompts import load
from tools.outgoing import allowed_by, allowed_here, personal

_ANSWERS: dict[Refused, str] = {
    "FH1": "filter_same",
    "FH2": "steering",
    "FH3": "filter_same",
    "FH4": "screening",
    "FH5": "filter_person",
    "FH6": "filter_same",
    "FH7": "filter_same",
    "FH8": "filter_person",
}
"""Rule -> the template said in place of what it refuses; leaks have one of their own."""
_FOR_A_PERSON: dict[Refused, str] = {
    "FH5": "question about an animal, an adjustment or a voucher",
    "FH8": "question about a record or papers",
}
"""Rule -> why a person is asked as well."""


async def keep_safe(turn: Turn) -> None:
    """Replace what must not be said, and note each rule that fired as `filter:<rule>`.

    What a person of the office has written is passed on; `filter:<rule>:staff` only notes it.
    """
    reply = "\n\n".join(turn.said)
    here = _allowed(turn)
    if "say:outcome_note" in turn.rules:
        turn.rules[:0] = [f"filter:{rule}:staff" for rule in unfair(reply, here.names)]
        return
    if refusal(reply, here, personal) is None:
        return
    allowed = await allowed_by(turn.services, turn.tools.call.tenant_id, here)
    safe = checked(reply, allowed, personal, _answer)
    if not safe.refused:
        return
    turn.said = [safe.text]
    turn.rules[:0] = [f"filter:{rule}" for rule in safe.refused]
    for rule in safe.refused:
        if reason := _FOR_A_PERSON.get(rule):
            await handoff.tell_person(turn, reason)


def may_be_told(turn: Turn, text: str) -> bool:
    """Whether fair housing lets the beginning of a reply be told before the rest is there."""
    here = _allowed(turn)
    return not unfair(text, here.names, here.settings)


def _allowed(turn: Turn) -> Allowed:
    settings: list[Setting] = ["assistance_animal"] if turn.state.get("no_pet_terms") else []
    names = [home["name"] for home in turn.state.get("shortlist", [])]
    here = allowed_here(turn.community, names=names, settings=settings)
    return replace(here, marks=(mark(),))


def _answer(rule: Refused) -> str:
    return load("leasing/replies").render(_ANSWERS.get(rule, "filter_leak"), {})
