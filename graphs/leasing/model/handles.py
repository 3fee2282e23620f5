"""Short names for ids in a prompt: fewer tokens, and no id leaves the house."""

from collections.abc import Mapping
from typing import Any

KINDS = {"listing_id": "h", "listing_ids": "h", "slot_id": "s", "tour_id": "t"}
"""Field -> first letter of its handles: h1, s2, t1."""


class Handles:
    """The ids one turn has shown, and what they are called there."""

    def __init__(self) -> None:
        self._handles: dict[str, str] = {}
        self._ids: dict[str, str] = {}

    def of(self, field: str, value: str) -> str:
        """The handle of an id; a new one where it has none."""
        if value not in self._handles:
            kind = KINDS[field]
            handle = f"{kind}{sum(each[0] == kind for each in self._ids) + 1}"
            self._handles[value] = handle
            self._ids[handle] = value
        return self._handles[value]

    def shown(self, value: Any) -> Any:
        """Plain data with handles in place of ids."""
        if isinstance(value, Mapping):
            return {name: self._shown(name, part) for name, part in value.items()}
        return [self.shown(part) for part in value] if isinstance(value, list) else value

    def meant(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments with ids in place of handles; what is no handle stays for the executor."""
        return {name: self._meant(part) if name in KINDS else part for name, part in args.items()}

    def _shown(self, name: str, part: Any) -> Any:
        if name not in KINDS:
            return self.shown(part)
        if isinstance(part, list):
            return [self.of(name, each) for each in part]
        return self.of(name, part) if isinstance(part, str) else part

    def _meant(self, part: Any) -> Any:
        if isinstance(part, list):
            return [self._meant(each) for each in part]
        return self._ids.get(part, part) if isinstance(part, str) else part
