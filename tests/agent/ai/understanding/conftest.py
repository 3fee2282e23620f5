from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from agent.ai.understanding import understand
from agent.ai.understanding.models import AgentTurn, Context, Gazetteer, Understanding

Read = Callable[..., Understanding]


@pytest.fixture(scope="session")
def today() -> date:
    """A Wednesday."""
    return date(2024, 5, 15)


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    return Gazetteer(
        areas=frozenset({"Ashford", "North Ashford", "Port Lindon", "Marlow", "Grey Falls"}),
        properties=frozenset({"Juniper Flats", "Marlow Mill Lofts", "The Larkspur", "Quay 12"}),
    )


@pytest.fixture(scope="session")
def read(today: date, gazetteer: Gazetteer) -> Read:
    """`understand` with a fixed day and inventory; `asked` is what the agent asked for last."""

    def reader(text: str, *asked: str, **context: Any) -> Understanding:
        agent = context.pop("agent", AgentTurn(asked=asked, about="homes" if asked else ""))
        return understand(
            text, Context(today=today, agent=agent, **{"gazetteer": gazetteer, **context})
        )

    return reader
