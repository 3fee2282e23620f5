"""Our own cases: written before any rule, odd ids to develop on, even ids never looked at."""

from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.ai.safety.fair_housing.table import RuleId, Setting

Half = Literal["developed", "unseen"]
HALVES: tuple[Half, ...] = ("developed", "unseen")


class Case(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: int

    @property
    def half(self) -> Half:
        return "developed" if self.id % 2 else "unseen"


class TextCase(Case):
    """A text, and the rule it breaks; None for one that must pass."""

    text: str
    rule: RuleId | None = None
    where: Literal["reply", "listing", "article"] = "reply"
    setting: Setting | None = None

    @property
    def settings(self) -> list[Setting]:
        return [self.setting] if self.setting else []


class PairCase(Case):
    """Two leads who say the same but for one mention, of `kind`."""

    kind: str = Field(alias="class")
    a: list[str]
    b: list[str]
    path: bool = False
    """`b` mentions what a person answers as well: one fixed answer more, all else alike."""


Texts = Literal["violating", "benign", "paraphrased", "paraphrased_benign"]


def violating() -> list[TextCase]:
    return texts("violating")


def benign() -> list[TextCase]:
    return texts("benign")


def texts(name: Texts) -> list[TextCase]:
    """A set by its name; the paraphrased ones were written after the rules, as people talk."""
    return [TextCase.model_validate_json(line) for line in _lines(name)]


def pairs() -> list[PairCase]:
    return [PairCase.model_validate_json(line) for line in _lines("pairs")]


def _lines(name: str) -> list[str]:
    file = files("evals").joinpath("fair_housing", "cases", f"{name}.jsonl")
    return file.read_text(encoding="utf-8").splitlines()
