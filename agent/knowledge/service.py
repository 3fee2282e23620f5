"""What becomes of articles, and finding them again. The row decides; the search follows it."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from agent.chunks.following import Followed
from agent.chunks.models import Hit, Source
from agent.chunks.service import ChunkService
from agent.errors import InvalidInput, NotFound
from agent.kit.clock import Clock
from agent.kit.ids import stable_id
from agent.knowledge.likeness import likest, nearest, proposals
from agent.knowledge.models import (
    CORPORA,
    SERIES,
    Article,
    ArticleDraft,
    Corpus,
    Entry,
    Found,
    Kind,
    Likeness,
    Put,
)
from agent.knowledge.store import KnowledgeStore
from agent.knowledge.wording import rephrased
from agent.mongo.repository import Repository

SPARE = 3
"""Looked at beyond those wanted: some may have changed since they were indexed."""
_ANY = ""
"""The community of an article that speaks of all."""
_KEPT = {"ticket_id", "conversation_id", "reference_articles", "created_by", "confirmed_at"}
"""What new words leave as it was."""


class KnowledgeService(Followed[Article]):
    what = "articles"

    def __init__(
        self, repository: Repository, store: KnowledgeStore, chunks: ChunkService, clock: Clock
    ) -> None:
        super().__init__(store)
        self._repository = repository
        self.store = store
        self._chunks = chunks
        self._clock = clock

    async def get(self, tenant_id: str, knowledge_id: str) -> Article:
        """Raises NotFound `knowledge_not_found`."""
        article = await self.store.get(tenant_id, knowledge_id)
        if article is None:
            raise unknown(knowledge_id)
        return article

    async def put(self, tenant_id: str, drafts: Sequence[ArticleDraft], source: str) -> list[Put]:
        """Add or replace articles, all or none; one result a draft, in order.

        What says the same as before stays as it is, retired ones included. A resolution stays one.
        The search follows with `follow`, at the latest before its next answer.
        Raises InvalidInput `knowledge_draft`.
        """

        async def write() -> list[Put]:
            return await self._write(tenant_id, drafts, source)

        return await self._repository.transact(write)

    async def search(
        self,
        tenant_id: str,
        text: str,
        *,
        kinds: Sequence[Kind] = ("article",),
        product: str | None = None,
        category: str | None = None,
        community_id: str | None = None,
        k: int = 5,
    ) -> list[Found]:
        """The nearest active articles as they stand now, the best first.

        With a `community_id` those of other communities are left out. What cannot be indexed
        now is found as it was before, or not yet.
        """
        await self.follow_if_possible(tenant_id)
        fields = {"product": product, "category": category}
        where: dict[str, Any] = {name: said for name, said in fields.items() if said is not None}
        if community_id is not None:
            where["community_id"] = [_ANY, community_id]
        hits = [
            hit
            for corpus in dict.fromkeys(CORPORA[kind] for kind in kinds)
            for hit in await self._chunks.search(
                tenant_id,
                corpus,
                rephrased(text),
                k=k + SPARE,
                where={**where, **_only(corpus, kinds)},
            )
        ]
        return (await self._found(tenant_id, hits, kinds))[:k]

    async def like(self, tenant_id: str, entry: Entry) -> tuple[Likeness, Article] | None:
        """What says nearly the same as an entry that is not published yet."""
        await self.follow_if_possible(tenant_id)
        others = await nearest(tenant_id, entry, self.store, self._chunks)
        likeness = await likest(entry.text, others, {})
        if likeness is None:
            return None
        found = next(each for each in others if each.knowledge_id == likeness.knowledge_id)
        return likeness, found

    async def categories(self, tenant_id: str) -> list[str]:
        """The names that active entries are filed under."""
        return await self.store.categories(tenant_id)

    async def drafts_of_tickets(self, tenant_id: str, knowledge_ids: Sequence[str]) -> set[str]:
        """Those of these ids under which a ticket's draft stands."""
        drafted = [each for each in knowledge_ids if each.startswith(SERIES["draft"])]
        heads = await self.store.heads(tenant_id, drafted) if drafted else []
        return {head["knowledge_id"] for head in heads if head["status"] == "draft"}

    async def sources(self, tenant_id: str, corpus: Corpus) -> AsyncIterator[Source]:
        """All that a corpus should have, for building it anew."""
        async for article in self.store.active(tenant_id, _kinds_in(corpus)):
            yield _source(article)

    async def _write(
        self, tenant_id: str, drafts: Sequence[ArticleDraft], source: str
    ) -> list[Put]:
        ids = [draft.knowledge_id or derived_id(draft) for draft in drafts]
        heads = {row["knowledge_id"]: row for row in await self.store.heads(tenant_id, ids)}
        drafts = [
            _kept_apart(draft, heads.get(knowledge_id))
            for knowledge_id, draft in zip(ids, drafts, strict=True)
        ]
        digests = {knowledge_id: row["digest"] for knowledge_id, row in heads.items()}
        replaced = await self.store.by_ids(
            tenant_id,
            {
                knowledge_id
                for knowledge_id, draft in zip(ids, drafts, strict=True)
                if digests.get(knowledge_id, draft.digest) != draft.digest
            },
        )
        changed: dict[str, Article] = {}
        results = []
        for knowledge_id, draft in zip(ids, drafts, strict=True):
            before, digest = digests.get(knowledge_id), draft.digest
            if before == digest:
                results.append(Put(knowledge_id=knowledge_id, outcome="unchanged"))
                continue
            digests[knowledge_id] = digest
            changed[knowledge_id] = self._article(
                knowledge_id, draft, source, replaced.get(knowledge_id)
            )
            outcome = Put(knowledge_id=knowledge_id, outcome="updated" if before else "added")
            results.append(outcome)
        await self.store.write(tenant_id, list(changed.values()), list(replaced.values()))
        return results

    def _article(
        self, knowledge_id: str, draft: ArticleDraft, source: str, before: Article | None
    ) -> Article:
        now = self._clock.now()
        kept = before.model_dump(include=_KEPT) if before else {}
        return Article(
            **draft.model_dump(exclude={"knowledge_id"}),
            **kept,
            knowledge_id=knowledge_id,
            source=source,
            version=before.version + 1 if before else 1,
            digest=draft.digest,
            created_at=before.created_at if before else now,
            updated_at=now,
        )

    async def _follow(self, tenant_id: str, articles: list[Article]) -> None:
        """Bring the chunks of these articles to what their rows say.

        A row that changes meanwhile stays behind, so that it is followed once more.
        """
        gone: dict[Corpus, list[str]] = defaultdict(list)
        new: dict[Corpus, list[Source]] = defaultdict(list)
        for article in articles:
            for corpus in dict.fromkeys(CORPORA.values()):
                if article.status == "active" and CORPORA[article.kind] == corpus:
                    new[corpus].append(_source(article))
                elif article.version > 1:
                    gone[corpus].append(article.knowledge_id)
        await self._liken(tenant_id, articles)
        for corpus, ids in gone.items():
            await self._chunks.remove(tenant_id, corpus, ids)
        for corpus, sources in new.items():
            await self._chunks.put(tenant_id, corpus, sources)
        if await self.store.followed(tenant_id, articles) < len(articles):
            await self.store.fell_behind(tenant_id, await self._overtaken(tenant_id, articles))

    async def _liken(self, tenant_id: str, articles: list[Article]) -> None:
        """Propose to merge what a ticket has just published with what says the same."""
        like = await proposals(tenant_id, articles, self.store, self._chunks)
        for knowledge_id, likeness in like.items():
            await self.store.liken(tenant_id, knowledge_id, likeness)

    async def _overtaken(self, tenant_id: str, articles: list[Article]) -> list[str]:
        now = await self.store.by_ids(tenant_id, [article.knowledge_id for article in articles])
        return [
            article.knowledge_id
            for article in articles
            if (current := now.get(article.knowledge_id)) and current.version != article.version
        ]

    async def _found(
        self, tenant_id: str, hits: Sequence[Hit], kinds: Sequence[Kind]
    ) -> list[Found]:
        """The articles of these hits, without what has changed since its chunk was made."""
        articles = await self.store.by_ids(tenant_id, {hit.source_id for hit in hits})
        found: dict[str, Found] = {}
        stale = []
        for hit in sorted(hits, key=lambda hit: -hit.score):
            article = articles.get(hit.source_id)
            if article is None or hit.meta.get("digest") != article.digest:
                stale.append(hit.source_id)
            elif article.status == "active" and article.kind in kinds:
                found.setdefault(
                    article.knowledge_id,
                    Found(article=article, passage=hit.text, score=hit.score),
                )
        if stale:
            await self.store.fell_behind(tenant_id, stale)
        return list(found.values())


def _kept_apart(draft: ArticleDraft, head: Mapping[str, Any] | None) -> ArticleDraft:
    """New words make no article of a resolution: leads would get to read it."""
    if head is None or head["kind"] != "resolution":
        return draft
    if head["status"] == "draft":
        raise InvalidInput(
            "knowledge_draft", f"{head['knowledge_id']} is a ticket's draft; decide on the ticket."
        )
    return draft if draft.kind == "script" else draft.model_copy(update={"kind": "resolution"})


def derived_id(draft: ArticleDraft) -> str:
    """The id of an article that brings none."""
    place = (draft.kind, draft.product, draft.category, draft.community_id, draft.title.casefold())
    return stable_id("kb", *place)


def _kinds_in(corpus: Corpus) -> list[Kind]:
    return [kind for kind, place in CORPORA.items() if place == corpus]


def _only(corpus: Corpus, kinds: Sequence[Kind]) -> dict[str, Any]:
    """The condition that leaves out what stands in the corpus and is not of these kinds."""
    others = [kind for kind in _kinds_in(corpus) if kind not in kinds]
    return {"kind": {"$nin": others}} if others else {}


def _source(article: Article) -> Source:
    """What is searched of an article; its title counts in every search."""
    meta = {
        "title": article.title,
        "kind": article.kind,
        "product": article.product,
        "category": article.category,
        "community_id": article.community_id or _ANY,
        "digest": article.digest,
    }
    return Source(source_id=article.knowledge_id, text=article.text, meta=meta)


def unknown(knowledge_id: str) -> NotFound:
    return NotFound(
        "knowledge_not_found", f"There is no article {knowledge_id[:80]!r}; list them first."
    )
