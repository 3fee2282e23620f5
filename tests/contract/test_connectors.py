"""What every connector must keep, over the real database."""

from collections.abc import Awaitable, Callable

import pytest

from agent.mongo.repository import Repository
from agent.outbox.models import Connector, Delivery, Sent
from agent.services import Services
from tools.connectors.record import RecordConnector

Arrived = Callable[[str], Awaitable[list[Sent]]]


def delivery(services: Services, name: str = "a") -> Delivery:
    now = services.clock.now()
    return Delivery(
        delivery_id=f"dlv_{name}",
        key=f"default:act_{name}",
        action_id=f"act_{name}",
        action="send_message",
        args={"channel": "email", "text": "See you there.", "contact": "con_1"},
        args_hash="hash",
        thread_id="thr_1",
        due_at=now,
        created_at=now,
    )


@pytest.fixture(params=["record"])
def connector(request: pytest.FixtureRequest, services: Services) -> Connector:
    made: dict[str, Connector] = {
        "record": RecordConnector(services.repository, services.clock),
    }
    return made[request.param]


@pytest.fixture
def arrived(repository: Repository) -> Arrived:
    """What the other side of the connector has received, by tenant."""

    async def received(tenant_id: str) -> list[Sent]:
        rows = await repository.scoped("recorded", tenant_id).find({}, sort=[("key", 1)])
        return [Sent.model_validate(row) for row in rows]

    return received


async def test_it_says_what_it_is(connector: Connector) -> None:
    assert connector.name
    assert connector.idempotent in (True, False)


async def test_a_delivery_arrives_whole(
    connector: Connector, services: Services, arrived: Arrived
) -> None:
    sent = delivery(services)
    await connector.deliver("default", sent)
    [received] = await arrived("default")
    assert (received.key, received.action, received.args) == (sent.key, sent.action, sent.args)


async def test_an_idempotent_one_delivers_a_key_once(
    connector: Connector, services: Services, arrived: Arrived
) -> None:
    if not connector.idempotent:
        pytest.skip("the provider cannot tell a repetition")
    for _ in range(3):
        await connector.deliver("default", delivery(services))
    assert len(await arrived("default")) == 1


async def test_keys_and_tenants_are_told_apart(
    connector: Connector, services: Services, arrived: Arrived
) -> None:
    await connector.deliver("default", delivery(services, "a"))
    await connector.deliver("default", delivery(services, "b"))
    await connector.deliver("rival", delivery(services, "a"))
    assert len(await arrived("default")) == 2
    assert len(await arrived("rival")) == 1


async def test_the_delivery_is_left_as_it_was(connector: Connector, services: Services) -> None:
    sent = delivery(services)
    before = sent.model_copy(deep=True)
    await connector.deliver("default", sent)
    assert sent == before
