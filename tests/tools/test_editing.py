"""Arguments as other inboxes send them back: text for everything."""

from datetime import datetime
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from tests.tools.conftest import Floor, edit
from tools.editing import from_text


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sure: bool = False
    rooms: int = 0
    rent: float = 0.0
    limit: int | None = None
    extras: dict[str, Any] = {}
    names: list[str] = []
    text: str = ""
    at: datetime | None = None


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("sure", "true", True),
        ("sure", "False", False),
        ("rooms", "2", 2),
        ("rooms", "1,800", 1800),
        ("rooms", " 1,800 ", 1800),
        ("rent", "1,800.50", 1800.5),
        ("limit", "2", 2),
        ("limit", "null", None),
        ("extras", "{}", {}),
        ("extras", '{"a": [1]}', {"a": [1]}),
        ("names", '["a", "b"]', ["a", "b"]),
        ("names", "[]", []),
        ("text", "{}", "{}"),
        ("text", "true", "true"),
        ("text", "1,800", "1,800"),
        ("text", "", ""),
        ("at", "2026-03-05T18:00:00+00:00", datetime.fromisoformat("2026-03-05T18:00:00+00:00")),
    ],
)
def test_text_becomes_what_the_field_holds(name: str, text: str, value: Any) -> None:
    assert getattr(Form.model_validate(from_text(Form, {name: text})), name) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sure", "maybe"),
        ("sure", ""),
        ("rooms", "two"),
        ("rooms", ""),
        ("rooms", "2.5"),
        ("rooms", "NaN"),
        ("rooms", "[" * 100_000),
        ("extras", "[]"),
        ("extras", "{"),
        ("names", "a"),
        ("at", "soon"),
        ("unknown", "1"),
    ],
)
def test_what_can_be_read_in_no_way_is_refused(name: str, text: str) -> None:
    with pytest.raises(ValidationError):
        Form.model_validate(from_text(Form, {name: text}))


@pytest.mark.parametrize(
    ("written", "documents"),
    [
        ('["photo ID", "pay stub"]', ["photo ID", "pay stub"]),
        ("photo ID\npay stub\n", ["photo ID", "pay stub"]),
        (["photo ID"], ["photo ID"]),
    ],
)
async def test_a_list_of_papers_may_come_as_text(
    floor: Floor, written: Any, documents: list[str]
) -> None:
    tools = await floor.toolbox(stage="applying")
    approval = await tools.use("request_documents", documents=["passport"])
    decided = await floor.decide(approval, edit(documents=written))
    assert decided.args["documents"] == documents
    assert decided.proposed_args == approval.args
