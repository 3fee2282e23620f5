import asyncio
from datetime import timedelta

import pytest

from agent.errors import Conflict, InvalidInput, NotFound
from agent.webhooks import service
from tests.agent.webhooks.conftest import TENANT, Hooks

URL = "https://hooks.example.com/1"


async def test_a_new_subscription_has_a_secret_and_the_same_again_has_none(hooks: Hooks) -> None:
    webhooks = hooks.services.webhooks
    first, secret = await webhooks.subscribe(TENANT, URL, ["tour.booked", "lead.created"])
    again, nothing = await webhooks.subscribe(
        TENANT, URL, ["lead.created", "tour.booked", "lead.created"]
    )
    assert secret
    assert secret.startswith("whsec_")
    assert (again, nothing) == (first, None)
    other, _ = await webhooks.subscribe(TENANT, URL, ["tour.booked"])
    assert other.subscription_id != first.subscription_id
    assert len(await webhooks.subscriptions(TENANT)) == 2


async def test_many_at_once_are_one(hooks: Hooks) -> None:
    made = await asyncio.gather(
        *(hooks.services.webhooks.subscribe(TENANT, URL, ["tour.booked"]) for _ in range(8))
    )
    assert len({subscription.subscription_id for subscription, _ in made}) == 1
    assert sum(secret is not None for _, secret in made) == 1


async def test_the_secret_is_stored_sealed(hooks: Hooks) -> None:
    _, secret = await hooks.services.webhooks.subscribe(TENANT, URL, ["tour.booked"])
    assert secret
    [row] = await hooks.services.repository.scoped("subscriptions", TENANT).find({})
    assert secret.encode() not in bytes(row["secret"])
    assert secret not in str(row)


async def test_an_expiry(hooks: Hooks) -> None:
    webhooks, now = hooks.services.webhooks, hooks.clock.now()
    for past in (now, now - timedelta(days=1)):
        with pytest.raises(InvalidInput) as refusal:
            await webhooks.subscribe(TENANT, URL, ["tour.booked"], past)
        assert refusal.value.code == "expiration_date_past"
    await webhooks.subscribe(TENANT, URL, ["tour.booked"], now + timedelta(hours=1))
    longer, _ = await webhooks.subscribe(TENANT, URL, ["tour.booked"], now + timedelta(hours=2))
    assert longer.expiration_date == now + timedelta(hours=2)
    hooks.clock.advance(timedelta(hours=2))
    assert await webhooks.subscriptions(TENANT) == []


async def test_unknown_events_and_bad_targets(hooks: Hooks) -> None:
    webhooks = hooks.services.webhooks
    for events in (["tour.exploded"], ["message"], [""]):
        with pytest.raises(InvalidInput, match="no event"):
            await webhooks.subscribe(TENANT, URL, events)
    with pytest.raises(InvalidInput):
        await webhooks.subscribe(TENANT, "http://10.0.0.1/", ["tour.booked"])
    assert await webhooks.subscriptions(TENANT) == []


async def test_there_is_a_limit(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "AT_MOST", 3)
    for n in range(3):
        await hooks.subscribe(f"{URL}/{n}")
    with pytest.raises(Conflict) as refusal:
        await hooks.subscribe(f"{URL}/more")
    assert refusal.value.code == "subscription_limit"
    await hooks.subscribe(f"{URL}/1")
    await hooks.subscribe(f"{URL}/more", tenant="rival")


async def test_unsubscribing(hooks: Hooks) -> None:
    webhooks = hooks.services.webhooks
    made = await hooks.subscribe(URL)
    with pytest.raises(NotFound):
        await webhooks.unsubscribe("rival", made.subscription_id)
    await webhooks.unsubscribe(TENANT, made.subscription_id)
    with pytest.raises(NotFound):
        await webhooks.unsubscribe(TENANT, made.subscription_id)
