"""A house with three homes, for tests that need no more: it is there in a moment."""

import httpx
import pytest

from agent.demo.load import demo_community
from agent.kit.clock import ManualClock
from agent.services import Services
from agent.tenants.models import DEFAULT_TENANT, Tenant
from tests.homes import add_homes
from tests.server.parties import Json, Staff, Visitor

SAM = {"name": "Sam Lee", "email": "sam@lee.example"}


@pytest.fixture
async def demo(services: Services, clock: ManualClock) -> Services:
    """In the place of the whole demo: Alder Row in Portland, two tours at a time."""
    community = demo_community("alder_row", clock)
    await services.tenants.put(
        Tenant(tenant_id=DEFAULT_TENANT, name="Homes", default_community=community.community_id)
    )
    await services.tenants.put_community(DEFAULT_TENANT, community)
    await add_homes(services)
    return services


@pytest.fixture
async def visitor(web: httpx.AsyncClient) -> Visitor:
    """Somebody who can be written to."""
    return await Visitor.arrive(web, lead=SAM)


async def pending_tour(visitor: Visitor, staff: Staff, nth: int = 0) -> Json:
    """A tour that waits for approval, proposed by a program."""
    home = "lst_118"
    free = await staff.read("/api/tours/slots", listing_id=home, days=3)
    args = {"listing_id": home, "slot_id": free["items"][nth]["slot_id"]}
    body = {"thread_id": visitor.thread_id, "action": "schedule_tour", "args": args}
    answer = await staff.post("/api/agent/action", body)
    assert answer.status_code == 202, answer.text
    action_id = answer.json()["action_id"]
    return dict(await staff.read(f"/api/approvals/{action_id}"))
