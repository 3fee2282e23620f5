"""A file of articles or scripts into the knowledge: good rows are kept, the others are reported."""

import asyncio
import contextlib
import gzip
import re
import tempfile
import time
import zlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from agent.errors import InvalidInput, TooLarge
from agent.ingest.columns import plain_name
from agent.ingest.knowledge_rows import batches
from agent.ingest.report import IngestReport, RowProblem
from agent.ingest.values import is_blank
from agent.kit.tables import BadRow, Row
from agent.kit.text import clean
from agent.knowledge.models import TITLE, ArticleDraft, Kind
from agent.knowledge.service import KnowledgeService, derived_id
from agent.knowledge.written import storable
from agent.privacy.pii import redact

UNPACKED_LIMIT = 2_000_000_000
"""Bytes that a compressed file may hold."""
Step = Callable[[IngestReport], Awaitable[None]]

COLUMNS: dict[str, tuple[str, ...]] = {
    "knowledge_id": ("knowledge id", "article id", "kb id", "script id", "doc id", "id"),
    "title": ("title", "article title", "subject", "headline", "name", "heading"),
    "question": ("question", "q", "query", "problem", "issue", "purpose", "summary"),
    "text": (
        "body",
        "text",
        "content",
        "answer",
        "a",
        "resolution",
        "article",
        "solution",
        "script",
        "response",
        "description",
    ),
    "product": ("product", "module", "product name", "application"),
    "category": ("category", "topic", "section", "subcategory"),
    "kind": ("kind", "type", "article type", "document type"),
    "community_id": ("community id", "community", "property id", "site"),
    "status": ("status",),
}
"""Field -> names of its column, the most telling first; compared after `plain_name`."""

_PLACES = {
    name: (field, rank) for field, names in COLUMNS.items() for rank, name in enumerate(names)
}
_ARTICLE = re.compile(r"articles?|kb|knowledge(?: base)?|faqs?|guides?|how[- ]?tos?|help|docs?")
_RESOLUTION = re.compile(r"(?:ticket )?resolutions?")
_NOT_ACTIVE = frozenset({"draft", "retired", "archived", "unpublished"})
_NEUTRALISED = re.compile(r"^'(?=[=+\-@\t\r])")
"""What an export has put before a text, so that no spreadsheet calculates it."""
_SCRIPT = re.compile(r".*\b(?:scripts?|internal|macros?|procedures?|runbooks?)\b.*")


async def ingest_knowledge(
    knowledge: KnowledgeService,
    path: Path,
    *,
    tenant_id: str,
    name: str | None = None,
    kind: Kind = "article",
    step: Step | None = None,
) -> IngestReport:
    """Add or replace the articles of a file, 200 at a time: .csv, .jsonl, both perhaps with .gz,
    or .xlsx.

    `kind` is that of rows that name none, `name` what the file is called. The same file again
    changes nothing. Each batch can be searched before the next is read. Raises InvalidInput or
    TooLarge `table_…`, `workbook_…`, InvalidInput `knowledge_columns_unknown`.
    """
    started = time.perf_counter()
    reading = _Reading(name or path.name, kind)
    report = reading.report
    with contextlib.ExitStack() as stack:
        file = await asyncio.to_thread(stack.enter_context, _unpacked(path))
        async for rows in batches(file, _is_header):
            numbered = await asyncio.to_thread(reading.drafts, rows)
            given = [draft.knowledge_id for _, draft in numbered if draft.knowledge_id]
            undecided = await knowledge.drafts_of_tickets(tenant_id, given)
            drafts = reading.without(numbered, undecided)
            for result in await knowledge.put(tenant_id, drafts, reading.name[:200]):
                setattr(report, result.outcome, getattr(report, result.outcome) + 1)
            await knowledge.follow(tenant_id)
            report.rows_per_second = round(report.read / (time.perf_counter() - started), 1)
            if step is not None:
                await step(report)
    reading.end()
    return report


@contextlib.contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The file itself, or a temporary copy of what a .gz holds."""
    if path.suffix.lower() != ".gz":
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="latchkey-") as folder:
        plain = Path(folder) / path.stem
        try:
            with gzip.open(path) as packed, plain.open("wb") as file:
                _copy(packed, file, path.name)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidInput(
                "table_unreadable",
                f"{path.name!r} cannot be unpacked ({type(error).__name__}); pack it again.",
            ) from None
        yield plain


def _copy(packed: gzip.GzipFile, file: IO[bytes], name: str) -> None:
    size = 0
    while piece := packed.read(1 << 20):
        size += len(piece)
        if size > UNPACKED_LIMIT:
            raise TooLarge(
                "table_too_large",
                f"{name!r} unpacks to more than {UNPACKED_LIMIT:,} bytes; split it.",
            )
        file.write(piece)


class _Reading:
    """The articles of a file; what is wrong with its rows goes into the report."""

    def __init__(self, name: str, kind: Kind) -> None:
        self.name = name
        self.report = IngestReport()
        self._kind = kind
        self._any_text = False
        self._seen: dict[str, str] = {}

    def drafts(self, rows: Iterable[Row | BadRow]) -> list[tuple[int, ArticleDraft]]:
        """With the numbers of their rows."""
        return [(row.number, draft) for row in rows if (draft := self._read(row)) is not None]

    def without(
        self, numbered: Iterable[tuple[int, ArticleDraft]], undecided: Collection[str]
    ) -> list[ArticleDraft]:
        """The drafts whose id is none of these, which are those of tickets."""
        kept = []
        for row, draft in numbered:
            if draft.knowledge_id in undecided:
                reason = "knowledge_id: it is a ticket's draft; decide on the ticket."
                self.report.rejected.append(
                    RowProblem(row=row, code="knowledge_draft", reason=reason)
                )
            else:
                kept.append(draft)
        return kept

    def _read(self, row: Row | BadRow) -> ArticleDraft | None:
        report = self.report
        report.read += 1
        if isinstance(row, BadRow):
            report.rejected.append(RowProblem(row=row.number, code=row.code, reason=row.reason))
            return None
        cells = _by_field(row.values, report)
        self._any_text |= "text" in cells or "question" in cells or _is_header([*row.values])
        draft = _draft(row, cells, self._kind, report)
        return None if draft is None else _distinct(draft, row, self._seen, report)

    def end(self) -> None:
        """Raises InvalidInput where no column was one of texts."""
        if self._any_text:
            return
        names = ", ".join(sum((COLUMNS[field][:3] for field in ("title", "text")), ()))
        raise InvalidInput(
            "knowledge_columns_unknown",
            f"No column of {self.name!r} holds a text; name them like: {names}.",
        )


def _is_header(columns: Sequence[str]) -> bool:
    return any(map(_is_text, columns))


def _by_field(values: Mapping[str, Any], report: IngestReport) -> dict[str, Any]:
    ranked: dict[str, tuple[int, Any]] = {}
    for column, cell in values.items():
        place = _PLACES.get(plain_name(column))
        if place is None:
            if column not in report.ignored_columns:
                report.ignored_columns.append(column)
            continue
        field, rank = place
        if not is_blank(cell) and (field not in ranked or rank < ranked[field][0]):
            ranked[field] = rank, cell
        if plain_name(column) == "script id":
            ranked.setdefault("kind", (len(COLUMNS["kind"]), "script"))
    return {field: cell for field, (_, cell) in ranked.items()}


def _is_text(column: str) -> bool:
    place = _PLACES.get(plain_name(column))
    return place is not None and place[0] == "text"


def _draft(
    row: Row, cells: Mapping[str, Any], default: Kind, report: IngestReport
) -> ArticleDraft | None:
    if (status := _plain(cells.get("status"))) in _NOT_ACTIVE:
        report.rejected.append(
            RowProblem(row=row.number, code="not_active", reason=f"status: it is {status}.")
        )
        return None
    kind, warning = _kind(cells.get("kind"), default)
    if warning:
        report.warnings.append(RowProblem(row=row.number, code="kind_unknown", reason=warning))
    texts = {
        field: _text(cells[field], kind)
        for field in ("title", "question", "text")
        if field in cells
    }
    body = texts.get("text", "")
    if not body:
        report.rejected.append(
            RowProblem(row=row.number, code="text_missing", reason="text: the row gives none.")
        )
        return None
    title = texts.get("title") or texts.get("question") or _first_line(body)
    title = " ".join(title.split())
    question = texts.get("question", "")
    if title.casefold() == body[: len(title)].casefold() and len(body) > len(title):
        body = body[len(title) :].lstrip(" \n:.-") or body
    if question and question.casefold() not in (title.casefold(), body[: len(question)].casefold()):
        body = f"{question}\n{body}"
    return _valid(row, cells, kind, title, body, report)


def _valid(
    row: Row, cells: Mapping[str, Any], kind: Kind, title: str, body: str, report: IngestReport
) -> ArticleDraft | None:
    short = {field: _short(cells.get(field)) for field in ("product", "category", "community_id")}
    given = cells.get("knowledge_id")
    try:
        return ArticleDraft(
            knowledge_id=None if given is None else clean(str(given)),
            title=title if len(title) <= TITLE else f"{title[: TITLE - 1]}…",
            text=body,
            kind=kind,
            **short,
        )
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        field = str(detail["loc"][0])
        report.rejected.append(
            RowProblem(row=row.number, code=f"{field}_absurd", reason=f"{field}: {detail['msg']}.")
        )
        return None


def _distinct(
    draft: ArticleDraft, row: Row, seen: dict[str, str], report: IngestReport
) -> ArticleDraft:
    """The draft; where another row of the file has its id but another text, both are kept."""
    knowledge_id, digest = draft.knowledge_id or derived_id(draft), draft.digest
    if seen.setdefault(knowledge_id, digest) == digest:
        return draft
    if draft.knowledge_id is None:
        return draft.model_copy(update={"knowledge_id": f"{knowledge_id}-{digest[:12]}"})
    seen[knowledge_id] = digest
    reason = f"knowledge_id: {knowledge_id[:80]!r} stands in the file more than once."
    report.warnings.append(RowProblem(row=row.number, code="id_repeated", reason=reason))
    return draft


def _kind(cell: Any, default: Kind) -> tuple[Kind, str | None]:
    if cell is None:
        return default, None
    said = _plain(cell)
    if _RESOLUTION.fullmatch(said):
        return "resolution", None
    if _SCRIPT.fullmatch(said):
        return "script", None
    if _ARTICLE.fullmatch(said):
        return "article", None
    return default, f"kind: {said[:40]!r} is neither article nor script; taken as {default}."


def _plain(cell: Any) -> str:
    return clean(str(cell)).casefold()


def _text(cell: Any, kind: Kind) -> str:
    """The words of a cell as they may be stored: no markup, no contact data."""
    written = "\n".join(map(str, cell)) if isinstance(cell, list) else str(cell)
    return storable(_NEUTRALISED.sub("", written, count=1), kind)


def _short(cell: Any) -> str | None:
    if cell is None or isinstance(cell, list | dict):
        return None
    return redact(" ".join(clean(str(cell)).split())).text or None


def _first_line(body: str) -> str:
    line = body.split("\n", 1)[0]
    sentence = re.split(r"(?<=[.?!])\s", line, maxsplit=1)[0]
    return sentence if len(sentence) <= 120 else f"{sentence[:119].rsplit(' ', 1)[0]}…"
