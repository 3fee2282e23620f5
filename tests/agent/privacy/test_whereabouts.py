"""Where contact data is after a whole conversation: in the vault, and nowhere else."""

import logging
import random
from collections.abc import AsyncIterator

import bson
import pytest

from agent.approvals.models import Decision
from agent.mongo.client import Database
from agent.outbox.dispatcher import Dispatcher
from agent.privacy.models import Contact
from agent.services import Services
from graphs.runtime import Runtime, open_runtime
from tools.connectors.record import RecordConnector

TENANT = "default"
SECRETS = (b"dana", b"whitcomb", b"kim@", b"5550142", b"555-0142", b"5550199", b"555 0199")
SAID = (
    "Hi, my name is Dana Whitcomb, I need a two-bedroom in Portland under $2300",
    "the first one please, I'd like to tour it",
    "the first time works",
    "Dana Whitcomb, (503) 555-0142, dana.whitcomb@mail.example",
    "yes",
    "text me at 503.555.0199 when it is settled, or kim@mail.example",
)


@pytest.fixture
async def runtime(demo: Services) -> AsyncIterator[Runtime]:
    async with open_runtime(demo) as runtime:
        yield runtime


async def holders(database: Database) -> dict[str, set[bytes]]:
    """Collection -> which secrets stand in it readably."""
    found: dict[str, set[bytes]] = {}
    for name in await database.handle.list_collection_names():
        async for document in database.handle[name].find():
            raw = bson.encode(document).lower()
            found.setdefault(name, set()).update(s for s in SECRETS if s in raw)
    return found


async def test_contact_data_is_in_the_vault_alone(
    runtime: Runtime, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    services = runtime.services
    started = await runtime.start(TENANT, contact=Contact(name="Dana Whitcomb"))
    for text in SAID:
        await runtime.reply(TENANT, started.thread_id, text)
    await runtime.act(
        TENANT,
        started.thread_id,
        "hand_off",
        {"reason": "call me at 503-555-0142"},
        trusted=False,
    )
    [pending] = await services.approvals.store.pending(TENANT, started.thread_id)
    await runtime.decide(TENANT, pending.action_id, Decision(decision="approve"), actor="office")
    await runtime.caught_up(TENANT, started.thread_id)
    dispatcher = Dispatcher(
        services.repository,
        services.outbox.store,
        services.audit,
        services.clock,
        services.failpoints,
        {"record": RecordConnector(services.repository, services.clock)},
        random.Random(0),
    )
    assert await dispatcher.run_once()

    lead = await services.leads.get(TENANT, started.lead_id)
    assert lead.contact_ref is not None
    assert pending.args["contact"] == lead.contact_ref
    assert await services.vault.get(TENANT, lead.contact_ref) == Contact(
        name="Dana Whitcomb", email="kim@mail.example", phone="+15035550199"
    )
    found = await holders(database)
    assert {"messages", "approvals", "outbox", "recorded", "events", "audit", "leads"} <= set(found)
    thread = await database.handle["threads"].find_one({"thread_id": started.thread_id})
    assert thread
    assert b"Portland" in thread["graph"]["checkpoint"]
    assert {name: secrets for name, secrets in found.items() if secrets} == {}
    logged = caplog.text.lower().encode()
    assert [secret for secret in SECRETS if secret in logged] == []
