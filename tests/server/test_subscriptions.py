"""Subscriptions, samples and deliveries over HTTP."""

import httpx
import pytest

from agent.events.models import OUTBOUND
from agent.kit.digests import args_hash
from agent.services import Services
from tests.server.parties import Staff

URL = "/api/webhooks/subscriptions"
TARGET = {"target_url": "https://hooks.example.com/1", "events": ["tour.booked"]}


@pytest.fixture
def headers(staff: Staff) -> dict[str, str]:
    return {"authorization": f"Bearer {staff.key}"}


async def test_subscribe_list_and_unsubscribe(
    web: httpx.AsyncClient, headers: dict[str, str], demo: Services
) -> None:
    made = await web.post(URL, json=TARGET, headers=headers)
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    again = await web.post(URL, json=TARGET, headers=headers)
    assert (again.status_code, again.json()["secret"]) == (200, None)
    assert again.json()["id"] == made.json()["id"]
    listed = (await web.get(URL, headers=headers)).json()["items"]
    assert [item["id"] for item in listed] == [made.json()["id"]]
    assert "secret" not in listed[0]
    gone = await web.delete(f"{URL}/{made.json()['id']}", headers=headers)
    assert gone.status_code == 204
    assert (await web.delete(f"{URL}/{made.json()['id']}", headers=headers)).status_code == 404
    told = await demo.audit.store.about("default", made.json()["id"])
    assert {record.kind for record in told} == {
        "subscription.added",
        "subscription.renewed",
        "subscription.removed",
    }
    assert "hooks.example.com" not in str(told)


@pytest.mark.parametrize(
    "change",
    [
        {"target_url": "http://hooks.example.com/1"},
        {"target_url": "https://127.0.0.1/"},
        {"target_url": ""},
        {"target_url": None},
        {"events": []},
        {"events": ["tour.exploded"]},
        {"events": "tour.booked"},
        {"events": ["tour.booked"] * 1000},
        {"expiration_date": "2020-01-01T00:00:00Z"},
        {"expiration_date": "soon"},
        {"expiration_date": "2099-01-01T00:00:00"},
        {"surprise": True},
    ],
)
async def test_what_cannot_be_subscribed(
    web: httpx.AsyncClient, headers: dict[str, str], change: dict[str, object]
) -> None:
    answer = await web.post(URL, json={**TARGET, **change}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"]


async def test_there_are_samples_of_every_event(
    web: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    for event in OUTBOUND:
        answer = await web.get(f"/api/webhooks/samples/{event}", headers=headers)
        assert answer.status_code == 200
        assert {sample["type"] for sample in answer.json()} == {event}
    missing = await web.get("/api/webhooks/samples/tour.exploded", headers=headers)
    assert missing.status_code == 404


async def test_deliveries_are_listed_and_sent_anew(
    web: httpx.AsyncClient, headers: dict[str, str], services: Services
) -> None:
    args = {"documents": ["Photo ID"]}
    await services.outbox.enqueue(
        "default",
        delivery_id="dlv_1",
        action_id="act_1",
        action="request_docs",
        args=args,
        args_hash=args_hash(args),
        thread_id="thr_1",
        due_at=services.clock.now().replace(year=2090),
    )
    path = "/api/deliveries/dlv_1/replay"
    refused = await web.post(path, headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (
        409,
        "delivery_not_replayable",
    )
    rows = services.repository.scoped("outbox", "default")
    dead = {"state": "dead", "open": False, "connector": "nobody"}
    await rows.update({"delivery_id": "dlv_1"}, {"$set": dead})
    for query, found in (("status=dead", 1), ("status=done", 0), ("thread_id=thr_1", 1)):
        listed = (await web.get(f"/api/deliveries?{query}", headers=headers)).json()["items"]
        assert len(listed) == found
    answer = await web.post(path, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["status"] == "pending"
    audited = await services.audit.store.about("default", "act_1")
    assert "delivery.replayed" in {record.kind for record in audited}
    await rows.update({"delivery_id": "dlv_1"}, {"$set": {**dead, "args": {"documents": []}}})
    changed = await web.post(path, headers=headers)
    assert (changed.status_code, changed.json()["error"]["code"]) == (409, "delivery_changed")
    assert (await web.post("/api/deliveries/dlv_9/replay", headers=headers)).status_code == 404
