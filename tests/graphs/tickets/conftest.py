from collections.abc import AsyncIterator

import pytest

from agent.knowledge.models import ArticleDraft
from agent.services import Services
from graphs.tickets.runtime import TicketDesk, open_desk
from tests.graphs.tickets.examples import GUIDE, SCRIPT

TENANT = "default"


@pytest.fixture
async def library(services: Services) -> Services:
    """Services whose knowledge has the guide about fobs, another one and a script."""
    drafts = [
        ArticleDraft(
            knowledge_id="KB-0001", title="Pairing a new fob with the gate", text=GUIDE,
            product="Gatehouse", category="Access",
        ),
        ArticleDraft(
            knowledge_id="KB-0002", title="Posting rent late",
            text="Rent is posted late. 1. Open Ledger 2. Choose the batch 3. Click Post",
            product="Ledger", category="Billing",
        ),
        ArticleDraft(knowledge_id="SCRIPT-0007", title="Fob repair", text=SCRIPT, kind="script"),
    ]  # fmt: skip
    await services.tenants.tenant(TENANT)
    await services.knowledge.put(TENANT, drafts, "test")
    return services


@pytest.fixture
async def desk(library: Services) -> AsyncIterator[TicketDesk]:
    async with open_desk(library) as desk:
        yield desk
