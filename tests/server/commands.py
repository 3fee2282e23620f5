"""What the fixture `latchkey` runs, and what a command has printed."""

import json
from collections.abc import Callable
from typing import Any

from typer.testing import Result

Latchkey = Callable[..., Result]


def printed(result: Result) -> dict[str, Any]:
    """The one JSON object on stdout."""
    assert result.exit_code == 0, (result.output, result.exception)
    assert result.stdout.count("\n") == 1
    return dict(json.loads(result.stdout))


def refused(result: Result) -> str:
    """The code of what went wrong."""
    assert result.exception is not None, result.output
    return str(getattr(result.exception, "code", result.exit_code))
