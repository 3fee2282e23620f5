"""Every tool in every stage for every kind of caller; a change of rights shows up here."""

import pytest

from agent.errors import Conflict, Forbidden, InvalidInput, NotFound
from agent.threads.models import Stage
from tests.tools.conftest import Floor
from tools.catalog import CATALOG

LOOKS = {
    Stage.QUALIFYING,
    Stage.SENDING_LIST,
    Stage.SELECTING_FAVORITES,
    Stage.TOURING,
    Stage.APPLYING,
}
TOURS = LOOKS - {Stage.QUALIFYING}
ALL = set(Stage)
RIGHTS = {
    "search_listings": ("listings:read", LOOKS),
    "listing_details": ("listings:read", ALL),
    "compare_listings": ("listings:read", LOOKS),
    "search_knowledge": ("knowledge:read", ALL),
    "search_conversations": ("threads:read", ALL),
    "tour_slots": ("tours:read", TOURS),
    "mark_favorite": ("actions:write", LOOKS),
    "hand_off": ("actions:write", ALL),
    "opt_out": ("actions:write", ALL),
    "propose_tour": ("actions:write", TOURS),
    "reschedule_tour": ("actions:write", ALL),
    "cancel_tour": ("actions:write", ALL),
    "request_documents": ("actions:write", {Stage.APPLYING, Stage.APPROVAL}),
    "start_application": ("actions:write", {Stage.APPLYING}),
    "send_message": ("actions:write", TOURS),
}
SCOPES = {scope for scope, _ in RIGHTS.values()}
NONSENSE = {"no_such_argument": True}


def test_every_tool_has_a_row() -> None:
    assert CATALOG.keys() == RIGHTS.keys()


async def refusal(floor: Floor, tool: str, **caller: object) -> str:
    """The code a call with nonsense arguments is refused with: permission is checked first."""
    tools = await floor.toolbox(**caller)
    with pytest.raises((Forbidden, InvalidInput, Conflict, NotFound)) as refused:
        await tools.use(tool, **NONSENSE)
    return refused.value.code


@pytest.mark.parametrize("tool", RIGHTS)
async def test_a_policy_and_a_visitor_have_the_rights_of_the_stage(floor: Floor, tool: str) -> None:
    for stage in Stage:
        code = await refusal(floor, tool, stage=stage)
        allowed = stage in RIGHTS[tool][1]
        assert code == ("tool_args_invalid" if allowed else "tool_not_in_stage"), stage


@pytest.mark.parametrize("tool", RIGHTS)
async def test_a_key_has_the_rights_of_its_scopes_in_every_stage(floor: Floor, tool: str) -> None:
    needed = RIGHTS[tool][0]
    for stage in Stage:
        for scopes in (frozenset({needed}), frozenset(SCOPES - {needed}), frozenset()):
            code = await refusal(floor, tool, stage=stage, trusted=True, scopes=scopes)
            assert code == ("tool_args_invalid" if needed in scopes else "scope_missing"), stage
