"""The one way to call a tool: permission, arguments and ids are checked here, in code."""

from typing import Any

from pydantic import BaseModel, ValidationError

from agent.errors import Forbidden, InvalidInput
from tools.call import Call
from tools.catalog import CATALOG, Effect, Tool


class Toolbox:
    """The tools one turn may use."""

    def __init__(self, call: Call) -> None:
        self.call = call

    def names(self) -> list[str]:
        """Tools allowed in this stage, as a policy may be shown them."""
        return [name for name, tool in CATALOG.items() if self.call.stage in tool.stages]

    async def use(self, name: str, /, **args: Any) -> Any:
        """Run a tool.

        Raises Forbidden (unknown tool, wrong stage, missing scope, an id never offered),
        InvalidInput (arguments), or what the tool itself refuses.
        """
        tool, parsed = self._checked(name, args)
        self.call.checked = True
        return await tool.run(self.call, parsed)

    def check(self, name: str, /, **args: Any) -> None:
        """Raise what `use` would before it runs the tool."""
        self._checked(name, args)

    def _checked(self, name: str, args: dict[str, Any]) -> tuple[Tool, BaseModel]:
        tool = CATALOG.get(name)
        if tool is None:
            raise Forbidden("tool_unknown", f"There is no tool {name[:80]!r}.")
        self._permit(tool)
        parsed = _parse(tool, args)
        self._check_ids(tool, parsed)
        return tool, parsed

    def _permit(self, tool: Tool) -> None:
        call = self.call
        if call.scopes is not None and tool.scope not in call.scopes:
            raise Forbidden("scope_missing", f"{tool.name} needs the scope {tool.scope}.")
        if call.scopes is None and call.stage not in tool.stages:
            raise Forbidden(
                "tool_not_in_stage", f"{tool.name} is not available in the stage {call.stage}."
            )

    def _check_ids(self, tool: Tool, args: BaseModel) -> None:
        values = args.model_dump()
        if values.get("contact") not in (None, self.call.contact_ref):
            raise Forbidden("id_not_offered", "Leave contact out, or name that of this lead.")
        if self.call.trusted:
            return
        listings = {*values.get("listing_ids", ()), values.get("listing_id")} - {None}
        slot = values.get("slot_id")
        if listings - self.call.listings or (slot is not None and slot not in self.call.slots):
            raise Forbidden(
                "id_not_offered", f"{tool.name} takes only ids that were offered in this thread."
            )
        if tool.effect is Effect.EXTERNAL and values.get("starts_at") and not self._free(values):
            raise Forbidden("id_not_offered", "Choose one of the times that were offered.")

    def _free(self, values: dict[str, Any]) -> bool:
        offered = self.call.slots.values()
        return (values["listing_id"], values["starts_at"]) in offered


def _parse(tool: Tool, args: dict[str, Any]) -> BaseModel:
    try:
        return tool.args.model_validate(args)
    except ValidationError as error:
        raise InvalidInput(
            "tool_args_invalid",
            f"{tool.name} cannot take these arguments.",
            details=error.errors(include_url=False, include_input=False, include_context=False),
        ) from None
