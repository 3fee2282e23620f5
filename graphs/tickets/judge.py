"""The score of a resolution by a model, inside the same bounds as the one by rules."""

from pydantic import BaseModel

from agent.ai.chat import ChatModels
from agent.privacy.pii import redact
from agent.tickets.models import ACCURACY, COMPLETENESS, RELEVANCY, Case, Grounds, Score
from graphs.grounded import Unusable, ask, check, check_named
from graphs.tickets.placeholders import shown
from graphs.tickets.shown import case_shown, found_shown
from graphs.tickets.written import Material, Written
from graphs.untrusted import unmarked

PROMPT = "tickets/judge"
REASONING = 1_200


class Judged(BaseModel):
    # first the reasons, then what follows from them
    reasoning: str
    relevancy_points: int
    accuracy_points: int
    completeness_points: int


async def judge(
    chat: ChatModels, case: Case, grounds: Grounds, material: Material, written: Written
) -> Score:
    """Raises Unusable: the rules score it then. Points beyond the bounds are cut."""
    said = {
        "case": case_shown(case),
        "found": found_shown(grounds, material),
        "resolution": unmarked(written.content),
    }
    answer, _ = await ask(chat, PROMPT, said, Judged)
    reasoning = redact(answer.reasoning).text.strip()
    if len(reasoning) > REASONING:
        raise Unusable("reply_too_long")
    check(PROMPT, shown(reasoning))
    check_named(reasoning, said["found"] + said["resolution"])
    return Score(
        relevancy_points=_within(answer.relevancy_points, RELEVANCY),
        accuracy_points=_within(answer.accuracy_points, ACCURACY),
        completeness_points=_within(answer.completeness_points, COMPLETENESS),
        reasoning=reasoning,
    )


def _within(points: int, most: int) -> int:
    return min(max(points, 0), most)
