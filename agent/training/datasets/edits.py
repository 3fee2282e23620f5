"""What people changed in proposed actions, as pairs of what was meant and what was better."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from agent.privacy.pii import redact
from agent.training.datasets.quality import touches_protected

_PRIVATE = frozenset({"contact"})


def pair_of(
    action: str,
    excerpt: Sequence[str],
    proposed: Mapping[str, Any],
    decided: Mapping[str, Any],
) -> dict[str, Any] | None:
    """The changed arguments in OpenAI's preference format.

    None where nothing that may be learnt from was changed.
    """
    changed = [
        name
        for name in sorted(proposed.keys() | decided.keys())
        if name not in _PRIVATE and proposed.get(name) != decided.get(name)
    ]
    if not changed:
        return None
    said = redact("\n".join(excerpt)).text
    better, meant = (_written(action, changed, args) for args in (decided, proposed))
    if touches_protected("\n".join((said, better, meant))):
        return None
    return {
        "input": {"messages": [{"role": "user", "content": said}]},
        "preferred_output": [{"role": "assistant", "content": better}],
        "non_preferred_output": [{"role": "assistant", "content": meant}],
    }


def _written(action: str, changed: Sequence[str], args: Mapping[str, Any]) -> str:
    values = {name: args[name] for name in changed if name in args}
    plain = json.dumps({"action": action, "args": values}, sort_keys=True, default=str)
    return redact(plain).text
