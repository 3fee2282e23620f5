"""A model's words about texts that were found: asked for, and checked or of no use.

Used where one question has one answer; the leasing graph has rounds and tools of its own.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel

from agent.ai.chat import ChatModels
from agent.ai.safety.allowed import Allowed
from agent.ai.safety.leaks import leaked
from agent.errors import Unavailable
from agent.privacy.pii import find
from agent.services import Services
from prompts import load

Answer = TypeVar("Answer", bound=BaseModel)
_NAMED = re.compile(r"\b(?:KB|SCRIPT|CS|CONV)-(?=[\w-]*\d)\w[\w-]*", re.IGNORECASE)
LONGEST = 6_000
"""Characters a model may say."""


class Unusable(Exception):
    """The model gave nothing that may be used; `rule` names why."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def model_of(services: Services) -> ChatModels | None:
    """Who is asked; None under the policy `rules`."""
    return services.chat if services.settings.policy == "llm" else None


async def ask(
    chat: ChatModels, path: str, data: Mapping[str, str], schema: type[Answer]
) -> tuple[Answer, str]:
    """The answer to the prompt `path`, and the model that gave it.

    It is told the `role`, the `rules` and the `output` of the prompt, then its `task` with `data`.
    Raises Unusable.
    """
    messages = [
        {"role": "system", "content": rules_of(path)},
        {"role": "user", "content": load(path).render("task", data)},
    ]
    try:
        completion = await chat.complete(messages, schema=schema)
    except Unavailable as error:
        raise Unusable(error.code) from None
    if completion.parsed is None:
        raise Unusable("model_answer_empty")
    return completion.parsed, completion.model


def check(path: str, said: str, published: Sequence[str] = ()) -> None:
    """Raise Unusable for what may not be said: links and contacts that are not `published`, others'
    personal data, markup, ids, words of the prompt."""
    if not said.strip():
        raise Unusable("model_answer_empty")
    if len(said) > LONGEST:
        raise Unusable("reply_too_long")
    contacts = frozenset(
        span.value for text in published for span in find(text) if span.kind in ("email", "phone")
    )
    allowed = Allowed(
        contacts=contacts,
        links="\n".join(published),
        marks=(mark(path),),
        secrets=(rules_of(path),),
    )
    leak = leaked(said, allowed, _personal)
    if leak:
        raise Unusable(f"reply_{leak}")


def cited(ids: Sequence[str], known: Sequence[str]) -> list[str]:
    """Those of `ids` that were shown, each once, in the order they were named."""
    names = {each.casefold(): each for each in known}
    found = (names.get(each.strip().strip("[]").casefold()) for each in ids)
    return list(dict.fromkeys(each for each in found if each))


def check_named(said: str, shown: str) -> None:
    """Raise Unusable where `said` names an article, script, ticket or conversation not `shown`."""
    known = shown.casefold()
    if any(named.casefold() not in known for named in _NAMED.findall(said)):
        raise Unusable("model_id_unknown")


def rules_of(path: str) -> str:
    """What a model is told of its work; nobody's to read."""
    words = load(path)
    return "\n".join(
        (
            words.render("role", {}),
            words.render("rules", {"mark": mark(path)}),
            words.render("output", {}),
        )
    )


def mark(path: str) -> str:
    """A word of the prompt that nothing else contains."""
    return f"LK-{load(path).digest}"


def _personal(text: str) -> list[tuple[str, str]]:
    return [(span.kind, span.value) for span in find(text)]
