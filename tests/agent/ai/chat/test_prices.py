import pytest

from agent.ai.chat.prices import cost


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        ("gpt-4.1-mini", 0.40 + 0.10 + 1.60),
        ("gpt-4.1-mini-2025-04-14", 0.40 + 0.10 + 1.60),
        ("ft:gpt-4.1-mini-2025-04-14:org:latchkey:abc", 0.80 + 0.20 + 3.20),
        ("llama", None),
        ("ft:llama", None),
        ("ft:", None),
        ("", None),
    ],
)
def test_a_million_of_each(model: str, dollars: float | None) -> None:
    million = 1_000_000
    assert cost(model, fresh=million, cached=million, output=million) == (
        None if dollars is None else pytest.approx(dollars)
    )
