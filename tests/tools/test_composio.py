"""Actions through Composio's real SDK against a stub on loopback, and nowhere else."""

import asyncio
import importlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from agent.bootstrap import build_services
from agent.demo.load import load_demo
from agent.kit.clock import ManualClock
from agent.kit.digests import args_hash
from agent.mongo.client import Database
from agent.outbox.models import Delivery, DeliveryState
from agent.services import Services
from agent.settings import Settings
from agent.tenants.models import ComposioSettings
from evals.composio_stub import Stub, composio_stub
from evals.composio_stub.stub import Fault
from tests.tools.test_zapier import TENANT, booked
from tools.connectors import composio
from tools.connectors.composio import TOOLS
from tools.connectors.table import make_dispatcher
from tools.settle import SETTLE

pytestmark = pytest.mark.proof

ALL = ("schedule_tour", "reschedule_tour", "cancel_tour", "request_docs", "apply_now",
       "send_message")  # fmt: skip


@dataclass
class Office:
    services: Services
    stub: Stub
    clock: ManualClock

    async def deliver(self) -> None:
        async with asyncio.timeout(60):
            while await make_dispatcher(self.services).run_once():
                pass

    async def row(self) -> Delivery:
        [row] = (await self.services.outbox.store.page(TENANT)).items
        return row


@pytest.fixture
async def office(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Office]:
    await asyncio.to_thread(importlib.import_module, "composio")
    async with composio_stub() as stub:
        settings = Settings(
            data_dir=tmp_path,
            composio_api_key=SecretStr("stub"),
            composio_base_url=stub.base_url,
        )
        services = build_services(settings, database, clock)
        await load_demo(services.tenants, services.listings, services.clock)
        tenant = await services.tenants.tenant(TENANT)
        connectors = dict.fromkeys(ALL, "composio")
        await services.tenants.put(tenant.model_copy(update={"connectors": connectors}))
        yield Office(services, stub, clock)


def test_every_action_has_a_tool() -> None:
    assert {name.partition(":")[0] for name in TOOLS} == set(SETTLE)


async def test_a_tour_becomes_an_event_and_nothing_else_is_contacted(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacted: list[Any] = []
    looked_up: list[Any] = []
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def connecting(self: socket.socket, address: Any) -> None:
        contacted.append(address)
        connect(self, address)

    def resolving(host: Any, *args: Any, **more: Any) -> Any:
        looked_up.append(host)
        return resolve(host, *args, **more)

    monkeypatch.setattr(socket.socket, "connect", connecting)
    monkeypatch.setattr(socket, "getaddrinfo", resolving)
    await booked(office.services)
    await office.deliver()
    # a daemon thread of the SDK would have spoken by now
    await asyncio.sleep(0.3)
    assert {str(address[0]) for address in contacted} == {"127.0.0.1"}
    assert set(looked_up) <= {"127.0.0.1", b"127.0.0.1"}
    assert office.stub.paths == ["POST /api/v3.1/tools/execute/GOOGLECALENDAR_CREATE_EVENT"]
    [execution] = office.stub.executions
    assert execution.version == "20251027_00"
    assert execution.arguments["attendees"] == ["kim@example.com"]
    assert execution.arguments["event_duration_minutes"] == 30
    row = await office.row()
    assert (row.state, row.reference) == (DeliveryState.DONE, "made_1")


async def test_calling_it_off_removes_the_event_that_was_made(office: Office) -> None:
    await booked(office.services)
    await office.deliver()
    booking = await office.row()
    args = {"tour_id": booking.args["tour_id"], "contact": booking.args["contact"]}
    await office.services.outbox.enqueue(
        TENANT,
        delivery_id="dlv_cancel",
        action_id="act_cancel",
        action="cancel_tour",
        args=args,
        args_hash=args_hash(args),
        thread_id=booking.thread_id,
    )
    await office.deliver()
    [_, removal] = office.stub.executions
    assert removal.tool == "GOOGLECALENDAR_DELETE_EVENT"
    assert removal.arguments["event_id"] == "made_1"


@pytest.mark.parametrize(
    ("fault", "state", "error", "executed"),
    [
        ("unsuccessful", DeliveryState.DEAD, "the tool was not successful", 0),
        ("refused", DeliveryState.DEAD, "status_400", 0),
        ("redirect", DeliveryState.DEAD, "status_302", 0),
        ("busy", DeliveryState.FAILED, "provider_busy", 0),
        ("down", DeliveryState.UNKNOWN, None, 0),
        ("reset_after", DeliveryState.UNKNOWN, None, 1),
        ("hang", DeliveryState.UNKNOWN, None, 1),
    ],
)
async def test_what_goes_wrong(
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    state: DeliveryState,
    error: str | None,
    executed: int,
) -> None:
    monkeypatch.setattr(composio, "CALL_SECONDS", 0.5)
    await booked(office.services)
    office.stub.faults.append(fault)
    await office.deliver()
    row = await office.row()
    assert row.state is state
    assert error is None or row.error == error
    assert len(office.stub.executions) == executed
    assert len(office.stub.paths) == 1
    office.clock.advance(timedelta(seconds=10))
    await office.deliver()
    again = await office.row()
    assert again.state is (DeliveryState.DONE if fault == "busy" else state)


async def test_nobody_there_is_tried_again(office: Office) -> None:
    await booked(office.services)
    settings = office.services.settings.model_copy(
        update={"composio_base_url": "http://127.0.0.1:1"}
    )
    object.__setattr__(office.services, "settings", settings)
    await office.deliver()
    row = await office.row()
    assert (row.state, row.error) == (DeliveryState.FAILED, "provider_away")


async def test_without_a_key_it_is_dead_and_says_so(office: Office) -> None:
    await booked(office.services)
    settings = office.services.settings.model_copy(update={"composio_api_key": None})
    object.__setattr__(office.services, "settings", settings)
    await office.deliver()
    row = await office.row()
    assert (row.state, row.error) == (DeliveryState.DEAD, "COMPOSIO_API_KEY is not set")


async def test_versions_are_pinned() -> None:
    assert ComposioSettings().versions["gmail"] == "20251027_00"
    pinned = ComposioSettings.model_validate({"versions": {"gmail": "20260101_01"}})
    assert pinned.versions == {
        "gmail": "20260101_01",
        "googlecalendar": "20251027_00",
        "twilio": "20251027_00",
    }
    for version in ("latest", "", "20251027"):
        with pytest.raises(ValidationError):
            ComposioSettings.model_validate({"versions": {"gmail": version}})
