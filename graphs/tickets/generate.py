"""A resolution in a model's words, resting on what was found, or of no use."""

from pydantic import BaseModel, Field

from agent.ai.chat import ChatModels
from agent.privacy.pii import redact
from agent.tickets.models import Case, Grounds
from graphs.grounded import Unusable, ask, check, cited, parsed
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
    said = {"case": case_shown(case), "found": found_shown(grounds, material)}
    completion = await ask(chat, PROMPT, said, Generated)
    answer = parsed(completion)
    known = [one.id for one in articles(grounds, material)]
    own = [one.id for one in scripts(grounds, material)]
    citations = cited(answer.citations, [*known, *own, *(one.id for one in grounds.tickets)])
    kb_ids = [each for each in citations if each in known]
    if grounds.evident and not kb_ids:
        raise Unusable("model_cites_nothing")
    steps = [redact(step).text.strip() for step in answer.steps[:MOST_STEPS] if step.strip()]
    title = redact(answer.title).text.strip()[:TITLE]
    if not steps or not title:
        raise Unusable("model_answer_empty")
    check(PROMPT, shown("\n".join([title, *steps])), [*said.values()])
    if not grounds.evident:
        told = [f"{_say('steps')}\n{numbered(steps)}"]
        return compose_draft(
            case, title, told, steps=len(steps), by=completion.model, citations=citations
        )
    kb_id = _solving(kb_ids, material)
    script_id = _script(citations, own, kb_id, material)
    script = material.script
    return compose(
        case,
        f"{title}\n\n{_say('steps')}\n{numbered(steps)}",
        steps=len(steps),
        kb_id=kb_id,
        script=script if script and script.knowledge_id == script_id else None,
        script_id=script_id,
        by=completion.model,
        citations=citations,
    )


def _solving(kb_ids: list[str], material: Material) -> str:
    """The evident article where it is cited, else the first one."""
    evident = material.article.knowledge_id if material.article else None
    return evident if evident in kb_ids else kb_ids[0]


def _script(citations: list[str], own: list[str], kb_id: str, material: Material) -> str | None:
    """The script that goes with the evident article, else the first one that is cited."""
    if material.script and material.article and material.article.knowledge_id == kb_id:
        return material.script.knowledge_id
    return next((each for each in citations if each in own), None)


def _say(name: str) -> str:
    return load("tickets/wording").render(name, {})
