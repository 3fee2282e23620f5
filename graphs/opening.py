"""How a conversation begins, whichever way it came."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from agent.errors import Conflict, Duplicate
from agent.events.models import Event
from agent.kit.ids import new_id
from agent.leads.intake import LeadDraft
from agent.leads.models import Consent, Lead
from agent.privacy.erasure import Erasures
from agent.privacy.models import Contact
from agent.privacy.pii import redact
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


async def opened(
    services: Services,
    tenant_id: str,
    *,
    lead_id: str | None,
    thread_id: str | None,
    community_id: str | None,
    source: str | None,
    metadata: Mapping[str, Any],
) -> Thread:
    """A thread that a program starts, for a lead it names or a new one.

    Raises NotFound `lead_not_found`, `community_not_found`, `listing_not_found`, Conflict
    `thread_exists`.
    """
    community = await services.tenants.community(tenant_id, community_id)
    notes = {
        name: redact(value).text if isinstance(value, str) else value
        for name, value in metadata.items()
    }
    if listing_id := notes.get("listing_id"):
        await services.listings.get(tenant_id, str(listing_id))

    async def write() -> Thread:
        if lead_id is None:
            draft = LeadDraft(source=source)
            lead = (await services.intake.take_in(tenant_id, draft)).lead
        else:
            lead = await services.leads.get(tenant_id, lead_id)
        await _expect_free(services, tenant_id, thread_id)
        return await open_thread(
            services,
            tenant_id,
            lead.lead_id,
            community,
            source=source,
            thread_id=thread_id,
            metadata=notes,
        )

    return await _once(services, thread_id, write)


async def begun(
    services: Services,
    tenant_id: str,
    community: Community,
    *,
    contact: Contact,
    consent_sms: bool,
    source: str | None,
    listing_id: str | None,
    thread_id: str | None,
    metadata: Mapping[str, Any],
    known: LeadDraft | None,
) -> Thread:
    """A thread of whom `known` describes, found again or taken in, else of somebody new.

    Raises NotFound `listing_not_found`, Conflict `thread_exists`.
    """
    if listing_id is not None:
        await services.listings.get(tenant_id, listing_id)
    await _expect_free(services, tenant_id, thread_id)
    now = services.clock.now()
    consent = Consent(sms=consent_sms, text=disclosure(community), at=now, source=source or "chat")
    found: Lead | None = None
    if known is not None:
        draft = known.model_copy(update={"consent": consent} if consent_sms else {})
        found = (await services.intake.take_in(tenant_id, draft)).lead

    async def write() -> Thread:
        lead = found or await services.leads.create(
            tenant_id, contact=contact, consent=consent, source=source
        )
        if found is None:
            data = {"lead_id": lead.lead_id, "source": source}
            await services.events.tell(tenant_id, Event(type="lead.created", data=data), now)
        return await open_thread(
            services,
            tenant_id,
            lead.lead_id,
            community,
            source=source,
            thread_id=thread_id,
            metadata={**metadata, **({"listing_id": listing_id} if listing_id else {})},
        )

    return await _once(services, thread_id, write)


async def _expect_free(services: Services, tenant_id: str, thread_id: str | None) -> None:
    """A thread that was erased keeps its id while what is left of it is looked for."""
    if thread_id is not None and (
        await services.threads.store.get(tenant_id, thread_id)
        or await Erasures(services.repository).looks_for(tenant_id, thread_id)
    ):
        raise taken(thread_id)


async def _once(
    services: Services, thread_id: str | None, write: Callable[[], Awaitable[Thread]]
) -> Thread:
    """What `write` comes to, in a transaction; of two who take one id, the second is refused."""
    try:
        return await services.repository.transact(write)
    except Duplicate:
        raise taken(thread_id or "") from None


def taken(thread_id: str) -> Conflict:
    return Conflict("thread_exists", f"There is a thread {thread_id[:80]!r} already.")


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
        proposed=False,
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
