"""The rows that were refused, as a CSV file to mend and ingest again."""

import csv
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from agent.errors import InvalidInput
from agent.ingest.conversations.models import Refused

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class RejectedFile:
    """Readable by its owner only: the cells are as they were. Without a path it does nothing.

    `header` tells the names of the columns, once they are known.
    """

    def __init__(self, path: Path | None, header: Callable[[], Sequence[str]] = tuple) -> None:
        self._file: TextIO | None = None
        self._header = header
        self._rows = 0
        if path is None:
            return
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise InvalidInput(
                "rejected_file_unwritable", f"{path.name!r} cannot be written: {error.strerror}."
            ) from None
        self._file = os.fdopen(descriptor, "w", encoding="utf-8", newline="")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, refused: Refused) -> None:
        if self._file is None:
            return
        writer = csv.writer(self._file)
        if not self._rows:
            writer.writerow(["line", "code", "reason", *map(_no_formula, self._header())])
        self._rows += 1
        problem = refused.problem
        cells = map(_no_formula, refused.cells)
        writer.writerow([problem.line, problem.code, problem.reason, *cells])


def _no_formula(cell: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
