"""What embedding costs, in US dollars for a million tokens."""

_PER_MILLION = {
    "wordllama": 0.0,
    "text-embedding-3-small": 0.02,
    "text-embedding-3-large": 0.13,
    "text-embedding-ada-002": 0.10,
}


def cost(model: str, tokens: int) -> float | None:
    """Dollars for `tokens`; None where the price is not known."""
    price = _PER_MILLION.get(model)
    return None if price is None else round(price * tokens / 1e6, 6)
