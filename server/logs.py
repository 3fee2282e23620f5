"""What a serving process writes on stderr: one JSON object a line, and nothing about a person."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from agent.privacy.scrubbing import scrub

TRACE: ContextVar[str | None] = ContextVar("latchkey_trace", default=None)
"""The id of the request that is served; what it starts keeps it."""
FIELDS = frozenset(
    {
        "timestamp", "level", "logger", "event", "trace_id", "method", "route", "status", "ms",
        "tenant", "actor", "code", "error", "where",
    }
)  # fmt: skip
"""What a line may hold; anything else is left out."""
OURS = ("agent", "tools", "prompts", "graphs", "evals", "server")
_PATH = re.compile(r"(?:/[\w.-]+){2,}/([\w.-]+\.py)")
_LONGEST = 500
_FRAMES = 3

requests = logging.getLogger("server.requests")


def configure(stream: TextIO = sys.stderr) -> None:
    """Send everything that is logged to `stream`: for a person at a terminal, else as JSON."""
    import structlog

    renderer: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if stream.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(allow=FIELDS),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[_traced, _placed, _safe, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(True)


def clean(text: str) -> str:
    """`text` without personal data, secrets and where on the disk the code stands."""
    return scrub(_PATH.sub(r"\1", text[:_LONGEST]))


def _traced(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    trace_id = TRACE.get()
    if trace_id is not None:
        event.setdefault("trace_id", trace_id)
    return event


def _placed(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Of an error its type and place: its text may quote anybody."""
    raised = event.get("exc_info")
    if isinstance(raised, tuple) and raised[0] is not None:
        event["error"] = raised[0].__name__
        event["where"] = _frames(raised[2])
    return event


def _safe(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    ours = str(event.get("logger", "")).partition(".")[0] in OURS
    said = str(event.get("event", ""))
    # the later lines of what others log hold values of theirs
    event["event"] = said if ours or not said else said.splitlines()[0]
    if event.get("logger") == requests.name:
        # made of templates and ids alone
        return {name: event[name] for name in event if name in FIELDS}
    return {
        name: clean(value) if isinstance(value, str) and name not in _CLEAN else value
        for name, value in event.items()
        if name in FIELDS
    }


_CLEAN = frozenset({"timestamp", "level", "logger", "trace_id", "method", "status", "ms", "where"})


def _frames(traceback: TracebackType | None) -> str:
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{Path(code.co_filename).name}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return " > ".join(places[-_FRAMES:])
