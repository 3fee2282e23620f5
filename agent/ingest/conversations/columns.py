"""What people call the columns of a file of conversations, and where each one stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.errors import InvalidInput
from agent.ingest.columns import plain_name

COLUMNS: dict[str, tuple[str, ...]] = {
    "role": (
        "role",
        "sender role",
        "sender type",
        "speaker role",
        "author role",
        "participant role",
        "sender",
        "speaker",
        "author",
        "from",
        "message from",
        "sent by",
        "participant",
        "who",
        "party",
        "user type",
        "from type",
        "user",
        "direction",
    ),
    "text": (
        "text",
        "message",
        "message text",
        "message body",
        "message content",
        "body",
        "content",
        "msg",
        "utterance",
        "comment",
        "chat message",
        "sms",
        "sms body",
        "messages",
        "line",
    ),
    "timestamp": (
        "timestamp",
        "time stamp",
        "timestamp utc",
        "datetime",
        "date time",
        "date and time",
        "sent at",
        "sent on",
        "sent",
        "sent time",
        "sent date",
        "message time",
        "message date",
        "created at",
        "created on",
        "created",
        "received at",
        "when",
        "ts",
        "time",
        "date",
        "day",
    ),
    "thread": (
        "thread id",
        "thread",
        "threadid",
        "thread key",
        "conversation id",
        "conversation",
        "conversationid",
        "convo id",
        "conv id",
        "chat id",
        "chat",
        "dialog id",
        "dialogue id",
        "session id",
        "session",
        "ticket id",
        "case id",
    ),
}
"""Field -> names of its column, the most telling first; compared after `plain_name`."""

_PLACES = {
    name: (field, rank) for field, names in COLUMNS.items() for rank, name in enumerate(names)
}


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of each field, the most telling first; None where there is none."""

    header: tuple[str, ...]
    text: tuple[int, ...]
    role: tuple[int, ...] = ()
    timestamp: tuple[int, ...] = ()
    thread: tuple[int, ...] = ()
    clock: tuple[int, int] | None = None
    """The columns of a date and of a time that belong together."""

    @property
    def plain(self) -> tuple[int, int, int, int] | None:
        """(role, text, timestamp, thread), where each has at most one column; -1 for none."""
        fields = (self.role, self.text, self.timestamp, self.thread)
        if self.clock or any(len(columns) > 1 for columns in fields):
            return None
        role, text, timestamp, thread = (columns[0] if columns else -1 for columns in fields)
        return role, text, timestamp, thread

    def repeats(self, cells: Sequence[str]) -> bool:
        """Whether a row says the header again."""
        if cells[0].strip().casefold() != self.header[0]:
            return False
        return tuple(cell.strip().casefold() for cell in cells[: len(self.header)]) == self.header


def layout_of(header: Sequence[str]) -> Layout:
    """Raises InvalidInput `conversation_columns_unknown` where no column holds the text."""
    found: dict[str, list[tuple[int, int]]] = {field: [] for field in COLUMNS}
    names: dict[str, int] = {}
    for index, cell in enumerate(header):
        names.setdefault(plain_name(cell), index)
        if place := _PLACES.get(plain_name(cell)):
            found[place[0]].append((place[1], index))
    columns = {field: tuple(index for _, index in sorted(pairs)) for field, pairs in found.items()}
    if not columns["text"]:
        raise InvalidInput(
            "conversation_columns_unknown",
            "No column holds the text of a message; the first row must name the columns, such as "
            "role, text, timestamp and, if there is one, thread_id.",
        )
    clock = (names["date"], names["time"]) if {"date", "time"} <= names.keys() else None
    return Layout(
        header=tuple(cell.strip().casefold() for cell in header),
        text=columns["text"],
        role=columns["role"],
        timestamp=columns["timestamp"],
        thread=columns["thread"],
        clock=clock if clock and clock[0] != clock[1] else None,
    )
