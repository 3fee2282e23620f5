"""A support desk over HTTP: somebody who uploads, somebody who reviews, a few articles."""

import asyncio
import csv
import io
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from agent.demo.support import COLUMNS, demo_cases, load_support
from agent.kit.ids import new_id
from agent.services import Services
from agent.tenants.models import DEFAULT_TENANT
from agent.tickets.models import Grounds, Resolution, Score, TicketDraft
from agent.users.roles import Role
from tests.server.parties import Json, Staff

PASSWORD = "three quiet otters"
CASES = demo_cases()


@pytest.fixture
async def demo(services: Services) -> Services:
    """In the place of the whole demo: what the support desk has written down."""
    await services.tenants.community(DEFAULT_TENANT)
    await load_support(services.knowledge)
    await services.knowledge.follow(DEFAULT_TENANT)
    return services


@pytest.fixture
async def user(web: httpx.AsyncClient, demo: Services) -> Staff:
    return await person(web, demo, Role.REALPAGE_USER)


@pytest.fixture
async def agent(web: httpx.AsyncClient, demo: Services) -> Staff:
    return await person(web, demo, Role.SUPPORT_AGENT, tier="Tier2")


async def person(
    web: httpx.AsyncClient,
    services: Services,
    role: Role,
    *,
    tier: str | None = None,
    tenant: str = DEFAULT_TENANT,
) -> Staff:
    email = f"{new_id('p')}@desk.example"
    agent_id = new_id("Agent") if role is Role.SUPPORT_AGENT else None
    await services.users.add(
        tenant,
        email=email,
        password=PASSWORD,
        role=role,
        agent_id=agent_id,
        tier=tier,
        actor="test",
    )
    return Staff(web, (await services.sessions.login(email, PASSWORD)).access_token)


async def user_id(who: Staff) -> str:
    return str((await who.read("/api/auth/me"))["user_id"])


def csv_of(cases: Sequence[TicketDraft]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS.values())
    writer.writerows([getattr(case, field) for field in COLUMNS] for case in cases)
    return out.getvalue().encode()


async def send_file(
    who: Staff,
    data: bytes,
    name: str = "tickets.csv",
    path: str = "/api/tickets/upload",
    **more: str,
) -> httpx.Response:
    headers = {**who.headers, **more}
    return await who.web.post(path, files={"file": (name, data)}, headers=headers)


async def finished(who: Staff, job_id: str) -> Json:
    for _ in range(1000):
        job = await who.read(f"/api/jobs/{job_id}")
        if job["status"] in ("done", "failed"):
            return dict(job)
        await asyncio.sleep(0.05)
    raise AssertionError(job)


async def made(
    services: Services, *cases: TicketDraft, score: int | None = 90, tenant: str = DEFAULT_TENANT
) -> list[str]:
    """Ids of tickets, with a resolution of this score if any."""
    added = await services.tickets.add(tenant, list(enumerate(cases, 2)), created_by="test")
    if score is not None:
        points = Score(
            relevancy_points=min(score, 40),
            accuracy_points=min(max(score - 40, 0), 35),
            completeness_points=max(score - 75, 0),
            reasoning="It names the steps.",
        )
        for ticket_id in added.ticket_ids:
            found = Resolution(
                content=f"Prepare it again. [KB-DEMO-0004] {ticket_id}",
                kb_id="KB-DEMO-0004",
                citations=["KB-DEMO-0004"],
                similarity_score=0.5,
                distance=1.0,
                score=points,
                by="rules",
            )
            await services.tickets.settle(tenant, ticket_id, found, Grounds())
    return added.ticket_ids


def case(number: int, **more: Any) -> TicketDraft:
    """A case of its own."""
    return CASES[number % len(CASES)].model_copy(
        update={"ticket_id": f"CS-{number:08d}", "conversation_id": f"CONV-{number}", **more}
    )


async def patch(who: Staff, path: str, body: Json) -> httpx.Response:
    return await who.web.patch(path, json=body, headers=who.headers)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["error"]["code"])
