"""What a row is, who speaks in it, and which conversation it belongs to."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import InvalidInput
from agent.ingest.conversations.columns import COLUMNS, layout_of
from agent.ingest.conversations.ingest import Intake
from agent.ingest.conversations.models import ConversationReport, Turn
from agent.ingest.conversations.redaction import Redacted, Redactor
from agent.ingest.conversations.rejected import RejectedFile
from agent.ingest.conversations.roles import prefixed, side_of
from agent.ingest.conversations.segments import Segments
from agent.ingest.conversations.turns import TurnReader
from agent.kit.text import clean


class TestColumns:
    @pytest.mark.parametrize(
        ("header", "text", "role", "thread"),
        [
            (["Role", "Message", "Timestamp", "Thread ID"], 1, 0, 3),
            (["conversationId", "sentAt", "From", "Body"], 3, 2, 0),
            (["Date", "Speaker", "Content"], 2, 1, None),
            (["chat_id", "sender_type", "message_text"], 2, 1, 0),
            (["\ufeffrole", " TEXT "], 1, 0, None),
        ],
    )
    def test_as_people_name_them(
        self, header: list[str], text: int, role: int, thread: int | None
    ) -> None:
        layout = layout_of(header)
        assert (layout.text[0], layout.role[0]) == (text, role)
        assert (layout.thread[0] if layout.thread else None) == thread

    def test_without_a_text(self) -> None:
        with pytest.raises(InvalidInput) as raised:
            layout_of(["role", "timestamp"])
        assert raised.value.code == "conversation_columns_unknown"

    def test_no_name_means_two_fields(self) -> None:
        names = [name for field in COLUMNS.values() for name in field]
        assert len(names) == len(set(names))

    def test_the_first_filled_of_several_counts(self, tmp_path: Path) -> None:
        parts, _ = parsed(tmp_path, "role,text,message\nlead,,one\nagent,two,three\n")
        assert parts == [["one", "two"]]

    def test_a_date_and_a_time(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_text("date,time,role,text\n3/1/2025,9:05 AM,lead,hi\n")
        with TurnReader(path) as reader:
            [turn] = reader
        assert isinstance(turn, Turn)
        assert turn.timestamp is not None
        assert turn.timestamp.isoformat() == "2025-03-01T09:05:00+00:00"


class TestRoles:
    @pytest.mark.parametrize(
        ("written", "side"),
        [
            ("lead", "lead"),
            (" PROSPECT ", "lead"),
            ("Lead #2", "lead"),
            ("Customer (web)", "lead"),
            ("Kim (Agent)", "agent"),
            ("Leasing\u00a0Agent", "agent"),
            ("ＡＧＥＮＴ", "agent"),
            ("leasing_consultant", "agent"),
            ("outbound", "agent"),
            ("Bot", None),
            ("System", None),
            ("Kim", None),
            ("", None),
        ],
    )
    def test_sides(self, written: str, side: str | None) -> None:
        assert side_of(written) == side

    @pytest.mark.parametrize(
        ("text", "wanted"),
        [
            ("Agent: hello", ("agent", "hello")),
            ("LEAD : a: b", ("lead", "a: b")),
            ("[Prospect]: hi", ("lead", "hi")),
            ("**Leasing Agent:** hi", ("agent", "hi")),
            ("Note: hi", None),
            ("https://example.com", None),
            ("no prefix", None),
        ],
    )
    def test_prefixes(self, text: str, wanted: tuple[str, str] | None) -> None:
        assert prefixed(text) == wanted


def parsed(folder: Path, text: str) -> tuple[list[list[str]], ConversationReport]:
    """The texts of each conversation, and the report."""
    path = folder / "export.csv"
    path.write_text(text, encoding="utf-8", newline="")
    report = ConversationReport()
    with TurnReader(path) as reader:
        intake = Intake(
            iter(reader),
            Segments(b"key"),
            Redactor(lambda kind, value: f"{kind}:{value}"),
            report,
            RejectedFile(None),
        )
        parts: list[Redacted] = [part for batch in intake.batches() for part in batch.new]
    parts.sort(key=lambda redacted: redacted.part.serial)
    return [[line.text for line in part.lines] for part in parts], report


class TestSegments:
    @pytest.mark.parametrize(
        ("between", "threads"),
        [
            ("\n", 1),
            (",,,\n", 1),
            ("\n\n", 2),
            (",,,\n,,,\n", 2),
            ("\n , ,\u00a0,\n", 2),
            ("\n\n\n\n", 2),
            ('"",""\n\n', 2),
            ("\nrobot,x,,\n\n", 1),
        ],
    )
    def test_two_empty_rows_separate(self, tmp_path: Path, between: str, threads: int) -> None:
        parts, _ = parsed(tmp_path, f"role,text,time,thread\nlead,a\n{between}agent,b\n\n\n\n")
        assert parts == ([["a", "b"]] if threads == 1 else [["a"], ["b"]])

    def test_an_id_beats_empty_rows(self, tmp_path: Path) -> None:
        parts, _ = parsed(
            tmp_path,
            "role,text,thread\nlead,a,1\nagent,b,\n,,\n,,\nlead,c,1\nagent,d,2\nlead,e,\n"
            ",,\n,,\nlead,f,\nagent,g,\nlead,h,1\n",
        )
        assert parts == [["a", "b", "c", "h"], ["d", "e"], ["f", "g"]]

    def test_a_refused_row_hands_its_id_on(self, tmp_path: Path) -> None:
        parts, _ = parsed(tmp_path, "role,text,thread\nrobot,x,7\nlead,a,\nagent,b,7\n")
        assert parts == [["a", "b"]]

    def test_duplicates_need_a_known_time(self, tmp_path: Path) -> None:
        parts, report = parsed(
            tmp_path,
            "role,text,time\nlead,Yes,2025-01-01T09:00Z\nlead,Yes.,2025-01-01T09:00Z\n"
            "lead, Yes ,1735722000\nagent,Yes,2025-01-01T09:00Z\nlead,Yes,\nlead,Yes,\n",
        )
        assert parts == [["Yes", "Yes.", "Yes", "Yes", "Yes"]]
        assert report.duplicates == 1


class TestWhoseItIs:
    """A phone or an address belongs to whoever names it first."""

    def test_the_office_keeps_its_own(self, tmp_path: Path) -> None:
        parts, report = parsed(
            tmp_path,
            'role,text\nagent,"Call them at 503-555-0199, they are at 12 Elm Street."\n'
            "lead,So it is 503-555-0199 and 12 Elm St?\n",
        )
        assert "503-555-0199" in parts[0][0]
        assert "12 Elm Street" in parts[0][0]
        assert "503-555-0199" in parts[0][1]
        assert report.pii == {}

    def test_the_lead_has_nothing_repeated(self, tmp_path: Path) -> None:
        parts, report = parsed(
            tmp_path,
            "role,text\nlead,My number is 503-555-0142\nagent,I will call (503) 555-0142 then.\n"
            "agent,And I have your number as 503-555-0177?\n",
        )
        assert parts == [
            [
                "My number is [phone]",
                "I will call [phone] then.",
                "And I have your number as [phone]?",
            ]
        ]
        assert report.pii == {"phone": 3}

    def test_an_e_mail_is_always_taken_out(self, tmp_path: Path) -> None:
        parts, _ = parsed(tmp_path, "role,text\nagent,Write to kim@example.com\n")
        assert parts == [["Write to [email]"]]


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_the_short_way_of_cleaning_changes_nothing(text: str) -> None:
    assert clean(text) == clean(f"é{text}").removeprefix("é").strip() or "é" in text
