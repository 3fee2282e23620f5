"""Handing over to a person: on request, when lost, and in stages that people lead."""

from agent.ai.understanding.models import Intent
from agent.tenants.hours import hours_text
from graphs.leasing.policy import StageSpec
from graphs.leasing.turn import Turn

MISSES = 2
"""Messages in a row that may stay unclear before a person is asked."""

FIXED = {
    Intent.ANIMAL: ("animal", "assistance animal"),
    Intent.ACCOMMODATION: ("accommodation", "accommodation request"),
    Intent.VOUCHER: ("voucher", "housing voucher"),
    Intent.RECORD: ("record", "question about a record"),
    Intent.IMMIGRATION: ("immigration", "question about documents of status"),
}
"""Intent -> the fixed answer, the same for everyone, and the reason a person is told."""

SETTLED_BY_PEOPLE = {
    "complains": ("handoff_sorry", "a complaint"),
    "asks_erasure": ("handoff_erasure", "asks to have their data deleted"),
    "negotiates": ("handoff_price", "asks for another rent"),
    "asks_application": ("handoff_application", "asks about their application"),
    "other_language": ("handoff_language", "writes in another language"),
}
"""Rule of understanding -> what is said, and the reason a person is told."""

FAIR_HOUSING = (*FIXED, Intent.STEERING, Intent.SCREENING)
"""What has one fixed answer, beside which nothing else is looked up."""


async def move(turn: Turn) -> None:
    hours = hours_text(turn.community)
    lost = turn.state.get("misses", 0) >= MISSES and not turn.has(Intent.HUMAN)
    template, reason = _why(turn, lost=lost)
    turn.say(template, hours=hours)
    await tell_person(turn, reason)
    turn.state["misses"] = 0


def _why(turn: Turn, *, lost: bool) -> tuple[str, str]:
    if lost:
        return "handoff_misunderstood", "not understood"
    known = (SETTLED_BY_PEOPLE.get(rule) for rule in turn.heard["rules"])
    return next(filter(None, known), ("handoff", "asked for a person"))


async def fixed_answers(turn: Turn) -> None:
    """The fair-housing answers: said in the same words to everyone, with a person told."""
    for intent, (template, reason) in FIXED.items():
        if turn.has(intent):
            turn.say(template)
            await tell_person(turn, reason)
    if turn.has(Intent.ANIMAL):
        turn.state["no_pet_terms"] = True
    if turn.has(Intent.STEERING):
        turn.say("steering")
    if turn.has(Intent.SCREENING):
        await _criteria(turn)


async def _criteria(turn: Turn) -> None:
    criteria = turn.community.criteria
    if criteria:
        turn.say("screening_criteria", criteria=criteria.text)
    else:
        turn.say("screening")
        await tell_person(turn, "question about criteria")


async def tell_person(turn: Turn, reason: str) -> None:
    """Hand off with every reason of this turn."""
    before = turn.tools.call.handoff
    await turn.tools.use("hand_off", reason=f"{before}; {reason}" if before else reason)


STAGE = StageSpec(
    name="handoff",
    goal="Bring in a person; say when the office is open.",
    tools=("listing_details", "search_knowledge", "search_conversations", "hand_off"),
    prompt="leasing/replies",
    move=move,
)
