"""What every connector must keep, over the real database and real sockets on loopback."""

import asyncio
import importlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent.bootstrap import build_services
from agent.kit.clock import ManualClock
from agent.kit.digests import args_hash
from agent.leads.models import Consent
from agent.mongo.client import Database
from agent.outbox.models import Connector, Delivery, Sent
from agent.privacy.models import Contact
from agent.services import Services
from agent.settings import Settings
from agent.tenants.models import Tenant
from agent.threads.models import Thread
from evals.composio_stub import composio_stub
from tests.agent.webhooks.receiver import receiver
from tools.connectors.table import connectors

pytestmark = pytest.mark.untraced

TENANTS = ("default", "rival")


@dataclass
class Way:
    """One connector, and what the other side of it has received: (tenant, text) each."""

    connector: Connector
    services: Services
    arrived: Callable[[], Awaitable[list[tuple[str, str]]]]
    contacts: dict[str, str]
    lanes: dict[str, str | None]

    def delivery(self, name: str = "a", tenant: str = "default") -> Delivery:
        now = self.services.clock.now()
        args = {
            "channel": "email",
            "text": f"{tenant}: see you there, {name}.",
            "contact": self.contacts[tenant],
        }
        return Delivery(
            delivery_id=f"dlv_{name}",
            key=f"{tenant}:act_{name}",
            action_id=f"act_{name}",
            action="send_message",
            args=args,
            args_hash=args_hash(args),
            thread_id="thr_1",
            lane=self.lanes[tenant],
            due_at=now,
            created_at=now,
        )


@pytest.fixture(params=["record", "zapier", "composio"])
async def way(
    request: pytest.FixtureRequest, database: Database, clock: ManualClock, tmp_path: Path
) -> AsyncIterator[Way]:
    if request.param == "composio":
        # seconds, once
        await asyncio.to_thread(importlib.import_module, "composio")
    async with composio_stub() as stub, receiver() as hooks:
        settings = Settings(
            data_dir=tmp_path,
            webhook_targets="loopback",
            composio_api_key=SecretStr("stub"),
            composio_base_url=stub.base_url,
        )
        services = build_services(settings, database, clock)
        contacts: dict[str, str] = {}
        lanes: dict[str, str | None] = {}
        for tenant in TENANTS:
            contacts[tenant] = await _party(services, tenant)
            lanes[tenant] = None
            if request.param == "zapier":
                made, _ = await services.webhooks.subscribe(
                    tenant, f"{hooks.url}?{tenant}", ["message.sent"]
                )
                lanes[tenant] = made.subscription_id

        async def recorded() -> list[tuple[str, str]]:
            rows = [
                (tenant, Sent.model_validate(row))
                for tenant in TENANTS
                for row in await services.repository.scoped("recorded", tenant).find({})
            ]
            return [(tenant, sent.args["text"]) for tenant, sent in rows]

        async def told() -> list[tuple[str, str]]:
            once = {each.headers["webhook-id"]: json.loads(each.body) for each in hooks.got}
            return [(key.partition(":")[0], body["data"]["text"]) for key, body in once.items()]

        async def executed() -> list[tuple[str, str]]:
            bodies = [str(each.arguments["body"]) for each in stub.executions]
            return [(body.partition(":")[0], body) for body in bodies]

        made_connectors = connectors(services)
        yield Way(
            made_connectors[request.param],
            services,
            {"record": recorded, "zapier": told, "composio": executed}[request.param],
            contacts,
            lanes,
        )
        await services.webhooks.close()


async def _party(services: Services, tenant: str) -> str:
    """A lead with a thread; returns its contact_ref."""
    await services.tenants.put(Tenant(tenant_id=tenant, name=tenant.title()))
    lead = await services.leads.create(
        tenant, contact=Contact(email="kim@example.com"), consent=Consent(), source="test"
    )
    now = services.clock.now()
    thread = Thread(
        thread_id="thr_1",
        lead_id=lead.lead_id,
        community_id="default",
        created_at=now,
        updated_at=now,
    )
    await services.threads.store.create(tenant, thread)
    assert lead.contact_ref
    return lead.contact_ref


async def test_it_says_what_it_is(way: Way) -> None:
    assert way.connector.name
    assert way.connector.idempotent in (True, False)
    assert way.connector.retry.attempts >= 1


async def test_a_delivery_arrives_whole(way: Way) -> None:
    await way.connector.deliver("default", way.delivery())
    assert await way.arrived() == [("default", "default: see you there, a.")]


async def test_an_idempotent_one_delivers_a_key_once(way: Way) -> None:
    if not way.connector.idempotent:
        pytest.skip("the provider cannot tell a repetition")
    for _ in range(3):
        await way.connector.deliver("default", way.delivery())
    assert len(await way.arrived()) == 1


async def test_keys_and_tenants_are_told_apart(way: Way) -> None:
    await way.connector.deliver("default", way.delivery("a"))
    await way.connector.deliver("default", way.delivery("b"))
    await way.connector.deliver("rival", way.delivery("a", "rival"))
    assert sorted(tenant for tenant, _ in await way.arrived()) == ["default", "default", "rival"]


async def test_the_delivery_is_left_as_it_was(way: Way) -> None:
    sent = way.delivery()
    before = sent.model_copy(deep=True)
    await way.connector.deliver("default", sent)
    assert sent == before
