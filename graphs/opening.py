"""How a conversation begins, whichever way it came."""

from collections.abc import Mapping
from typing import Any

from agent.events.models import Event
from agent.kit.ids import new_id
from agent.services import Services
from agent.tenants.models import Community
from agent.threads.models import Message, Role, Thread
from prompts import load


def disclosure(community: Community) -> str:
    """What a lead is told before the first word: a machine, who runs it, that it records."""
    replies = load("leasing/replies")
    text = replies.render("disclosure", {"community": community.name})
    if not community.privacy_url:
        return text
    return f"{text} {replies.render('privacy_notice', {'url': community.privacy_url})}"


async def open_thread(
    services: Services,
    tenant_id: str,
    lead_id: str,
    community: Community,
    *,
    source: str | None,
    thread_id: str | None = None,
    metadata: Mapping[str, Any] = {},
) -> Thread:
    """A thread with the disclosure as its first line; joins the caller's transaction."""
    now = services.clock.now()
    thread = Thread(
        thread_id=thread_id or new_id("thr"),
        lead_id=lead_id,
        community_id=community.community_id,
        source=source,
        metadata=dict(metadata),
        created_at=now,
        updated_at=now,
    )
    await services.threads.store.create(tenant_id, thread)
    first = Message(
        message_id="disclosure",
        turn_index=0,
        role=Role.AGENT,
        text=disclosure(community),
        timestamp=now,
        stage=thread.stage,
    )
    await services.threads.add(tenant_id, thread.thread_id, [first], [Event(type="thread.started")])
    return thread
