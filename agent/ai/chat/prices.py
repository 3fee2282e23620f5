"""What chat models cost, in US dollars for a million tokens: OpenAI's list prices of 2025."""

import re

_PER_MILLION = {
    "gpt-4o": (2.50, 1.25, 10.00),
    "gpt-4o-mini": (0.15, 0.075, 0.60),
    "gpt-4.1": (2.00, 0.50, 8.00),
    "gpt-4.1-mini": (0.40, 0.10, 1.60),
    "gpt-4.1-nano": (0.10, 0.025, 0.40),
    "gpt-5": (1.25, 0.125, 10.00),
    "gpt-5-mini": (0.25, 0.025, 2.00),
    "gpt-5-nano": (0.05, 0.005, 0.40),
    "ft:gpt-4o": (3.75, 1.875, 15.00),
    "ft:gpt-4o-mini": (0.30, 0.15, 1.20),
    "ft:gpt-4.1": (3.00, 0.75, 12.00),
    "ft:gpt-4.1-mini": (0.80, 0.20, 3.20),
    "ft:gpt-4.1-nano": (0.20, 0.05, 0.80),
}
"""Model -> fresh input, cached input, output."""

_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def cost(model: str, *, fresh: int, cached: int, output: int) -> float | None:
    """Dollars for these tokens; None where the price is not known."""
    tuned = model.startswith("ft:")
    base = model.split(":")[1] if tuned else model
    prices = _PER_MILLION.get(("ft:" if tuned else "") + _SNAPSHOT.sub("", base))
    if prices is None:
        return None
    amounts = zip(prices, (fresh, cached, output), strict=True)
    return round(sum(price * tokens for price, tokens in amounts) / 1e6, 9)
