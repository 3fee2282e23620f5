"""Others' words in a prompt, tagged as data that nothing can break out of."""

import json
from typing import Any


def dumped(value: Any) -> str:
    """JSON that no text inside it can break out of."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return text.replace("<", "\\u003c").replace(">", "\\u003e")


def unmarked(text: str) -> str:
    """Without the signs that set data apart."""
    return text.replace("<", "\u2039").replace(">", "\u203a")
