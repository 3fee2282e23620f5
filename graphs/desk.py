"""A person in a conversation: what is said in the agent's place, and asking for one."""

import asyncio
from dataclasses import dataclass

from agent.ai.safety.checked import refusal, unfair
from agent.kit.text import validate_message
from agent.services import Services
from agent.tenants.hours import hours_text
from agent.threads.models import Message, ThreadStatus
from graphs.redaction import redacted
from graphs.runtime import Runtime
from prompts import load
from tools.outgoing import allowed_by, allowed_here, personal

HIDDEN = "contact_hidden"
"""The warning that contact data was taken out of a line."""


@dataclass(frozen=True, slots=True)
class Spoken:
    message: Message
    warnings: list[str]
    """Rules that the agent's own words would have broken, and `contact_hidden`."""


async def say(
    services: Services,
    tenant_id: str,
    thread_id: str,
    text: str,
    *,
    actor: str,
    message_id: str | None = None,
) -> Spoken:
    """A line of a person for the lead. No rule holds it back; which ones it touches is told.

    Contact data that the tenant does not publish is hidden, as in every stored text.
    """
    text = validate_message(text)
    thread = await services.threads.get(tenant_id, thread_id)
    community = await services.tenants.community(tenant_id, thread.community_id)
    allowed = await allowed_by(services, tenant_id, allowed_here(community))
    clean = await redacted(services, tenant_id, text, name_expected=False)
    rules: list[str] = [
        *await asyncio.to_thread(unfair, text, allowed.names, allowed.settings),
        *filter(None, [await asyncio.to_thread(refusal, text, allowed, personal)]),
        *([HIDDEN] if clean.text != text else []),
    ]
    message = await services.desk.say(
        tenant_id, thread_id, clean.text, actor=actor, message_id=message_id
    )
    return Spoken(message, list(dict.fromkeys(rules)))


async def ask_for_a_person(runtime: Runtime, tenant_id: str, thread_id: str, reason: str) -> str:
    """Hand the thread to the office, unless a person answers already; what the lead is told."""
    services = runtime.services
    thread = await services.threads.get(tenant_id, thread_id)
    if thread.status is not ThreadStatus.STAFF:
        await runtime.act(tenant_id, thread_id, "hand_off", {"reason": reason}, trusted=False)
    community = await services.tenants.community(tenant_id, thread.community_id)
    return load("leasing/replies").render("handoff", {"hours": hours_text(community)})
