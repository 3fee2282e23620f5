"""What people do to the knowledge as it grows: look back, go back, merge, weed out."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from agent.audit.service import AuditService
from agent.errors import Conflict, InvalidInput, NotFound
from agent.kit.clock import Clock
from agent.knowledge.models import Article, ArticleDraft, Stale
from agent.knowledge.service import KnowledgeService
from agent.mongo.paging import Page
from agent.mongo.repository import Repository

UNUSED = timedelta(days=180)
"""After so long without a change or an approval that rests on it an entry is stale."""
_WORDS = {"title", "text", "product", "category", "kind", "community_id", "digest"}
_HIDES = ("article", "resolution")
"""A merge after which leads would find an answer no more."""
_MERGES = 8
"""Entries that were merged into one another, one after the other, at most."""


class Curator:
    """Raises NotFound `knowledge_not_found`."""

    def __init__(
        self,
        repository: Repository,
        knowledge: KnowledgeService,
        audit: AuditService,
        clock: Clock,
    ) -> None:
        self._repository = repository
        self._knowledge = knowledge
        self._store = knowledge.store
        self._audit = audit
        self._clock = clock

    async def history(self, tenant_id: str, knowledge_id: str) -> list[Article]:
        """Every version, the newest first."""
        standing = await self._knowledge.get(tenant_id, knowledge_id)
        return [standing, *await self._store.versions(tenant_id, knowledge_id)]

    async def rollback(
        self, tenant_id: str, knowledge_id: str, version: int, *, actor: str
    ) -> Article:
        """A new version with the words of an old one, active whatever stands now.

        To the words that stand is no change. Raises NotFound `knowledge_version_not_found`,
        Conflict `knowledge_draft`.
        """

        async def write() -> Article:
            standing, *older = await self.history(tenant_id, knowledge_id)
            for each in (standing, *older):
                _no_draft(each)
            old = next((each for each in (standing, *older) if each.version == version), None)
            if old is None:
                raise NotFound(
                    "knowledge_version_not_found",
                    "There is no such version; take one of its history.",
                )
            words = old.model_dump(include=_WORDS)
            if standing.status == "active" and words == standing.model_dump(include=_WORDS):
                return standing
            changes = {**words, "status": "active", "merged_into": None, "similar_to": None}
            return await self._changed(
                tenant_id, standing, changes, "knowledge.rolled_back", {"to": version}, actor
            )

        article = await self._repository.transact(write)
        await self._knowledge.follow(tenant_id)
        return article

    async def add(self, tenant_id: str, draft: ArticleDraft, source: str, *, actor: str) -> Article:
        """Add an article or put it in the place of one, to be found at once.

        Raises InvalidInput `knowledge_draft`.
        """

        async def write() -> str:
            (put,) = await self._knowledge.put(tenant_id, [draft], source)
            if put.outcome != "unchanged":
                kind = f"knowledge.{put.outcome}"
                await self._audit.record(tenant_id, kind, put.knowledge_id, {}, actor=actor)
            return put.knowledge_id

        knowledge_id = await self._repository.transact(write)
        await self._knowledge.follow(tenant_id)
        return await self._knowledge.get(tenant_id, knowledge_id)

    async def retire(self, tenant_id: str, knowledge_id: str, *, actor: str) -> Article:
        """Take an article out of every search; a second time changes nothing.

        Raises Conflict `knowledge_draft`.
        """

        async def write() -> Article:
            standing = await self._knowledge.get(tenant_id, knowledge_id)
            if standing.status == "retired":
                return standing
            _no_draft(standing)
            changes = {"status": "retired"}
            return await self._changed(tenant_id, standing, changes, "knowledge.retired", {}, actor)

        retired = await self._repository.transact(write)
        await self._knowledge.follow(tenant_id)
        return retired

    async def merge(self, tenant_id: str, knowledge_id: str, into: str, *, actor: str) -> Article:
        """Retire an entry in favour of another, which takes over its references and its ticket.

        The words of `into` stay; returns its new version. Again it changes nothing.
        Raises InvalidInput `knowledge_merge_invalid`, Conflict `knowledge_draft` or
        `knowledge_not_active`.
        """
        if knowledge_id == into:
            raise _unmergeable()

        async def write() -> Article:
            gone = await self._knowledge.get(tenant_id, knowledge_id)
            kept = await self._knowledge.get(tenant_id, into)
            if gone.merged_into == into:
                return kept
            _require_mergeable(gone, kept)
            retired = {"status": "retired", "merged_into": into, "similar_to": None}
            told = {"into": into}
            await self._changed(tenant_id, gone, retired, "knowledge.merged", told, actor)
            references = [*kept.reference_articles, *gone.reference_articles]
            references += [each for each in (gone.ticket_id,) if each]
            similar = kept.similar_to
            changes = {
                "reference_articles": _others(references, {into, knowledge_id}),
                "similar_to": (
                    similar.model_dump()
                    if similar and similar.knowledge_id != knowledge_id
                    else None
                ),
            }
            return await self._changed(
                tenant_id, kept, changes, "knowledge.enriched", {"from": knowledge_id}, actor
            )

        article = await self._repository.transact(write)
        await self._knowledge.follow(tenant_id)
        return article

    async def standing(self, tenant_id: str, knowledge_ids: Iterable[str]) -> dict[str, Article]:
        """id -> the active entry that stands for it now: itself, or what it was merged into."""
        asked = {each: each for each in knowledge_ids}
        found: dict[str, Article] = {}
        for _ in range(_MERGES):
            articles = await self._store.by_ids(tenant_id, set(asked.values()))
            following: dict[str, str] = {}
            for first, now in asked.items():
                article = articles.get(now)
                if article is not None and article.status == "active":
                    found[first] = article
                elif article is not None and article.merged_into:
                    following[first] = article.merged_into
            if not following:
                break
            asked = following
        return found

    async def stale(
        self,
        tenant_id: str,
        *,
        unused: timedelta = UNUSED,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Stale]:
        """Active entries that are disputed or unused, the last changed first; see `Stale`."""
        before = self._clock.now() - unused
        page = await self._store.stale(tenant_id, before, limit=limit, cursor=cursor)
        items = [
            Stale(article=each, reason="disputed" if each.disputed else "unused")
            for each in page.items
        ]
        return Page(items, page.next_cursor)

    async def _changed(
        self,
        tenant_id: str,
        standing: Article,
        changes: Mapping[str, Any],
        kind: str,
        told: Mapping[str, Any],
        actor: str,
    ) -> Article:
        now = self._clock.now()
        changed = await self._store.change(tenant_id, standing, {**changes, "updated_at": now})
        if changed is None:
            raise Conflict("knowledge_changed", "Somebody else has changed it; read it again.")
        await self._audit.record(tenant_id, kind, standing.knowledge_id, told, actor=actor)
        return changed


def _others(ids: Iterable[str], left_out: set[str]) -> list[str]:
    """In order, each once."""
    return [each for each in dict.fromkeys(ids) if each not in left_out]


def _no_draft(article: Article) -> None:
    if article.status == "draft":
        raise Conflict(
            "knowledge_draft", "It is the draft of a ticket; decide on the ticket instead."
        )


def _require_mergeable(gone: Article, kept: Article) -> None:
    if "script" in (gone.kind, kept.kind) or (gone.kind, kept.kind) == _HIDES:
        raise _unmergeable()
    for each in (gone, kept):
        _no_draft(each)
        if each.status != "active":
            raise Conflict("knowledge_not_active", "Only active entries merge; roll it back first.")


def _unmergeable() -> InvalidInput:
    return InvalidInput(
        "knowledge_merge_invalid",
        "Merge a resolution into another entry, or an article into another article.",
    )
