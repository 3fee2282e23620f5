"""25 kill -9 of servers and dispatchers under load: nothing lost, nothing doubled."""

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.audit.models import Verdict
from agent.bootstrap import build_services
from agent.errors import Unavailable
from agent.kit.clock import SystemClock
from agent.kit.ids import new_id
from agent.mongo import indexes
from agent.mongo.client import Database
from agent.services import Services
from agent.settings import Settings
from agent.tenants.models import Tenant
from evals.receiver import receiver
from server.scopes import Scope
from tests.faults.invariants import Observed, violations

pytestmark = pytest.mark.proof

ROOT = Path(__file__).parents[2]
TENANT = "default"
KILLS = 25
DECISIONS = 20
CLIENTS = 4
START_SECONDS = 180.0
SOAK_SECONDS = 300.0
SETTLE_SECONDS = 60.0
ORPHAN_SECONDS = 20.0


@dataclass
class Child:
    """A process that is started again whenever it dies."""

    argv: list[str]
    environ: dict[str, str]
    url: str | None = None
    process: asyncio.subprocess.Process | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep(self) -> None:
        while True:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(Path(__file__).with_name("soaked.py")),
                *self.argv,
                cwd=ROOT,
                env=self.environ,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            assert self.process.stdout is not None
            said = await self.process.stdout.readline()
            if said.startswith(b"{"):
                self.url = json.loads(said)["base_url"]
            if said:
                self.ready.set()
            await self.process.wait()
            self.ready.clear()

    def kill(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.ready.clear()


@asynccontextmanager
async def kept(children: list[Child]) -> AsyncIterator[None]:
    keepers = [asyncio.create_task(child.keep()) for child in children]
    try:
        async with asyncio.timeout(START_SECONDS):
            await asyncio.gather(*(child.ready.wait() for child in children))
        yield
    finally:
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        for child in children:
            if child.process is not None and child.process.returncode is None:
                child.process.kill()
                await child.process.wait()


@dataclass
class Load:
    """Clients that never give up: what fails is sent again under the same key."""

    servers: list[Child]
    key: str
    rng: random.Random
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    acknowledged: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    answers: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    async def post(
        self, http: httpx.AsyncClient, path: str, body: dict[str, Any]
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.key}", "idempotency-key": new_id("key")}
        while True:
            server = self.rng.choice(self.servers)
            try:
                answer = await http.post(f"{server.url}{path}", json=body, headers=headers)
            except (httpx.TransportError, httpx.InvalidURL):
                await asyncio.sleep(0.2)
                continue
            in_flight = answer.status_code == 409 and "in_flight" in answer.text
            if answer.status_code not in (429, 503) and not in_flight:
                return answer
            await asyncio.sleep(0.2)

    async def enough(self) -> None:
        """Go on until so many are decided that something is proved, on a busy machine too."""
        async with asyncio.timeout(SOAK_SECONDS):
            while len(self.answers) <= DECISIONS:  # noqa: ASYNC110  # many add to it
                await asyncio.sleep(0.2)

    async def client(self, number: int) -> None:
        async with httpx.AsyncClient(timeout=15) as http:
            while not self.stopping.is_set():
                await self._conversation(http, f"kim{number}@example.com")

    async def _conversation(self, http: httpx.AsyncClient, email: str) -> None:
        started = await self.post(http, "/api/agent/start", {"lead": {"email": email}})
        assert started.status_code == 201, started.text
        thread_id = started.json()["thread_id"]
        for _ in range(self.rng.randint(1, 3)):
            message_id = new_id("m")
            body = {"thread_id": thread_id, "message": "Is there parking?"}
            said = await self.post(http, "/api/agent/reply", body | {"message_id": message_id})
            assert said.status_code == 200, said.text
            self.acknowledged[thread_id].append(message_id)
        for n in range(self.rng.randint(1, 3)):
            args = {"channel": "email", "text": f"See you on floor {n + 1}."}
            asked = await self.post(
                http,
                "/api/agent/action",
                {"thread_id": thread_id, "action": "send_message", "args": args},
            )
            assert asked.status_code == 202, asked.text
            await self._decide(http, asked.json()["action_id"], args)

    async def _decide(self, http: httpx.AsyncClient, action_id: str, args: dict[str, Any]) -> None:
        drawn = self.rng.random()
        decision: dict[str, Any] = {"decision": "approve"}
        if drawn < 0.1:
            decision = {"decision": "reject"}
        elif drawn < 0.2:
            decision = {"decision": "edit", "args": args | {"text": "See you at noon."}}
        twice = 2 if self.rng.random() < 0.3 else 1
        path = f"/api/approvals/{action_id}/decision"
        for answer in await asyncio.gather(
            *(self.post(http, path, decision) for _ in range(twice))
        ):
            assert answer.status_code == 200, answer.text
            self.answers[action_id].append(answer.json()["status"])


async def kill_all_the_time(children: list[Child], rng: random.Random) -> int:
    kills, until = 0, time.monotonic() + SOAK_SECONDS
    while kills < KILLS and time.monotonic() < until:
        await asyncio.sleep(rng.uniform(0.3, 1.5))
        alive = [child for child in children if child.ready.is_set()]
        if len(alive) > 1:
            rng.choice(alive).kill()
            kills += 1
    return kills


@pytest.fixture
async def soaked(mongod_uri: str, tmp_path: Path) -> AsyncIterator[Services]:
    """Services over a database of their own, by the clock on the wall."""
    async with Database(mongod_uri, new_id("soak")) as database:
        await indexes.ensure(database)
        settings = Settings(data_dir=tmp_path, webhook_targets="loopback")
        services = build_services(settings, database, SystemClock())
        yield services
        await services.webhooks.close()
        await database.drop()


async def test_nothing_is_lost_and_nothing_doubled(
    soaked: Services, mongod_uri: str, tmp_path: Path
) -> None:
    rng, log = random.Random(4), tmp_path / "taken"
    await soaked.tenants.put(
        Tenant(tenant_id=TENANT, name="Soak", connectors={"send_message": "zapier"})
    )
    _, key = await soaked.keys.issue(TENANT, "soak", [scope.value for scope in Scope])
    environ = {name: value for name, value in os.environ.items() if "LATCHKEY" not in name} | {
        "PYTHONPATH": str(ROOT),
        "MONGODB_URI": mongod_uri,
        "LATCHKEY_DATABASE": soaked.database.name,
        "LATCHKEY_DATA_DIR": str(tmp_path),
        "LATCHKEY_WEBHOOK_TARGETS": "loopback",
        "LATCHKEY_NIGHTLY": "off",
    }
    servers = [Child(["serve", "--port", "0", "--json"], environ) for _ in range(2)]
    children = [*servers, *(Child(["dispatch"], environ) for _ in range(3))]
    load = Load(servers, key, rng)
    async with receiver(log=log) as port, kept(children):
        await soaked.webhooks.subscribe(TENANT, f"http://127.0.0.1:{port}/", ["message.sent"])
        clients = [asyncio.create_task(load.client(number)) for number in range(CLIENTS)]
        kills = await kill_all_the_time(children, rng)
        await load.enough()
        load.stopping.set()
        await asyncio.gather(*clients)
        await _settled(soaked)
        seen = await _observed(soaked, load, log)
    assert kills == KILLS
    assert len(seen.approvals) > DECISIONS
    # off the event loop: the client's own timeouts go on meanwhile
    assert await asyncio.to_thread(violations, seen) == []
    assert (await _verified(soaked)).broken is None


async def _verified(services: Services) -> Verdict:
    """A sealer that was killed within its transaction keeps others waiting for a while."""
    until = time.monotonic() + ORPHAN_SECONDS
    while True:
        try:
            return await services.sealer.verify(TENANT)
        except Unavailable:
            if time.monotonic() > until:
                raise


async def _settled(services: Services) -> None:
    """Wait until nothing is due, at most a minute."""
    until = time.monotonic() + SETTLE_SECONDS
    threads = services.repository.scoped("threads", TENANT)
    while time.monotonic() < until:
        waiting = await threads.count({"unanswered": {"$gt": 0}})
        if not waiting and not await services.outbox.open(TENANT):
            return
        await asyncio.sleep(0.3)


async def _observed(services: Services, load: Load, log: Path) -> Observed:
    async def rows(name: str) -> list[dict[str, Any]]:
        return await services.repository.scoped(name, TENANT).find({})

    return Observed(
        acknowledged=load.acknowledged,
        answers=load.answers,
        messages=await rows("messages"),
        approvals=await rows("approvals"),
        outbox=await rows("outbox"),
        audit=await rows("audit"),
        threads=await rows("threads"),
        taken=(await asyncio.to_thread(log.read_text)).split(),
    )
