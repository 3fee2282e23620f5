"""A resolution in a model's words, resting on what was found, or of no use."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from agent.ai.chat import ChatModels
from agent.privacy.pii import redact
from agent.tickets.models import Case, Grounds, Source
from graphs.grounded import Unusable, ask, check, check_named, cited
from graphs.tickets.placeholders import shown
from graphs.tickets.resolve import MOST_STEPS, TITLE, compose, compose_draft, numbered
from graphs.tickets.shown import articles, case_shown, found_shown, scripts
from graphs.tickets.written import Material, Written
from prompts import load

PROMPT = "tickets/resolve"


class Generated(BaseModel):
    title: str = ""
    steps: list[str] = Field(default_factory=list)
    citations: list[str] = Field(default_factory=list)


async def generate(chat: ChatModels, case: Case, grounds: Grounds, material: Material) -> Written:
    """Raises Unusable: the rules write it then.

    The ids it begins with are among those that were shown; where an article is evident it cites
    one, else it is a draft.
    """
    shown_articles, shown_scripts = articles(grounds, material), scripts(grounds, material)
    said = {"case": case_shown(case), "found": found_shown(grounds, material)}
    answer, model = await ask(chat, PROMPT, said, Generated)
    title, steps = _sayable(answer, [*shown_articles, *shown_scripts])
    check_named("\n".join([title, *steps]), said["found"])
    known = [*shown_articles, *shown_scripts, *grounds.tickets]
    citations = cited(answer.citations, [one.id for one in known])
    told = f"{_say('steps')}\n{numbered(steps)}"
    if not grounds.evident:
        return compose_draft(case, title, [told], steps=len(steps), by=model, citations=citations)
    kb_id = _solving([one.id for one in shown_articles], citations, material)
    script_id = _script([one.id for one in shown_scripts], citations, kb_id, material)
    script = material.script
    return compose(
        case,
        f"{title}\n\n{told}",
        steps=len(steps),
        kb_id=kb_id,
        script=script if script and script.knowledge_id == script_id else None,
        script_id=script_id,
        by=model,
        citations=citations,
    )


def _sayable(answer: Generated, sources: Sequence[Source]) -> tuple[str, list[str]]:
    """The title and the steps. Raises Unusable for what may not be said."""
    steps = [redact(step).text.strip() for step in answer.steps[:MOST_STEPS] if step.strip()]
    title = redact(answer.title).text.strip()[:TITLE]
    if not steps or not title:
        raise Unusable("model_answer_empty")
    check(PROMPT, shown("\n".join([title, *steps])), [one.passage for one in sources])
    return title, steps


def _solving(known: Sequence[str], citations: Sequence[str], material: Material) -> str:
    """The evident article where it is cited, else the first one that is. Raises Unusable."""
    kb_ids = [each for each in citations if each in known]
    if not kb_ids:
        raise Unusable("model_cites_nothing")
    evident = material.article.knowledge_id if material.article else None
    return evident if evident in kb_ids else kb_ids[0]


def _script(
    known: Sequence[str], citations: Sequence[str], kb_id: str, material: Material
) -> str | None:
    """The script that goes with the evident article, else the first one that is cited."""
    if material.script and material.article and material.article.knowledge_id == kb_id:
        return material.script.knowledge_id
    return next((each for each in citations if each in known), None)


def _say(name: str) -> str:
    return load("tickets/wording").render(name, {})
