"""Bulk work over HTTP: what may be sent, who may look, what becomes of it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from agent.errors import InvalidInput
from agent.jobs.models import Job
from agent.jobs.step import Step
from agent.kit.clock import ManualClock
from agent.services import Services
from agent.settings import Settings
from agent.tenants.models import Tenant
from server import files, importing
from server.files import Inflow
from server.jobs import KINDS, Kind, Params, queue_nightly
from server.scopes import Scope
from server.state import State, state_over
from tests.server.parties import Json, Staff, Visitor
from tests.server.test_hostile import refusal

MB = 1024 * 1024
BOUNDARY = "latchkey"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
CSV = "/api/training/ingest-csv"
START = "/api/training/start"


class CountParams(Params):
    up_to: int = 3


async def count(services: Services, job: Job, step: Step) -> Mapping[str, Any]:
    up_to = CountParams.model_validate(job.params).up_to
    for number in range(up_to):
        await step(number + 1, up_to)
    return {"counted": up_to}


async def refuse(services: Services, job: Job, step: Step) -> Mapping[str, Any]:
    raise InvalidInput("table_empty", "The file has no rows.")


async def measure(services: Services, job: Job, step: Step) -> Mapping[str, Any]:
    """Stands for a handler of files: how long the file is."""
    assert job.upload_id
    async with services.uploads.open(job.tenant_id, job.upload_id) as path:
        return {"bytes": path.stat().st_size, "suffix": path.suffix}


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "count", Kind(count, CountParams, startable=True))
    monkeypatch.setitem(KINDS, "refuse", Kind(refuse, startable=True))
    monkeypatch.setitem(KINDS, "ingest_csv", Kind(measure))


@pytest.fixture
async def state(kinds: None, demo: Services) -> AsyncIterator[State]:
    async with state_over(demo) as state:
        yield state


async def finished(staff: Staff, job_id: str) -> Json:
    for _ in range(1000):
        job = await staff.read(f"/api/jobs/{job_id}")
        if job["status"] in ("done", "failed"):
            return dict(job)
        await asyncio.sleep(0.05)
    raise AssertionError(job)


async def a_key(state: State, web: httpx.AsyncClient, *scopes: Scope, tenant: str) -> Staff:
    _, secret = await state.services.keys.issue(tenant, "test", scopes)
    return Staff(web, secret)


async def upload(staff: Staff, data: bytes, name: str = "a.csv", **more: Any) -> httpx.Response:
    return await staff.web.post(CSV, files={"file": (name, data)}, headers=staff.headers, **more)


async def kept(state: State) -> tuple[int, int]:
    rows = state.services.repository
    return (
        await rows.scoped("uploads", "default").count({}),
        await rows.scoped("upload_chunks", "default").count({}),
    )


class TestStart:
    async def test_is_done_and_reported(self, staff: Staff, state: State) -> None:
        answer = await staff.post(START, {"kind": "count", "params": {"up_to": 5}})
        assert answer.status_code == 202
        job_id = answer.json()["job_id"]
        job = await finished(staff, job_id)
        assert job["status"] == "done"
        assert job["progress"] == {"done": 5, "total": 5}
        assert (job["report"], job["error"]) == ({"counted": 5}, None)
        [listed] = (await staff.read("/api/jobs"))["items"]
        assert listed == job
        records = await state.services.audit.store.about("default", job_id)
        assert sorted(record.kind for record in records) == ["job.done", "job.queued"]
        assert all(record.actor.startswith("key:") for record in records)

    async def test_failure_says_what_to_do(self, staff: Staff) -> None:
        answer = await staff.post(START, {"kind": "refuse"})
        job = await finished(staff, answer.json()["job_id"])
        assert job["status"] == "failed"
        assert job["error"] == {"code": "table_empty", "message": "The file has no rows."}

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"kind": "count", "params": {"up_too": 5}}, "request_invalid"),
            ({"kind": "count", "params": {"up_to": "many"}}, "request_invalid"),
            ({"kind": "count", "params": []}, "request_invalid"),
            ({"kind": "count", "x": 1}, "request_invalid"),
            ({"kind": "ingest_csv"}, "job_kind_unknown"),
            ({"kind": "rm -rf"}, "job_kind_unknown"),
            ({"kind": {"$ne": ""}}, "request_invalid"),
            ({}, "request_invalid"),
        ],
    )
    async def test_what_no_kind_takes_is_refused(self, staff: Staff, body: Json, code: str) -> None:
        assert refusal(await staff.post(START, body)) == (422, code)
        assert (await staff.read("/api/jobs"))["items"] == []

    async def test_wrong_params_are_named(self, staff: Staff) -> None:
        answer = await staff.post(START, {"kind": "count", "params": {"up_too": 5}})
        assert answer.json()["error"]["details"][0]["at"] == "body.params.up_too"


class TestWhoMayLook:
    async def test_everyone_at_their_own(
        self, staff: Staff, state: State, web: httpx.AsyncClient
    ) -> None:
        others = (await staff.post(START, {"kind": "count"})).json()["job_id"]
        writer = await a_key(state, web, Scope.TRAINING_WRITE, tenant="default")
        mine = (await writer.post(START, {"kind": "count"})).json()["job_id"]
        assert [job["job_id"] for job in (await writer.read("/api/jobs"))["items"]] == [mine]
        assert (await writer.get(f"/api/jobs/{mine}")).status_code == 200
        assert refusal(await writer.get(f"/api/jobs/{others}")) == (404, "job_not_found")
        reader = await a_key(state, web, Scope.TRAINING_READ, tenant="default")
        assert len((await reader.read("/api/jobs"))["items"]) == 2
        assert (await reader.get(f"/api/jobs/{others}")).status_code == 200

    async def test_no_other_tenant(
        self, staff: Staff, state: State, web: httpx.AsyncClient
    ) -> None:
        job_id = (await staff.post(START, {"kind": "count"})).json()["job_id"]
        await state.services.tenants.put(Tenant(tenant_id="other", name="Other"))
        other = await a_key(state, web, *Scope, tenant="other")
        assert (await other.read("/api/jobs"))["items"] == []
        foreign, unknown = [
            (await other.get(f"/api/jobs/{name}")).json()["error"]["message"]
            for name in (job_id, "job_nothing")
        ]
        assert foreign.replace(job_id, "job_nothing") == unknown

    async def test_no_visitor(self, visitor: Visitor) -> None:
        answer = await visitor.web.get("/api/jobs", headers=visitor.headers)
        assert refusal(answer) == (403, "scope_missing")

    async def test_a_page_at_a_time(self, staff: Staff) -> None:
        ids = [(await staff.post(START, {"kind": "count"})).json()["job_id"] for _ in range(3)]
        page = await staff.read("/api/jobs", limit=2)
        rest = await staff.read("/api/jobs", limit=2, cursor=page["next_cursor"])
        assert {job["job_id"] for job in page["items"] + rest["items"]} == set(ids)
        await finished(staff, ids[0])
        assert (await staff.read("/api/jobs", kind="refuse"))["items"] == []
        assert refusal(await staff.get("/api/jobs", status="lost")) == (422, "request_invalid")


class TestUpload:
    async def test_reaches_its_job_and_is_gone(self, staff: Staff, state: State) -> None:
        answer = await upload(staff, b"role,text\n" + b"lead,hi\n" * 300_000, "Kim's talk.CSV")
        assert answer.status_code == 202
        job = await finished(staff, answer.json()["job_id"])
        assert job["report"] == {"bytes": 2_400_010, "suffix": ".csv"}
        for _ in range(1000):
            if await kept(state) == (0, 0):
                break
            await asyncio.sleep(0.02)
        assert await kept(state) == (0, 0)

    async def test_in_pieces_of_any_size(self, staff: Staff) -> None:
        form = _form(_part("file", b"x" * 1000, "a.csv"))
        for size in (1, 3, 17, 1000):

            async def pieces(size: int = size) -> AsyncIterator[bytes]:
                for start in range(0, len(form), size):
                    yield form[start : start + size]

            answer = await staff.web.post(CSV, content=pieces(), headers=staff.headers | FORM)
            job = await finished(staff, answer.json()["job_id"])
            assert job["report"]["bytes"] == 1000

    async def test_of_an_unknown_community_is_refused_before_it_is_read(self, staff: Staff) -> None:
        answer = await upload(staff, b"x", params={"community": "nowhere"})
        assert refusal(answer) == (404, "community_not_found")

    async def test_needs_the_scope_before_it_is_read(
        self, state: State, web: httpx.AsyncClient
    ) -> None:
        reader = await a_key(state, web, Scope.TRAINING_READ, tenant="default")
        assert refusal(await upload(reader, b"x" * 3 * MB)) == (403, "scope_missing")
        assert await kept(state) == (0, 0)

    async def test_over_the_limit_leaves_nothing(self, staff: Staff, state: State) -> None:
        for data in (b"x" * (50 * MB + 1), b"x" * (52 * MB)):
            assert refusal(await upload(staff, data)) == (413, "upload_too_large")
        assert await kept(state) == (0, 0)

    async def test_what_is_no_form_with_one_file_is_refused(
        self, staff: Staff, state: State
    ) -> None:
        found = {
            name: refusal(
                await staff.web.post(CSV, content=body, headers=staff.headers | FORM | headers)
            )
            for name, (body, headers, _, _) in FORMS.items()
        }
        assert found == {name: (status, code) for name, (*_, status, code) in FORMS.items()}
        assert await kept(state) == (0, 0)
        assert (await staff.read("/api/jobs"))["items"] == []


class TestNightly:
    async def test_once_a_tenant_and_night(
        self, demo: Services, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in list(KINDS):
            monkeypatch.delitem(KINDS, name)
        monkeypatch.setitem(KINDS, "count", Kind(count, CountParams, nightly=True))
        await demo.tenants.put(Tenant(tenant_id="other", name="Other"))
        asked = [22, 2, 3, 4, 5, 6, 3]  # two nights, by the hour; it is 18:00
        queued = []
        for hour in asked:
            clock.advance(timedelta(hours=(hour - clock.now().hour) % 24))
            await asyncio.gather(*(queue_nightly(demo) for _ in range(3)))
            queued.append(await demo.repository.across_tenants("jobs").count({}))
        assert queued == [0, 0, 2, 2, 2, 2, 4]
        [first, _] = (await demo.jobs.store.page("other")).items
        assert (first.kind, first.created_by) == ("count", "latchkey")

    async def test_not_where_it_is_switched_off(self, demo: Services, clock: ManualClock) -> None:
        clock.advance(timedelta(hours=(3 - clock.now().hour) % 24))
        await queue_nightly(replace(demo, settings=Settings(nightly="off")))
        assert (await demo.jobs.store.page("default")).items == []
        await queue_nightly(demo)
        kinds = {job.kind for job in (await demo.jobs.store.page("default")).items}
        assert kinds == {"retrain", "embeddings"}


class TestImport:
    @pytest.fixture(autouse=True)
    def kinds(self, monkeypatch: pytest.MonkeyPatch, kinds: None) -> None:
        """The real way in, in the place of the one above."""
        monkeypatch.setitem(KINDS, "ingest_csv", Kind(importing.csv, importing.ImportParams))

    async def test_a_csv_becomes_threads_and_again_adds_nothing(self, staff: Staff) -> None:
        data = (
            b"role,text,timestamp\n"
            b"lead,I am at kim@example.com,2026-01-05 10:00\nagent,Hello!,2026-01-05 10:01\n"
            b",,\n,,\nlead,Two bedrooms?,2026-01-06 09:00\nagent,Yes.,2026-01-06 09:02\n"
        )
        for added in (4, 0):
            answer = await upload(staff, data, "kim@example.com 503-555-0142.csv")
            job = await finished(staff, answer.json()["job_id"])
            assert job["status"] == "done", job["error"]
            report = job["report"]
            assert (report["threads"], report["messages"], report["added"]) == (2, 4, added)
        assert "kim@" not in str(job)

    async def test_a_name_of_a_file_tells_of_nobody(self, staff: Staff, state: State) -> None:
        answer = await upload(staff, b"role,text\nlead,hi\n", "kim@example.com.csv")
        await finished(staff, answer.json()["job_id"])
        for collection in ("jobs", "threads", "raw_messages", "uploads"):
            rows = await state.services.repository.scoped(collection, "default").find({})
            assert rows or collection == "uploads"
            assert "kim@" not in str(rows), collection

    async def test_threads_become_threads(self, staff: Staff, state: State) -> None:
        threads = [
            {"messages": [{"role": "lead", "text": f"Hello {n}"}, {"role": "agent", "text": "Hi."}]}
            for n in range(3)
        ]
        answer = await staff.post("/api/training/ingest", {"threads": threads})
        assert answer.status_code == 202
        job = await finished(staff, answer.json()["job_id"])
        assert job["status"] == "done", job["error"]
        assert (job["report"]["threads"], job["report"]["added"]) == (3, 6)

    async def test_threads_of_another_shape_are_refused(self, staff: Staff) -> None:
        bodies: list[Json] = [
            {},
            {"threads": {}},
            {"threads": [{"messages": [{"text": "no role"}]}]},
            {"threads": [{"messages": [{"role": "lead", "text": "hi", "sent_at": "2026-01-05"}]}]},
            {"threads": [{"messages": [], "id": "crm-1"}]},
            {"threads": [], "x": 1},
        ]
        for body in bodies:
            answer = await staff.post("/api/training/ingest", body)
            assert refusal(answer) == (422, "request_invalid")

    @pytest.mark.parametrize(
        "data",
        [
            b"PK\x03\x04" + b"\x00" * 200,
            b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
            b"price,area\n1,2\n",
            b"\n\n\n",
        ],
    )
    async def test_a_file_that_holds_no_conversations_fails_and_says_why(
        self, staff: Staff, state: State, data: bytes
    ) -> None:
        answer = await upload(staff, data, "talks.csv")
        assert answer.status_code == 202
        job = await finished(staff, answer.json()["job_id"])
        assert job["status"] == "failed"
        assert job["error"]["code"].startswith(("table_", "conversation_")), job["error"]
        assert job["error"]["message"]


def _part(field: str, data: bytes, name: str | None = None) -> bytes:
    file = f'; filename="{name}"' if name else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"{file}\r\n\r\n'
    return head.encode() + data + b"\r\n"


def _form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


_GOOD = _part("file", b"x" * (2 * MB), "a.csv")
FORMS: dict[str, tuple[bytes, dict[str, str], int, str]] = {
    "cut in the file": (_GOOD[:MB], {}, 400, "body_malformed"),
    "cut before the end": (_GOOD, {}, 400, "body_malformed"),
    "no bytes": (b"", {}, 400, "body_malformed"),
    "no part": (_form(), {}, 422, "upload_file_missing"),
    "nonsense": (b"nonsense", {}, 400, "body_malformed"),
    "another boundary": (_form(_GOOD).replace(BOUNDARY.encode(), b"x"), {}, 400, "body_malformed"),
    "another field": (_form(_part("csv", b"x", "a.csv")), {}, 422, "upload_field_unknown"),
    "no file name": (_form(_part("file", b"x")), {}, 422, "upload_field_unknown"),
    "a field before": (_form(_part("a", b"b"), _GOOD), {}, 422, "upload_field_unknown"),
    "a field after": (_form(_GOOD, _part("a", b"b")), {}, 422, "upload_field_unknown"),
    "two files": (_form(_GOOD, _GOOD), {}, 422, "upload_field_unknown"),
    "an empty file": (_form(_part("file", b"", "a.csv")), {}, 422, "upload_empty"),
    "nine headers": (
        f"--{BOUNDARY}\r\n".encode() + b"X: y\r\n" * 9 + b"\r\nx\r\n", {}, 400, "body_malformed"
    ),
    "JSON": (b"{}", {"Content-Type": "application/json"}, 415, "content_type_unsupported"),
    "plain CSV": (b"a,b", {"Content-Type": "text/csv"}, 415, "content_type_unsupported"),
    "no boundary": (
        _form(_GOOD), {"Content-Type": "multipart/form-data"}, 415, "content_type_unsupported"
    ),
    "long boundary": (
        _form(_GOOD), {"Content-Type": f"multipart/form-data; boundary={'x' * 300}"},
        400, "body_malformed",
    ),
    "packed": (b"\x1f\x8b" + b"x" * 50, {"Content-Encoding": "gzip"}, 400, "body_malformed"),
}  # fmt: skip


class TestOverASocket:
    async def test_a_refusal_reaches_who_is_still_sending(
        self, live: httpx.AsyncClient, staff: Staff, state: State
    ) -> None:
        too_large = await live.post(
            CSV, files={"file": ("a.csv", b"x" * (60 * MB))}, headers=staff.headers
        )
        assert refusal(too_large) == (413, "upload_too_large")
        nobody = await live.post(CSV, files={"file": ("a.csv", b"x" * (10 * MB))})
        assert refusal(nobody) == (401, "credential_missing")
        assert await kept(state) == (0, 0)

    async def test_a_sender_that_hangs_up_leaves_nothing(
        self, live: httpx.AsyncClient, staff: Staff, state: State
    ) -> None:
        _, writer = await asyncio.open_connection(live.base_url.host, live.base_url.port)
        head = f"POST {CSV} HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n"
        for name, value in (staff.headers | FORM).items():
            head += f"{name}: {value}\r\n"
        writer.write(head.encode() + b"\r\n" + _part("file", b"x" * (3 * MB), "a.csv"))
        await writer.drain()
        for _ in range(1000):
            if (await kept(state))[1]:
                break
            await asyncio.sleep(0.02)
        assert (await kept(state))[1]
        writer.close()
        for _ in range(1000):
            if not (await kept(state))[1]:
                break
            await asyncio.sleep(0.02)
        assert await kept(state) == (0, 0)
        assert (await staff.read("/api/jobs"))["items"] == []


class TestInflow:
    async def test_a_body_that_does_not_come_is_not_waited_for(self) -> None:
        async def never() -> Any:
            await asyncio.sleep(60)

        for limits in ({"idle_seconds": 0.02}, {"seconds": 0.02}):
            inflow = Inflow(never, MB, **limits)
            with pytest.raises(InvalidInput) as refused:
                await inflow.receive()
            assert refused.value.code == "body_slow"
            await inflow.drain()

    async def test_reads_no_endless_body_to_its_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        read = 0

        async def endless() -> Any:
            nonlocal read
            read += MB
            return {"type": "http.request", "body": b"x" * MB, "more_body": True}

        monkeypatch.setattr(files, "_DRAIN", 2 * MB)
        inflow = Inflow(endless, MB)
        await inflow.receive()
        await inflow.drain()
        assert read == 3 * MB
