import asyncio
import contextlib
import csv
import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.errors import InvalidInput, NotFound, StorageFull
from agent.ingest.conversations import ingest as ingestion
from agent.ingest.conversations import segments
from agent.ingest.conversations.given import GivenThreads
from agent.ingest.conversations.ingest import ingest_conversations, ingest_threads
from agent.ingest.conversations.models import ConversationReport, Part
from agent.ingest.conversations.redaction import Redacted, Redactor
from agent.mongo.repository import Collection
from agent.services import Services
from agent.tenants.models import Tenant
from agent.threads.models import Message, Thread

TENANT = "default"
EXPORT = """\
role,text,timestamp
lead,"Hi, I need 2 bedrooms in Katy under $1,800",2025-01-21 13:00:00
agent,"Sure! May I have your name, and a number to reach you?",2025-01-21 13:01:00
lead,"Dana Lopez, dana@example.com or (713) 555-0142. Moving at the end of May",2025-01-21 13:02:00
agent,There is Harbor House with 2 bedrooms for $1750 per month.,
lead,Could I tour it?,2025-01-21 13:04:00
,,
,,
lead,Do you have a studio? I live at 12 Elm Street,2025-01-22 09:00:00
agent,"No, sorry.",2025-01-22 09:01:00
"""
Ingest = Callable[..., Awaitable[ConversationReport]]


@pytest.fixture
def ingest(services: Services, tmp_path: Path) -> Ingest:
    async def run(text: str | bytes, name: str = "export.csv", **args: Any) -> ConversationReport:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return await ingest_conversations(services, path, **{"tenant_id": TENANT, **args})

    return run


async def stored(services: Services) -> dict[str, list[dict[str, Any]]]:
    """Every row of every collection that an ingest writes, in a fixed order."""
    names = {
        "messages": ("thread_id", "turn_index"),
        "raw_messages": ("thread_id", "message_id"),
        "threads": ("thread_id",),
        "leads": ("lead_id",),
    }
    found = {}
    for name, keys in names.items():
        rows = await services.repository.scoped(name, TENANT).find({})
        found[name] = sorted(rows, key=lambda row: [row[key] for key in keys])
    return found


async def texts(services: Services) -> list[list[str]]:
    """The texts of each thread, in the order of the threads' first words."""
    threads: dict[str, list[str]] = {}
    for row in (await stored(services))["messages"]:
        threads.setdefault(row["thread_id"], []).append(row["text"])
    return sorted(threads.values())


class TestRows:
    async def test_messages(self, services: Services, ingest: Ingest) -> None:
        report = await ingest(EXPORT)
        assert (report.threads, report.messages, report.added) == (2, 7, 7)
        assert [row["code"] for row in report.warnings] == ["timestamp_missing"]
        assert report.pii == {"name": 1, "email": 1, "phone": 1, "address": 1}
        rows = (await stored(services))["messages"]
        third = next(row for row in rows if "[email]" in row["text"])
        assert third["text"] == "[name], [email] or [phone]. Moving at the end of May"
        assert third["clean_text"] == third["text"]
        assert third["timestamp"] == datetime(2025, 1, 21, 13, 2, tzinfo=UTC)
        assert third["entities"] == {"move_date": "2025-05-31"}
        assert third["source"] == "csv"
        assert set(third["pii_hashes"]) == {"name", "email", "phone"}
        assert all(Message.model_validate(row) for row in rows)
        stages = {row["stage"] for row in rows}
        assert {"qualifying", "sending_list", "touring"} <= stages

    async def test_thread(self, services: Services, ingest: Ingest) -> None:
        await ingest(EXPORT)
        page = await services.threads.store.page(TENANT)
        thread = next(thread for thread in page.items if thread.message_count == 5)
        assert thread.thread_id.startswith("csv-")
        assert thread.status == "closed"
        assert thread.labels == ["qualified", "sending_list", "touring"]
        assert thread.summary == (
            "2 bedrooms under $1,800 in Katy, move by May 31, 2025, likes Harbor House; touring"
        )
        assert thread.source_file == "export.csv"
        profile = thread.lead_profile
        assert (profile["budget"], profile["preferred_areas"]) == (1800, ["Katy"])
        lead = await services.leads.get(TENANT, thread.lead_id)
        assert {f"{name}_hash": value for name, value in lead.hashes.items()} == {
            name: value for name, value in profile.items() if name.endswith("_hash")
        }
        assert thread.first_message_ts == datetime(2025, 1, 21, 13, tzinfo=UTC)
        assert thread.last_message_ts == datetime(2025, 1, 21, 13, 4, tzinfo=UTC)

    async def test_what_was_taken_out_is_in_the_vault_and_nowhere_else(
        self, services: Services, ingest: Ingest
    ) -> None:
        await ingest(EXPORT)
        rows = await stored(services)
        for secret in ("dana@", "555-0142", "Lopez", "Elm Street", "7135550142"):
            assert secret not in repr(rows)
        [lead] = [lead for lead in rows["leads"] if lead.get("contact_ref")]
        contact = await services.vault.get(TENANT, lead["contact_ref"])
        assert contact is not None
        assert (contact.name, contact.email) == ("Dana Lopez", "dana@example.com")
        assert contact.phone == "+17135550142"

    async def test_raw_messages_are_as_written(self, services: Services, ingest: Ingest) -> None:
        await ingest(
            "Sender;Body;Sent at;Conversation ID\nLEAD ;“Hi”  there;3/1/2025 9:05 AM; A-1\n"
        )
        rows = await stored(services)
        [raw], [message] = rows["raw_messages"], rows["messages"]
        assert message["text"] == '"Hi" there'
        assert raw["message_id"] == message["message_id"]
        assert (raw["role"], raw["text"]) == ("LEAD ", "“Hi”  there")
        assert (raw["timestamp"], raw["thread"], raw["line"]) == ("3/1/2025 9:05 AM", "A-1", 2)


class TestAgain:
    async def test_the_same_file_twice_and_renamed(
        self, services: Services, ingest: Ingest
    ) -> None:
        await ingest(EXPORT)
        first = await stored(services)
        for name in ("export.csv", "renamed.csv"):
            again = await ingest(EXPORT, name)
            assert (again.threads, again.messages, again.added) == (2, 7, 0)
        assert await stored(services) == first

    @pytest.mark.parametrize("lines", range(2, 10))
    async def test_a_part_of_the_file_and_then_all_of_it(
        self, services: Services, ingest: Ingest, lines: int
    ) -> None:
        half = await ingest("".join(EXPORT.splitlines(keepends=True)[:lines]))
        whole = await ingest(EXPORT)
        assert half.added + whole.added == 7
        rows = await stored(services)
        await clear(services)
        await ingest(EXPORT)
        assert await stored(services) == rows

    async def test_two_at_once(self, services: Services, ingest: Ingest) -> None:
        reports = await asyncio.gather(*(ingest(EXPORT, f"{n}.csv") for n in range(4)))
        assert sum(report.added for report in reports) == 7
        rows = await stored(services)
        assert (len(rows["messages"]), len(rows["threads"]), len(rows["leads"])) == (7, 2, 2)

    async def test_conversations_that_begin_alike(self, services: Services, ingest: Ingest) -> None:
        text = "role,text\n" + "\n,\n,\n".join(
            ["lead,Hi\nagent,Hello", "lead,Hi\nagent,Good day", "lead,Hi\nagent,Hello", "lead,Hi"]
        )
        report = await ingest(text)
        assert (report.threads, report.added) == (4, 7)
        assert await texts(services) == [["Hi"], ["Hi", "Good day"], *[["Hi", "Hello"]] * 2]
        assert (await ingest(text)).added == 0

    async def test_other_tenants_have_their_own(self, services: Services, ingest: Ingest) -> None:
        await services.tenants.put(Tenant(tenant_id="other", name="Other"))
        await ingest(EXPORT)
        report = await ingest(EXPORT, tenant_id="other")
        assert report.added == 7
        rows = await services.repository.scoped("messages", "other").find({})
        ids = {row["message_id"] for row in (await stored(services))["messages"]}
        assert not ids & {row["message_id"] for row in rows}

    async def test_a_cut_thread_is_mended(self, services: Services, ingest: Ingest) -> None:
        await ingest(EXPORT)
        wanted = await stored(services)
        for name, keep in (("threads", 0), ("messages", 4)):
            rows = services.repository.scoped(name, TENANT)
            await rows.delete_many({"turn_index": {"$gte": keep}} if keep else {})
        report = await ingest(EXPORT)
        assert report.added == 1
        assert await stored(services) == wanted


async def clear(services: Services) -> None:
    for name in ("messages", "raw_messages", "threads", "leads", "vault"):
        await services.repository.scoped(name, TENANT).delete_many({})


class TestParts:
    """Long conversations and interleaved ones pass in parts, as one."""

    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(segments, "LONGEST_PART", 3)
        monkeypatch.setattr(segments, "HELD_TURNS", 2)

    async def test_as_if_it_were_whole(
        self, services: Services, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines = EXPORT.replace(",,\n,,\n", "").splitlines()
        rows = [f"{line},{n % 2}" for n, line in enumerate(lines[1:])]
        text = "\n".join([f"{lines[0]},thread_id", *rows, rows[0], rows[1]])
        parts = await ingest(text)
        found = await stored(services)
        assert (parts.threads, parts.added, parts.duplicates) == (2, 7, 2)
        assert (await ingest(text)).added == 0
        await clear(services)
        monkeypatch.undo()
        assert (await ingest(text)).duplicates == 2
        assert await stored(services) == found

    async def test_a_file_that_is_one_conversation(
        self, services: Services, ingest: Ingest
    ) -> None:
        report = await ingest("role,text\n" + "lead,Hello\nagent,Hello\n" * 20)
        assert (report.threads, report.added) == (1, 40)
        [thread] = (await stored(services))["threads"]
        assert (thread["message_count"], thread["next_turn"]) == (40, 40)


class TestDialects:
    NAMES = (
        ("role", "text", "timestamp", "thread_id"),
        ("Sender", "Message Body", "Sent At", "Conversation ID"),
        ("AUTHOR", "Content", "dateTime", "threadId"),
    )
    DIALECTS = tuple(
        (encoding, sign, end, quoted, names)
        for (encoding, sign, end), quoted, names in zip(
            [
                ("utf-8", ",", "\n"),
                ("utf-8-sig", ";", "\r\n"),
                ("utf-16", "\t", "\n"),
                ("utf-16-le", ",", "\r"),
                ("utf-16-be", ";", "\r\n"),
                ("cp1252", "\t", "\r\n"),
                ("latin-1", ",", "\r"),
                ("cp1252", ";", "\n"),
                ("utf-8", "\t", "\r"),
                ("utf-8-sig", ",", "\r\n"),
                ("utf-16", ";", "\r"),
                ("utf-32", "|", "\n"),
            ],
            [False, True] * 6,
            NAMES * 4,
            strict=True,
        )
    )

    async def test_twelve_say_the_same(self, services: Services, ingest: Ingest) -> None:
        first: Any = None
        for encoding, sign, end, quoted, names in self.DIALECTS:
            file = io.StringIO()
            writer = csv.writer(
                file, delimiter=sign, lineterminator=end, quoting=1 if quoted else 0
            )
            writer.writerow(names)
            writer.writerows(csv.reader(io.StringIO(self.rows(sign, end))))
            report = await ingest(file.getvalue().encode(encoding))
            assert (report.threads, report.messages, report.rejected) == (3, 6, [])
            assert report.added == (0 if first else 6)
            first = first or await stored(services)
            assert await stored(services) == first
        assert await texts(services) == [
            ["Café at $1,500; ok?", 'Yes, "furnished" and quiet\nwith two lines'],
            ["Hello", "£5 a day"],
            ["Oh", "Ah"],
        ]

    def rows(self, sign: str, end: str) -> str:
        quoted = f'Yes, ""furnished""\tand quiet{end}with two lines'
        return (
            'lead,"Café at $1,500; ok?",2025-01-01T10:00:00Z,\n'
            f'agent,"{quoted}",2025-01-01 10:00:05,\n'
            ",,,\n,,,\n"
            "Lead,Hello,1735725720,\n"
            "AGENT,£5 a day,01/01/2025 10:03 AM,\n"
            "lead,Oh,2025-01-01T11:00:00+01:00,x1\nagent,Ah,,x1\n"
        )


class TestRefused:
    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "table_empty"),
            (b"\n\n \n", "table_empty"),
            (b",,\n,,\n,,\n", "table_empty"),
            (b"\xef\xbb\xbf", "table_empty"),
            (b"PK\x03\x04 a workbook", "table_binary"),
            (b"%PDF-1.7", "table_binary"),
            (bytes(range(256)) * 20, "table_binary"),
            (b"lead,Hello there,2025-01-01\n", "conversation_columns_unknown"),
            (b"role,timestamp\nlead,2025-01-01\n", "conversation_columns_unknown"),
        ],
    )
    async def test_whole_files(self, ingest: Ingest, content: bytes, code: str) -> None:
        with pytest.raises(InvalidInput) as raised:
            await ingest(content)
        assert raised.value.code == code

    async def test_a_folder_a_missing_file_and_an_unknown_community(
        self, services: Services, tmp_path: Path, ingest: Ingest
    ) -> None:
        for path in (tmp_path, tmp_path / "none.csv"):
            with pytest.raises(InvalidInput) as raised:
                await ingest_conversations(services, path, tenant_id=TENANT)
            assert raised.value.code == "table_unreadable"
        with pytest.raises(NotFound):
            await ingest(EXPORT, community_id="nowhere")

    async def test_rows(self, ingest: Ingest) -> None:
        long = "x" * 200_000
        report = await ingest(
            "role,text,timestamp\n"
            "lead,fine,2025-01-01\n"
            "robot,what,2025-01-01\n"
            "lead,  ,2025-01-01\n"
            "role,text,timestamp\n"
            "lead,one, two,2025-01-01\n"
            f"lead,{long},\n"
            'lead,"never closed,2025-01-01\n'
            "agent,last,2025-01-0"
        )
        assert [(row["line"], row["code"]) for row in report.rejected] == [
            (3, "role_unknown"),
            (4, "text_missing"),
            (5, "header_repeated"),
            (6, "row_too_long"),
            (7, "text_too_long"),
            (8, "row_malformed"),
        ]
        assert [(row["line"], row["code"]) for row in report.warnings] == [
            (9, "timestamp_unparseable")
        ]
        assert (report.threads, report.messages) == (1, 2)

    async def test_into_a_file_that_no_spreadsheet_runs(
        self, ingest: Ingest, tmp_path: Path
    ) -> None:
        out = tmp_path / "rejected.csv"
        await ingest('role,text\n=cmd|x,"-1+1"\nlead,ok\n', rejected=out)
        header, row = csv.reader(out.read_text().splitlines())
        assert header == ["line", "code", "reason", "role", "text"]
        assert [row[0], row[1], *row[3:]] == ["2", "role_unknown", "'=cmd|x", "'-1+1"]
        assert out.stat().st_mode & 0o077 == 0
        with pytest.raises(InvalidInput):
            await ingest(EXPORT, rejected=tmp_path / "no" / "where.csv")

    async def test_many_problems_are_counted_and_some_listed(self, ingest: Ingest) -> None:
        report = await ingest("role,text\n" + "nobody,hello\n" * 10_050 + "lead,ok\n")
        assert (len(report.rejected), report.rejected_count) == (10_000, 10_050)
        assert report.messages == 1

    async def test_a_full_disk_is_told(
        self, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def full(*_: Any) -> int:
            raise StorageFull("storage_full", "The database's disk is full.")

        monkeypatch.setattr(Collection, "insert_many", full)
        with pytest.raises(StorageFull):
            await ingest(EXPORT)


class TestZones:
    async def test_times_without_a_zone(self, services: Services, ingest: Ingest) -> None:
        community = await services.tenants.community(TENANT)
        text = "role,text,timestamp\nlead,{0},2025-07-01 09:00\n"
        await ingest(text.format("utc"))
        await ingest(text.format("there"), community_id=community.community_id)
        hours = {row["text"]: row["timestamp"].hour for row in (await stored(services))["messages"]}
        there = datetime(2025, 7, 1, 9, tzinfo=community.tz).astimezone(UTC)
        assert hours == {"utc": 9, "there": there.hour}


class TestSteps:
    async def test_progress_and_cursor(
        self, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ingestion, "BATCH", 100)
        steps: list[tuple[int, int | None, Any]] = []

        async def step(*how: Any) -> None:
            steps.append(how)

        text = "role,text\n" + "lead,one\nagent,two\n,\n,\n" * 120
        report = await ingest(text, step=step)
        assert len(steps) > 1
        assert steps[-1] == (240, 240, {"parts": 120, "added": report.added, "pii": {}})
        again = await ingest(text, cursor=steps[-1][2])
        assert again.added == report.added == 240

    @pytest.mark.untraced
    async def test_goes_on_from_any_cursor(
        self, services: Services, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Named and nameless conversations in each other's way, some longer than one part."""
        monkeypatch.setattr(ingestion, "BATCH", 4)
        monkeypatch.setattr(segments, "LONGEST_PART", 3)
        monkeypatch.setattr(segments, "HELD_TURNS", 5)
        text = "role,text,timestamp,thread_id\n" + "".join(
            f'lead,"I am Kim{n % 3}, kim{n}@example.com",,{"abc"[n % 3] if n % 5 else ""}\n'
            + "agent,Hello again,,\n" * (n % 4)
            + ",,,\n" * (n % 3)
            + "lead,Hi,,\nagent,Hello,,\n"
            for n in range(24)
        )
        cursors: list[Any] = []

        async def step(done: int, total: int | None, cursor: Any) -> None:
            cursors.append(cursor)

        whole = await ingest(text, step=step, import_id="job_1")
        wanted = await stored(services)
        assert len(cursors) > 10
        told = {"rows_per_second"}
        for reached in range(0, len(cursors), 5):
            for name in wanted:
                await services.repository.scoped(name, TENANT).delete_many({})
            await services.repository.scoped("vault", TENANT).delete_many({})
            seen: list[Any] = []

            async def dies(*how: Any, last: int = reached + 2, seen: list[Any] = seen) -> None:
                seen.append(how[2])
                if len(seen) == last:
                    raise LookupError("killed before its cursor was saved")

            with contextlib.suppress(LookupError):
                await ingest(text, step=dies, import_id="job_1")
            kept = seen[min(reached, len(seen) - 1)]
            rest = await ingest(text, cursor=kept, import_id="job_1")
            assert rest.model_dump(exclude=told) == whole.model_dump(exclude=told)
            assert await stored(services) == wanted

    async def test_what_is_written_is_not_read_for_data_again(
        self, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ingestion, "BATCH", 100)
        cursors: list[Any] = []

        async def step(done: int, total: int | None, cursor: Any) -> None:
            cursors.append(cursor)

        text = "role,text\n" + "lead,one\nagent,two\n,\n,\n" * 120
        await ingest(text, step=step, import_id="job_1")
        read: list[int] = []
        part = Redactor.part

        def counted(redactor: Redactor, each: Part) -> Redacted:
            read.append(each.serial)
            return part(redactor, each)

        monkeypatch.setattr(Redactor, "part", counted)
        await ingest(text, cursor=cursors[0], import_id="job_1")
        assert read == list(range(cursors[0]["parts"] + 1, 121))

    async def test_what_a_step_raises_ends_it(self, ingest: Ingest) -> None:
        async def lost(*_: Any) -> None:
            raise LookupError("the job was lost")

        with pytest.raises(LookupError):
            await ingest(EXPORT, step=lost)


class TestGiven:
    async def test_threads(self, services: Services) -> None:
        given = GivenThreads.model_validate(
            {
                "threads": [
                    {
                        "thread_id": "crm-1",
                        "messages": [
                            {"role": "lead", "text": "Hi, 1 bedroom", "timestamp": 1735725600},
                            {"role": "agent", "text": "", "timestamp": None},
                            {"role": "agent", "text": "Sure", "timestamp": "2025-01-01T10:00:09Z"},
                        ],
                    },
                    {
                        "messages": [
                            {"role": "robot", "text": "beep"},
                            {"role": "lead", "text": "a"},
                        ]
                    },
                ]
            }
        )
        report = await ingest_threads(services, given, tenant_id=TENANT)
        assert (report.threads, report.messages, report.added) == (2, 3, 3)
        assert [(row["line"], row["code"]) for row in report.rejected] == [
            (2, "text_missing"),
            (4, "role_unknown"),
        ]
        rows = await stored(services)
        assert {row["source"] for row in rows["messages"]} == {"api"}
        assert all(row["thread_id"].startswith("api-") for row in rows["threads"])
        assert all(Thread.model_validate(row) for row in rows["threads"])
        assert (await ingest_threads(services, given, tenant_id=TENANT)).added == 0
