import pytest

from graphs.tickets.transcript import advice


@pytest.mark.parametrize(
    "transcript",
    [
        "Agent: Check the date.\nCaller: Check the invoice.",
        "Ari (Harbor Support): Check the date.\n[name]: Check the invoice.",
        "[name]: Check the invoice.\nAri: Check the date.",
        "Kim: It fails.\nAri: Check the date.\nKim: Done.",
        "Please check the date.",
    ],
)
def test_only_the_agent_advises(transcript: str) -> None:
    assert advice(transcript) == ["Check the date."]


def test_nothing_is_made_up() -> None:
    assert advice("Caller: Check the invoice.") == []
    assert advice("") == []
