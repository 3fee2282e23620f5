"""What tickets add to the knowledge: drafts, and the entries that approvals make of them."""

from agent.audit.service import AuditService
from agent.events.models import Event
from agent.events.store import EventStore
from agent.kit.clock import Clock
from agent.knowledge.models import SERIES, Article, ArticleDraft, Entry, Status
from agent.knowledge.store import KnowledgeStore

SOURCE = "ticket"


class Publishing:
    """Every method joins the caller's transaction; the search follows after it."""

    def __init__(
        self, store: KnowledgeStore, audit: AuditService, events: EventStore, clock: Clock
    ) -> None:
        self._store = store
        self._audit = audit
        self._events = events
        self._clock = clock

    async def draft(self, tenant_id: str, entry: Entry, standing_id: str | None) -> Article:
        """A `KB-SYN-NNNN` that can be read, not found; new words for the standing one, if any."""
        standing = await self._store.get(tenant_id, standing_id) if standing_id else None
        if standing is None or standing.status != "draft":
            return await self._insert(tenant_id, entry, SERIES["draft"], "draft")
        words = {"title": entry.title, "text": entry.text, "digest": _digest(entry)}
        if standing.digest == words["digest"]:
            return standing
        changes = {**words, "updated_at": self._clock.now()}
        changed = await self._store.change(tenant_id, standing, changes, indexed=True)
        return changed or standing

    async def discard(
        self, tenant_id: str, draft_id: str, *, published_as: str | None = None
    ) -> None:
        """Close a draft: its ticket has published an entry of its own, or was rejected."""
        standing = await self._store.get(tenant_id, draft_id)
        if standing is None or standing.status != "draft":
            return
        changes = {
            "status": "retired",
            "published_as": published_as,
            "updated_at": self._clock.now(),
        }
        # the search never had it
        await self._store.change(tenant_id, standing, changes, indexed=True)

    async def erase_draft(self, tenant_id: str, draft_id: str) -> None:
        """Leave nothing of a draft, of what it said before neither; joins the transaction."""
        await self._store.erase(tenant_id, draft_id)

    async def publish(self, tenant_id: str, entry: Entry, *, draft_id: str | None) -> Article:
        """A `KB-NEW-NNNN` with the next number; the draft is closed and names it."""
        article = await self._insert(tenant_id, entry, SERIES["published"], "active")
        if draft_id is not None:
            await self.discard(tenant_id, draft_id, published_as=article.knowledge_id)
        await self._audit.record(
            tenant_id,
            "knowledge.published",
            article.knowledge_id,
            {"ticket_id": entry.ticket_id},
            actor=entry.created_by,
        )
        ids = {"knowledge_id": article.knowledge_id, "ticket_id": entry.ticket_id}
        event = Event(type="knowledge.published", data=ids)
        await self._events.tell(tenant_id, event, self._clock.now())
        return article

    async def _insert(self, tenant_id: str, entry: Entry, series: str, status: Status) -> Article:
        now = self._clock.now()
        article = Article(
            **entry.model_dump(),
            knowledge_id=await self._free_id(tenant_id, series),
            kind="resolution",
            source=SOURCE,
            status=status,
            digest=_digest(entry),
            created_at=now,
            updated_at=now,
        )
        await self._store.insert(tenant_id, article)
        return article

    async def _free_id(self, tenant_id: str, series: str) -> str:
        """The next of the series; a number that an import has brought is passed by."""
        while True:
            number = await self._store.number(tenant_id, series)
            knowledge_id = f"{series}-{number:04}"
            if not await self._store.heads(tenant_id, [knowledge_id]):
                return knowledge_id


def _digest(entry: Entry) -> str:
    """The same as that of a draft which says the same."""
    said = entry.model_dump(include={"title", "text", "product", "category"})
    return ArticleDraft(**said, kind="resolution").digest
