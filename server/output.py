"""What a command prints: its result on stdout, progress and trouble on stderr."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from agent.errors import LatchkeyError

if TYPE_CHECKING:
    from rich.console import Console


class Output:
    """One JSON object with `as_json`, else text for a person."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def result(self, data: Mapping[str, Any], show: Callable[["Console"], None]) -> None:
        """Print `data`, or `show` it to a person."""
        if self.as_json:
            sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")
            sys.stdout.flush()
        else:
            from rich.console import Console

            show(Console(highlight=False, markup=False))

    @contextlib.contextmanager
    def progress(self, label: str) -> Iterator[Callable[[int, int | None], None]]:
        """A bar on stderr; call with (done, total), total None while it is unknown."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(label, total=None)

            def update(done: int, total: int | None = None) -> None:
                bar.update(task, completed=done, total=total)

            yield update


def fail(error: Exception, *, as_json: bool) -> int:
    """Say on stderr what went wrong, in one line; the exit code."""
    if isinstance(error, LatchkeyError):
        code, message = error.code, error.message
    else:
        last = error.__traceback__
        while last and last.tb_next:
            last = last.tb_next
        where = f"{last.tb_frame.f_code.co_filename}:{last.tb_lineno}" if last else "?"
        code, message = "internal", f"{type(error).__name__} at {where}; please report it."
    sys.stderr.write(f"latchkey: {code}: {message}\n")
    if as_json:
        sys.stdout.write(json.dumps({"error": {"code": code, "message": message}}) + "\n")
    return 1
