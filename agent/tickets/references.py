"""The ids that a text names, and what they are."""

import re
from dataclasses import dataclass, field

from agent.knowledge.store import KnowledgeStore
from agent.tickets.store import TicketStore

_WORD = re.compile(r"[^\s,;()\[\]{}<>\"'`]{3,200}")
_MOST = 400
"""Words of a text that are looked up."""


@dataclass(frozen=True, slots=True)
class Named:
    """What exists of it, in the order of the text."""

    ids: list[str] = field(default_factory=list)
    """Articles, resolutions, scripts and tickets."""
    kb_ids: list[str] = field(default_factory=list)
    """Active articles and resolutions."""
    script_ids: list[str] = field(default_factory=list)
    """Active scripts."""


async def named_in(
    tenant_id: str, text: str, knowledge: KnowledgeStore, tickets: TicketStore
) -> Named:
    words = [word.strip(".:!?*_") for word in _WORD.findall(text)]
    words = [word for word in dict.fromkeys(words) if any(map(str.isdigit, word))][:_MOST]
    if not words:
        return Named()
    heads = {row["knowledge_id"]: row for row in await knowledge.heads(tenant_id, words)}
    known = await tickets.known(tenant_id, words)
    named = Named()
    for word in words:
        head = heads.get(word)
        if head is not None and head["status"] != "draft":
            named.ids.append(word)
            if head["status"] == "active":
                (named.script_ids if head["kind"] == "script" else named.kb_ids).append(word)
        elif word in known:
            named.ids.append(word)
    return named
