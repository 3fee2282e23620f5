"""What the demo communities have written down for their leads and residents."""

from pathlib import Path

from agent.knowledge.models import ArticleDraft, Put
from agent.knowledge.service import KnowledgeService
from agent.tenants.models import DEFAULT_TENANT

SOURCE = "demo"
_FILE = Path(__file__).parent / "knowledge.jsonl"


async def load_knowledge(
    knowledge: KnowledgeService, *, tenant_id: str = DEFAULT_TENANT
) -> list[Put]:
    """Add the demo articles, or set them back to what they were; the search follows later."""
    return await knowledge.put(tenant_id, demo_articles(), SOURCE)


def demo_articles() -> list[ArticleDraft]:
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return [ArticleDraft.model_validate_json(line) for line in lines]
