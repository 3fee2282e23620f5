"""LangSmith, where its variables ask for it; what goes there is scrubbed first."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from agent.privacy.scrubbing import scrubbed
from agent.settings import Settings

FLUSH_SECONDS = 5.0


@contextlib.asynccontextmanager
async def tracing(settings: Settings) -> AsyncIterator[None]:
    """Trace the graphs of this process while the block lasts; nothing where it is off."""
    import langsmith

    if not settings.langsmith_tracing:
        # an older variable of its owner must not turn it on behind our back
        langsmith.configure(enabled=False)
        yield
        return
    key = settings.langsmith_api_key
    # LangChain would make a client by itself, one that sends what it is given
    client = langsmith.Client(
        api_url=settings.langsmith_endpoint,
        api_key=key.get_secret_value() if key else None,
        anonymizer=scrubbed,
        omit_traced_runtime_info=True,
    )
    langsmith.configure(client=client, enabled=True, project_name=settings.langsmith_project)
    try:
        yield
    finally:
        langsmith.configure(client=None, enabled=False, project_name=None)
        # a server that does not answer must not hold up the end of the process
        await asyncio.to_thread(client.close, timeout=FLUSH_SECONDS)
