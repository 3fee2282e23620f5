"""What tuning costs, in US dollars for a million tokens and epoch: OpenAI's list prices of 2025."""

import re

_PER_MILLION = {
    "gpt-4o": 25.00,
    "gpt-4o-mini": 3.00,
    "gpt-4.1": 25.00,
    "gpt-4.1-mini": 5.00,
    "gpt-4.1-nano": 1.50,
}
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_BYTES_A_TOKEN = 3.5


def tokens_in(size: int) -> int:
    """An estimate for JSON Lines of English, on the high side."""
    return int(size / _BYTES_A_TOKEN) + 1


def cost(base: str, tokens: int) -> float | None:
    """Dollars; None where the price is not known."""
    price = _PER_MILLION.get(_SNAPSHOT.sub("", base))
    return None if price is None else round(price * tokens / 1e6, 2)
