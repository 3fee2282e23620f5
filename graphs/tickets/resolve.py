"""A resolution by rules: the voted article's steps with the script, or a draft article."""

from collections.abc import Sequence

from agent.knowledge.models import Article
from agent.knowledge.passages import sentences_of
from agent.knowledge.wording import overlap
from agent.tickets.models import Case, Grounds
from agent.tickets.wording import asked, opening
from graphs.tickets.placeholders import Filled, fill
from graphs.tickets.steps import Section, sections
from graphs.tickets.transcript import advice
from graphs.tickets.written import Material, Written, vote_for
from prompts import load

BY = "rules"
MOST_STEPS = 12
MOST_SENTENCES = 5
"""Quoted of an article that names no steps."""
SCRIPT = 3_000
"""Characters of a script that stand in a resolution; of a longer one only its id does."""
TITLE = 200
REPORTED = 600


def chosen(grounds: Grounds) -> tuple[str | None, str | None]:
    """The article that solves the case and the script used with it; None where not evident."""
    if not grounds.evident:
        return None, None
    best = [*(one.id for one in grounds.articles), *(vote.kb_id for vote in grounds.votes)]
    first = best[0] if best else None
    vote = vote_for(grounds, first)
    return first, vote.script_id if vote else None


def write(case: Case, grounds: Grounds, material: Material) -> Written:
    """The same for the same input. Cites only what is in the grounds or their votes."""
    if material.article is None:
        return _draft(case, material)
    return _cited(case, grounds, material.article, material.script)


def numbered(steps: Sequence[str]) -> str:
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))


def _cited(case: Case, grounds: Grounds, article: Article, script: Article | None) -> Written:
    told, steps = _told(case, grounds, article)
    return compose(
        case,
        "\n\n".join([article.title, *told]),
        steps=steps,
        kb_id=article.knowledge_id,
        script=script,
        script_id=script.knowledge_id if script else None,
        by=BY,
    )


def compose(
    case: Case,
    told: str,
    *,
    steps: int,
    kb_id: str,
    script: Article | None,
    script_id: str | None,
    by: str,
    citations: Sequence[str] = (),
) -> Written:
    """A resolution that begins with the ids it rests on; `citations` beside those.

    Of `script` the text is told, of a `script_id` alone only the name.
    """
    filled = fill(told, case)
    parts, of_script = _script_part(case, script, script_id)
    left = tuple(dict.fromkeys((*filled.left, *of_script.left)))
    ids = [kb_id, *([script_id] if script_id else [])]
    heads = [_say("article", kb_id=kb_id)]
    if script_id:
        heads.append(_say("script", script_id=script_id))
    return Written(
        content="\n\n".join(["\n".join(heads), filled.text, *parts, *_unfilled(left)]),
        by=by,
        kb_id=kb_id,
        script_id=script_id,
        citations=list(dict.fromkeys([*ids, *citations])),
        steps=steps,
        filled=len({*filled.filled, *of_script.filled}),
        left=left,
    )


def compose_draft(
    case: Case, title: str, told: Sequence[str], *, steps: int, by: str, citations: Sequence[str]
) -> Written:
    """An article of its own, for a case that none covers."""
    filled = fill("\n\n".join(told), case)
    return Written(
        content="\n\n".join([title, filled.text, *_unfilled(filled.left), _say("drafted")]),
        by=by,
        draft_title=title,
        citations=list(citations),
        steps=steps,
        filled=len(filled.filled),
        left=filled.left,
    )


def _told(case: Case, grounds: Grounds, article: Article) -> tuple[list[str], int]:
    kb_id = article.knowledge_id
    parts, steps = told(case, article.text, kb_id)
    if steps:
        return parts, steps
    near = next((one for one in grounds.articles if one.id == kb_id), None)
    sentences = sentences_of(near.passage if near else article.text)[:MOST_SENTENCES]
    said = " ".join(sentences) or article.text[:REPORTED]
    return [f"{_say('passage', kb_id=kb_id)} {said}"], 0


def told(case: Case, text: str, kb_id: str) -> tuple[list[str], int]:
    """What the text of an article says to do about a case, and in how many steps."""
    found = sections(text)
    return _steps(case, found, kb_id) if found else ([], 0)


def _steps(case: Case, found: Sequence[Section], kb_id: str) -> tuple[list[str], int]:
    taken = _fitting(case, found)
    steps = [step for section in taken for step in section.steps]
    parts = []
    for section in taken:
        heading = _say("section", heading=section.heading) if section.heading else _say("steps")
        parts.append(f"{heading}\n{numbered(section.steps)}")
    if len(steps) < sum(len(section.steps) for section in found):
        parts.append(_say("more_steps", kb_id=kb_id))
    return parts, len(steps)


def _fitting(case: Case, found: Sequence[Section]) -> list[Section]:
    """As many sections as there is room for: first those that speak of the case, in their order."""
    about = asked(case)
    order = sorted(
        range(len(found)),
        key=lambda at: -overlap(" ".join((found[at].heading, *found[at].steps)), about),
    )
    room = MOST_STEPS
    taken: dict[int, Section] = {}
    for at in order if sum(len(one.steps) for one in found) > MOST_STEPS else range(len(found)):
        steps = found[at].steps[:room]
        if steps and (not taken or len(steps) == len(found[at].steps)):
            taken[at] = Section(found[at].heading, steps)
            room -= len(steps)
    return [taken[at] for at in sorted(taken)]


def _draft(case: Case, material: Material) -> Written:
    named = advice(case.transcript)
    alike = material.alike
    if alike is not None:
        named += [step for section in sections(alike.text) for step in section.steps]
    steps = list(dict.fromkeys(named))[:MOST_STEPS]
    told = [
        _say("reported", text=_reported(case)),
        f"{_say('tried')}\n{numbered(steps)}" if steps else _say("no_steps"),
        *([_say("see_also", ids=alike.knowledge_id)] if alike else []),
    ]
    citations = [alike.knowledge_id] if alike else []
    return compose_draft(case, _title(case), told, steps=len(steps), by=BY, citations=citations)


def _title(case: Case) -> str:
    said = sentences_of(case.subject or case.description or "")
    if not said and case.category:
        said = [case.category]
    return (said[0] if said else _say("untitled"))[:TITLE]


def _reported(case: Case) -> str:
    sentences = sentences_of(case.description or opening(case.transcript))
    said = " ".join(sentences[:3])
    return said if len(said) <= REPORTED else f"{said[:REPORTED].rsplit(' ', 1)[0]}…"


def _script_part(
    case: Case, script: Article | None, script_id: str | None
) -> tuple[list[str], Filled]:
    """The text of a script as it is to be run, and what was filled in."""
    if script_id is None:
        return [], fill("", case)
    filled = fill(script.text if script else "", case)
    if script is None or len(filled.text) > SCRIPT:
        return [_say("script_open", script_id=script_id)], filled
    return [
        f"{_say('script_text', script_id=script_id, title=script.title)}\n{filled.text}"
    ], filled


def _unfilled(names: Sequence[str]) -> list[str]:
    shown = ", ".join(f"<{name}>" for name in names)
    return [_say("unfilled", names=shown)] if names else []


def _say(name: str, **values: str | None) -> str:
    return load("tickets/wording").render(name, values)
