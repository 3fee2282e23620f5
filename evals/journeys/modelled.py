"""What a run with a model must keep to, as its server saw it."""

from collections.abc import Sequence
from typing import Any

from agent.audit.models import Why
from agent.threads.models import Stage
from evals.journeys.brain import seen
from evals.openai_stub import Stub
from graphs.leasing.graph import STAGES
from graphs.leasing.understand import NODES
from tools.catalog import CATALOG


def modelled(stub: Stub, whys: Sequence[Why]) -> dict[str, Any]:
    """How many turns a model answered, what it was offered, what that took."""
    spoke = [why for why in whys if "policy:llm" in why.rules]
    plain = [why for why in spoke if not any(rule.startswith("tool:") for rule in why.rules)]
    return {
        "turns": len(whys),
        "answered_by_model": len(spoke),
        "failed_over": sum("model_failed" in why.rules for why in whys),
        "tools_beyond_stage": sum(len(beyond(body)) for body in stub.bodies()),
        "most_calls_without_tools": max((why.model.calls for why in plain if why.model), default=0),
        "calls": stub.usage.calls,
        "input_tokens": stub.usage.prompt_tokens,
        "cached_share": round(stub.usage.cached_tokens / max(1, stub.usage.prompt_tokens), 4),
        "output_tokens": stub.usage.completion_tokens,
    }


def kept(report: dict[str, Any]) -> bool:
    """Whether the model was offered no more than its stage allows and asked once where it may."""
    return not report["tools_beyond_stage"] and int(report["most_calls_without_tools"]) <= 1


def beyond(body: dict[str, Any]) -> set[str]:
    """The tools of a request that its stage may not use."""
    now = seen(body)
    stage = Stage(now.context["stage"])
    [spec] = [spec for spec in STAGES if spec.name == NODES.get(stage, "handoff")]
    return {name for name in now.tools if stage not in CATALOG[name].stages} | (
        now.tools - {*spec.tools}
    )
