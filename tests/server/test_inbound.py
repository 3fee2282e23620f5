"""Webhooks from other programs: believed by their signature, and carried out once."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from agent.kit.clock import ManualClock
from agent.kit.ids import new_id
from agent.kit.signatures import sign
from agent.leads.models import Consent
from agent.outbox.models import DeliveryState
from agent.services import Services
from agent.tenants.models import Tenant
from agent.threads.models import Role
from agent.tours.models import Tour
from server.state import State
from tests.server.parties import Staff, Visitor

Json = dict[str, Any]
PHONE = "+15035550142"


@dataclass
class Teller:
    """A program with a source of the tenant."""

    web: httpx.AsyncClient
    services: Services
    source_id: str
    secret: str

    def headers(self, body: bytes, message_id: str, at: datetime | None = None) -> dict[str, str]:
        timestamp = int((at or self.services.clock.now()).timestamp())
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self.secret, message_id, timestamp, body),
            "Content-Type": "application/json",
        }

    async def post(self, body: bytes, headers: dict[str, str]) -> httpx.Response:
        return await self.web.post(
            f"/api/webhooks/inbound/{self.source_id}", content=body, headers=headers
        )

    async def tell(
        self, kind: str, data: Json, *, message_id: str | None = None, at: datetime | None = None
    ) -> httpx.Response:
        body = json.dumps({"type": kind, "data": data}).encode()
        return await self.post(body, self.headers(body, message_id or new_id("msg"), at))

    async def told(self, kind: str, data: Json, **more: Any) -> Json:
        answer = await self.tell(kind, data, **more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def text(self, text: str, phone: str = PHONE) -> Json:
        return await self.told("message.received", {"channel": "sms", "from": phone, "text": text})


@pytest.fixture
async def teller(web: httpx.AsyncClient, state: State) -> Teller:
    source, secret = await state.services.inbound.add("default", "crm")
    return Teller(web, state.services, source.source_id, secret)


async def lines(state: State, thread_id: str) -> list[tuple[Role, str]]:
    await state.runtime.caught_up("default", thread_id)
    messages = await state.services.threads.store.messages("default", thread_id)
    return [(message.role, message.text) for message in messages]


async def count(services: Services, collection: str, tenant: str = "default") -> int:
    return await services.repository.scoped(collection, tenant).count({})


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


BODY = b'{"type": "lead.created", "data": {"email": "sam@lee.example"}}'

HOSTILE: list[dict[str, str]] = [
    {"webhook-signature": "v1,AAAA"},
    {"webhook-signature": "v1"},
    {"webhook-signature": "v1,,"},
    {"webhook-signature": "v1,not base64"},
    {"webhook-signature": ""},
    {"webhook-signature": "v1a,AAAA"},
    {"webhook-timestamp": "1772474400.0"},
    {"webhook-timestamp": "1.7724744e9"},
    {"webhook-timestamp": "-1772474400"},
    {"webhook-timestamp": str(2**63)},
    {"webhook-timestamp": "now"},
    {"webhook-timestamp": ""},
    {"webhook-id": ""},
    {"webhook-id": "another"},
    {"webhook-id": "m" * 1000},
]


class TestWhoIsBelieved:
    async def test_hostile_headers(self, teller: Teller) -> None:
        for changed in HOSTILE:
            answer = await teller.post(BODY, teller.headers(BODY, "msg_1") | changed)
            assert code(answer) == (401, "signature_invalid"), changed
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
            headers = teller.headers(BODY, "msg_1")
            del headers[name]
            assert code(await teller.post(BODY, headers)) == (401, "signature_invalid"), name
        assert await count(teller.services, "leads") == 0

    async def test_another_time(self, teller: Teller) -> None:
        for seconds in (-301, 301):
            at = teller.services.clock.now() + timedelta(seconds=seconds)
            answer = await teller.post(BODY, teller.headers(BODY, "msg_1", at))
            assert code(answer) == (401, "signature_invalid"), seconds

    async def test_other_bytes_than_were_signed(self, teller: Teller) -> None:
        serialised = json.dumps(json.loads(BODY), separators=(",", ":")).encode()
        for body in (serialised, BODY + b"\n", b"\xff\xfe", b"", b"{" * 20_000):
            answer = await teller.post(body, teller.headers(BODY, "msg_1"))
            assert code(answer) == (401, "signature_invalid"), body[:40]

    async def test_25_megabytes(self, teller: Teller) -> None:
        body = b'{"type": "' + b"x" * 25_000_000 + b'"}'
        answer = await teller.post(body, teller.headers(body, "msg_1"))
        assert code(answer) == (413, "body_too_large")

    async def test_an_unknown_source(self, teller: Teller) -> None:
        known = await teller.post(BODY, teller.headers(BODY, "m") | {"webhook-id": "x"})
        teller.source_id = "src_nothing"
        unknown = await teller.post(BODY, teller.headers(BODY, "m"))
        assert code(unknown) == code(known) == (401, "signature_invalid")

    async def test_a_secret_of_another_source(self, teller: Teller) -> None:
        _, teller.secret = await teller.services.inbound.add("default", "other")
        assert (await teller.post(BODY, teller.headers(BODY, "m"))).status_code == 401

    async def test_two_secrets_while_one_is_exchanged(self, teller: Teller) -> None:
        old, inbound = teller.secret, teller.services.inbound
        new = await inbound.rotate("default", teller.source_id)
        for teller.secret in (old, new):
            assert (await teller.tell("x", {})).status_code == 200
        await inbound.rotate("default", teller.source_id)
        teller.secret = new
        assert (await teller.tell("x", {})).status_code == 200
        teller.secret = old
        assert (await teller.tell("x", {})).status_code == 401

    async def test_no_more_once_removed(self, teller: Teller) -> None:
        await teller.services.inbound.remove("default", teller.source_id)
        assert (await teller.tell("x", {})).status_code == 401

    async def test_the_secret_is_stored_sealed(self, teller: Teller) -> None:
        rows = await teller.services.repository.scoped("inbound_sources", "default").find({})
        assert teller.secret.encode() not in b"".join(rows[0]["sealed"])

    async def test_the_source_names_the_tenant(
        self, web: httpx.AsyncClient, demo: Services
    ) -> None:
        await demo.tenants.put(Tenant(tenant_id="other", name="Other"))
        source, secret = await demo.inbound.add("other", "crm")
        await Teller(web, demo, source.source_id, secret).told(
            "lead.created", {"email": "sam@lee.example"}
        )
        assert await count(demo, "leads", "other") == 1
        assert await count(demo, "leads") == 0


NONSENSE: list[tuple[bytes, tuple[int, str]]] = [
    (b"", (400, "body_malformed")),
    (b"{", (400, "body_malformed")),
    (b"\xff\xfe", (400, "body_malformed")),
    (b'{"type": NaN}', (400, "body_malformed")),
    (b'{"type": "x", "type": "y"}', (400, "body_malformed")),
    (b"[" * 100_000, (400, "body_malformed")),
    (b'{"type": "\\ud800"}', (422, "body_not_text")),
    (b"null", (422, "event_invalid")),
    (b"[]", (422, "event_invalid")),
    (b"{}", (422, "event_invalid")),
    (b'{"type": 1}', (422, "event_invalid")),
    (b'{"type": ""}', (422, "event_invalid")),
    (b'{"type": "message.received"}', (422, "event_invalid")),
    (b'{"type": "message.received", "data": 1}', (422, "event_invalid")),
    (b'{"type": "tour.updated", "data": {"tour_id": {"$ne": 1}}}', (422, "event_invalid")),
    (b'{"type": "tour.updated", "data": {"tour_id": "tour_1"}}', (404, "tour_not_found")),
    (b'{"type": "lead.created", "data": {"phone": "12"}}', (422, "event_invalid")),
    (
        b'{"type": "tour.updated", "data": {"tour_id": "t", "starts_at":'
        b' "0001-01-01T00:00:00+14:00"}}',
        (422, "event_invalid"),
    ),
    (
        b'{"type": "tour.updated", "data": {"tour_id": "t", "updated_at":'
        b' "9999-12-31T23:59:59-12:00"}}',
        (422, "event_invalid"),
    ),
    (b'{"type": "lead.created", "data": {"email": "nobody"}}', (422, "event_invalid")),
    (
        b'{"type": "lead.created", "data": {"community": "nowhere"}}',
        (404, "community_not_found"),
    ),
]
UNTAKEN: list[tuple[Json, tuple[int, str]]] = [
    ({"channel": "fax", "from": PHONE, "text": "hi"}, (422, "event_invalid")),
    ({"channel": "sms", "text": "hi"}, (422, "event_invalid")),
    ({"channel": "sms", "email": "sam@lee.example", "text": "hi"}, (422, "event_invalid")),
    ({"channel": "email", "from": PHONE, "text": "hi"}, (422, "event_invalid")),
    ({"channel": "sms", "from": PHONE}, (422, "event_invalid")),
    ({"channel": "sms", "from": PHONE, "text": " "}, (422, "message_empty")),
    ({"channel": "sms", "from": PHONE, "text": "a\x00b"}, (422, "message_not_text")),
    ({"channel": "sms", "from": PHONE, "text": "x" * 8001}, (413, "message_too_long")),
    ({"channel": "chat", "thread_id": "thr_no", "text": "a"}, (404, "thread_not_found")),
]


class TestWhatIsSaid:
    async def test_signed_nonsense(self, teller: Teller) -> None:
        for body, expected in NONSENSE:
            headers = teller.headers(body, "msg_1")
            assert code(await teller.post(body, headers)) == expected, body[:80]
        # nothing was kept, so that it may come again mended
        assert (await teller.told("x", {}, message_id="msg_1"))["duplicate"] is False

    async def test_messages_that_cannot_be_taken(self, teller: Teller) -> None:
        for data, expected in UNTAKEN:
            assert code(await teller.tell("message.received", data)) == expected, data
        assert await count(teller.services, "threads") == 0

    async def test_what_was_sent_is_not_said_back(self, teller: Teller) -> None:
        answer = await teller.tell("lead.created", {"email": "sam lee@@example"})
        assert "sam" not in answer.text

    async def test_an_unknown_type_is_taken_and_ignored(self, teller: Teller) -> None:
        first = await teller.told("invoice.paid", {"$where": "1"}, message_id="m")
        assert (first["ignored"], first["duplicate"]) == (True, False)
        assert (await teller.told("invoice.paid", {}, message_id="m"))["duplicate"] is True


class TestOnce:
    async def test_a_repeat_has_no_effect(self, teller: Teller, clock: ManualClock) -> None:
        first = await teller.told("lead.created", {"email": "a@lee.example"}, message_id="m")
        assert first["duplicate"] is False
        assert first["lead_id"]
        for data in ({"email": "a@lee.example"}, {"email": "b@lee.example"}):
            again = await teller.told("lead.created", data, message_id="m")
            assert again["duplicate"] is True
            assert again["lead_id"] is None
        for body in (b"", b"{", b'{"type": "lead.created", "data": {"email": "nobody"}}'):
            again = (await teller.post(body, teller.headers(body, "m"))).json()
            assert again["duplicate"] is True
        assert await count(teller.services, "leads") == 1
        clock.advance(timedelta(hours=23, minutes=59))
        assert (await teller.told("lead.created", {}, message_id="m"))["duplicate"] is True
        clock.advance(timedelta(minutes=1))
        assert (await teller.told("lead.created", {}, message_id="m"))["duplicate"] is False

    async def test_ten_at_once_have_one_effect(self, teller: Teller, state: State) -> None:
        data = {"channel": "sms", "from": PHONE, "text": "Hi, a two bedroom please"}
        answers = await asyncio.gather(
            *(teller.told("message.received", data, message_id="m") for _ in range(10))
        )
        assert sorted(answer["duplicate"] for answer in answers) == [False] + [True] * 9
        (thread_id,) = {answer["thread_id"] for answer in answers} - {None}
        said = await lines(state, thread_id)
        assert [text for role, text in said if role is Role.LEAD] == [data["text"]]
        assert await count(teller.services, "leads") == 1

    async def test_the_same_id_of_two_sources_is_two_messages(
        self, teller: Teller, web: httpx.AsyncClient
    ) -> None:
        source, secret = await teller.services.inbound.add("default", "second")
        second = Teller(web, teller.services, source.source_id, secret)
        for each in (teller, second):
            assert (await each.told("x", {}, message_id="m"))["duplicate"] is False

    async def test_a_failed_one_may_come_again(self, teller: Teller) -> None:
        data = {"tour_id": "tour_1"}
        assert (await teller.tell("tour.updated", data, message_id="m")).status_code == 404
        assert (await teller.tell("tour.updated", data, message_id="m")).status_code == 404


class TestALead:
    async def test_is_taken_in_once_and_told(self, teller: Teller) -> None:
        data = {"external_id": "crm-1", "name": "Sam Lee", "email": "Sam@Lee.example"}
        first = await teller.told("lead.created", data)
        again = await teller.told("lead.created", data | {"phone": PHONE})
        assert again["lead_id"] == first["lead_id"]
        lead = await teller.services.leads.get("default", first["lead_id"])
        assert lead.hashes.keys() == {"name", "email", "phone"}
        assert lead.vouched
        events = await teller.services.repository.scoped("events", "default").find({})
        assert [event["type"] for event in events] == ["lead.created"]

    async def test_with_a_message_is_answered(self, teller: Teller, state: State) -> None:
        data = {"email": "sam@lee.example", "message": "A studio in Portland? I'm Sam Lee."}
        told = await teller.told("lead.created", data)
        roles = [role for role, _ in await lines(state, told["thread_id"])]
        assert roles == [Role.AGENT, Role.LEAD, Role.AGENT]


class TestAMessage:
    async def test_runs_a_turn_and_goes_on_in_its_thread(
        self, teller: Teller, state: State
    ) -> None:
        first = await teller.text("Hi, I'm looking for a two bedroom in Portland under 3000")
        said = await lines(state, first["thread_id"])
        assert [role for role, _ in said] == [Role.AGENT, Role.LEAD, Role.AGENT]
        second = await teller.text("Does the first one allow dogs?", "(503) 555-0142")
        assert second["thread_id"] == first["thread_id"]
        assert len(await lines(state, first["thread_id"])) == 5

    async def test_contact_data_stands_nowhere_but_in_the_vault(
        self, teller: Teller, state: State
    ) -> None:
        told = await teller.text("Mail me at sam@lee.example or 212-555-0177")
        text = str(await lines(state, told["thread_id"]))
        assert "sam@lee" not in text
        assert "0177" not in text
        lead = await teller.services.leads.get("default", told["lead_id"])
        contact = await teller.services.vault.get("default", str(lead.contact_ref))
        assert contact
        assert contact.email == "sam@lee.example"

    async def test_of_another_channel_is_another_thread(
        self, teller: Teller, visitor: Visitor
    ) -> None:
        """Who gave this number in a chat need not be who texts from it."""
        await visitor.say("call me at 503-555-0142")
        texted = await teller.text("hello")
        assert texted["thread_id"] != visitor.thread_id
        mailed = await teller.told(
            "message.received",
            {"channel": "email", "phone": PHONE, "from": "s@lee.example", "text": "hi"},
        )
        assert mailed["thread_id"] not in (texted["thread_id"], visitor.thread_id)

    async def test_of_a_known_thread(self, teller: Teller, visitor: Visitor, state: State) -> None:
        data = {"channel": "chat", "thread_id": visitor.thread_id, "text": "hello"}
        assert (await teller.told("message.received", data))["thread_id"] == visitor.thread_id
        assert len(await lines(state, visitor.thread_id)) == 3

    async def test_of_another_tenants_thread_is_not_found(
        self, web: httpx.AsyncClient, demo: Services, visitor: Visitor
    ) -> None:
        await demo.tenants.put(Tenant(tenant_id="other", name="Other"))
        source, secret = await demo.inbound.add("other", "crm")
        data = {"channel": "chat", "thread_id": visitor.thread_id, "text": "hello"}
        foreign = Teller(web, demo, source.source_id, secret)
        assert code(await foreign.tell("message.received", data)) == (404, "thread_not_found")


class TestConsent:
    async def consent(self, teller: Teller, lead_id: str) -> Consent:
        return (await teller.services.leads.get("default", lead_id)).consent

    async def test_who_texts_first_may_be_texted_back(self, teller: Teller) -> None:
        told = await teller.text("hello")
        consent = await self.consent(teller, told["lead_id"])
        assert (consent.sms, consent.source) == (True, "sms")
        assert consent.text

    @pytest.mark.parametrize("word", ["CANCEL", "please don't text me any more"])
    async def test_ends_with_a_word_at_once(self, teller: Teller, state: State, word: str) -> None:
        told = await teller.text("hello")
        await state.runtime.caught_up("default", told["thread_id"])
        before = len(await lines(state, told["thread_id"]))
        stopped = await teller.text(word)
        assert stopped["consent"] == "withdrawn"
        assert (await self.consent(teller, told["lead_id"])).opted_out_at
        # the word is kept, and nothing is said to it but the one confirmation
        assert len(await lines(state, told["thread_id"])) == before + 1
        rows = await teller.services.outbox.store.page("default")
        assert [row.args["channel"] for row in rows.items] == ["sms"]
        assert "START" in rows.items[0].args["text"]
        assert PHONE not in str(rows)
        await teller.text(word)
        assert len((await teller.services.outbox.store.page("default")).items) == 1
        kept = await teller.services.repository.scoped("consents", "default").find({})
        assert [row["given"] for row in kept] == [True, False]

    async def test_cancel_is_ambiguous_in_the_chat_only(
        self, teller: Teller, visitor: Visitor
    ) -> None:
        data = {"channel": "chat", "thread_id": visitor.thread_id, "text": "cancel"}
        assert (await teller.told("message.received", data))["consent"] is None

    async def test_comes_back_with_start_alone(self, teller: Teller, state: State) -> None:
        told = await teller.text("STOP")
        await teller.text("Is the studio still free?")
        assert not (await self.consent(teller, told["lead_id"])).sms
        assert (await teller.text("start"))["consent"] == "given"
        consent = await self.consent(teller, told["lead_id"])
        assert (consent.sms, consent.text, consent.opted_out_at) == (True, "START", None)

    async def test_ends_while_an_approval_is_pending(
        self, teller: Teller, state: State, staff: Staff
    ) -> None:
        tenant = await teller.services.tenants.tenant("default")
        await teller.services.tenants.put(tenant.model_copy(update={"undo_seconds": 600}))
        told = await teller.text("hello")
        await state.runtime.caught_up("default", told["thread_id"])
        args = {"channel": "sms", "text": "See you at 2."}
        body = {"thread_id": told["thread_id"], "action": "send_message", "args": args}
        waiting = (await staff.post("/api/agent/action", body)).json()["action_id"]
        sent = await staff.post("/api/agent/action", {**body, "args": {**args, "text": "Hi."}})
        await staff.decide(sent.json()["action_id"], "approve")
        await teller.text("STOP")
        assert (await staff.read(f"/api/approvals/{waiting}"))["status"] == "superseded"
        rows = (await teller.services.outbox.store.page("default")).items
        states = {row.action_id: row.state for row in rows}
        assert states.pop(sent.json()["action_id"]) is DeliveryState.CANCELED
        (confirmation,) = states.values()
        assert confirmation in (DeliveryState.PENDING, DeliveryState.LEASED, DeliveryState.DONE)

    async def test_an_event_tells_of_it(self, teller: Teller) -> None:
        await teller.text("STOP")
        await teller.text("STOP")
        events = await teller.services.repository.scoped("events", "default").find({})
        assert [event["type"] for event in events].count("optout.received") == 1


class TestATour:
    @pytest.fixture
    async def tour(self, state: State, visitor: Visitor, staff: Staff) -> Tour:
        pending = await visitor.ask_for_a_tour()
        await staff.decide(pending["action_id"], "approve")
        await state.runtime.caught_up("default", visitor.thread_id)
        (tour,) = await state.services.tours.of_thread("default", visitor.thread_id)
        return tour

    async def test_is_canceled_there_and_here(self, teller: Teller, tour: Tour) -> None:
        told = await teller.told(
            "tour.updated", {"tour_id": tour.tour_id, "status": "canceled_by_renter"}
        )
        assert told["tour_id"] == tour.tour_id
        now = await teller.services.tours.get("default", tour.tour_id)
        assert now.status == "canceled_by_renter"

    async def test_its_reminder_is_taken_back(
        self, teller: Teller, tour: Tour, clock: ManualClock
    ) -> None:
        services = teller.services
        await services.outbox.enqueue(
            "default",
            delivery_id="dlv_r",
            action_id=tour.actions[-1],
            action="send_message",
            args={},
            args_hash="",
            thread_id=tour.thread_id,
            due_at=clock.now() + timedelta(days=2),
            part="reminder-24h",
        )
        await services.tours.reminded("default", tour, "dlv_r")
        data = {
            "tour_id": tour.tour_id,
            "starts_at": (tour.starts_at + timedelta(days=1)).isoformat(),
        }
        await teller.told("tour.updated", data)
        row = await services.outbox.store.get("default", "dlv_r")
        assert row is not None
        assert row.state is DeliveryState.CANCELED

    async def test_older_news_comes_to_nothing(self, teller: Teller, tour: Tour) -> None:
        moved = (tour.starts_at + timedelta(days=1)).isoformat()
        news = {"tour_id": tour.tour_id, "starts_at": moved, "updated_at": "2026-03-02T17:59:00Z"}
        assert (await teller.told("tour.updated", news))["stale"] is False
        old = {
            "tour_id": tour.tour_id,
            "starts_at": tour.starts_at.isoformat(),
            "updated_at": "2026-03-02T17:58:00Z",
        }
        assert (await teller.told("tour.updated", old, message_id="m"))["stale"] is True
        assert (await teller.told("tour.updated", old, message_id="m"))["duplicate"] is True
        now = await teller.services.tours.get("default", tour.tour_id)
        assert now.starts_at == tour.starts_at + timedelta(days=1)

    async def test_a_step_that_cannot_be_is_refused(self, teller: Teller, tour: Tour) -> None:
        data = {"tour_id": tour.tour_id, "status": "visited"}
        assert code(await teller.tell("tour.updated", data)) == (409, "tour_not_started")
        data = {"tour_id": tour.tour_id, "starts_at": "2020-01-01T00:00:00Z"}
        assert (await teller.tell("tour.updated", data)).status_code in (409, 422)
