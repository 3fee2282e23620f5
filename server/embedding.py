"""What `latchkey embed` and the job `embeddings` do: texts of every corpus into the search."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from agent.chunks.models import Run, Source
from agent.chunks.rebuilding import Progress
from agent.errors import InvalidInput
from agent.jobs.models import Job
from agent.jobs.step import Step
from agent.services import Services

CorpusName = Literal["conversations", "knowledge", "scripts", "tickets"]
EMBEDDED: tuple[CorpusName, ...] = ("conversations", "knowledge", "scripts", "tickets")


class EmbeddingsParams(BaseModel):
    model_config = ConfigDict(extra="forbid")

    corpus: CorpusName | None = None
    """Default: all of them."""
    rebuild: bool = False
    """Embed all anew by the model of the settings, not only what is missing."""


async def embeddings(services: Services, job: Job, step: Step) -> Mapping[str, Any]:
    params = EmbeddingsParams.model_validate(job.params)
    runs = []
    for corpus in chosen(params.corpus):
        runs.append(await embed(services, job.tenant_id, corpus, step, rebuild=params.rebuild))
    return {"runs": [run_report(run) for run in runs]}


async def embed(
    services: Services, tenant_id: str, corpus: CorpusName, progress: Progress, *, rebuild: bool
) -> Run:
    """Embed what a corpus lacks, or all of it anew."""
    chunks = services.chunks
    if corpus == "conversations":
        return await chunks.embed_conversations(tenant_id, progress, rebuild=rebuild)
    sources: AsyncIterator[Source]
    if corpus == "tickets":
        sources = services.tickets.sources(tenant_id)
    else:
        sources = services.knowledge.sources(tenant_id, corpus)
    if rebuild:
        return await chunks.rebuild(tenant_id, corpus, sources, progress)
    return await chunks.update(tenant_id, corpus, sources, progress)


def chosen(corpus: str | None) -> tuple[CorpusName, ...]:
    """That corpus, or all. Raises InvalidInput for a name that is none."""
    found = tuple(name for name in EMBEDDED if corpus in (None, name))
    if not found:
        raise InvalidInput(
            "search_corpus_unknown", f"There is no such corpus; take {', '.join(EMBEDDED)}."
        )
    return found


def run_report(run: Run) -> dict[str, Any]:
    return run.model_dump(mode="json", exclude={"started_at", "finished_at"})
