import pytest

from agent.threads.models import SET_BY_PEOPLE, Stage
from server.scopes import Scope
from tools.actions import ACTIONS
from tools.catalog import CATALOG, Effect, Tool
from tools.editing import EDITABLE, STORED
from tools.settle import SETTLE, UNSETTLE

EXTERNAL = {name for name, action in ACTIONS.items() if action.external}


def test_every_action_names_a_tool_of_its_effect() -> None:
    for name, action in ACTIONS.items():
        effect = CATALOG[action.tool].effect
        assert effect is (Effect.EXTERNAL if name in EXTERNAL else Effect.WRITE)


def test_every_external_tool_belongs_to_an_action() -> None:
    external = {name for name, tool in CATALOG.items() if tool.effect is Effect.EXTERNAL}
    assert external == {ACTIONS[name].tool for name in EXTERNAL}


def test_every_action_that_waits_can_be_stored_edited_and_settled() -> None:
    assert SETTLE.keys() == UNSETTLE.keys() == STORED.keys() == EDITABLE.keys() == EXTERNAL
    for name in EXTERNAL:
        assert EDITABLE[name] <= STORED[name].model_fields.keys()


def test_what_a_person_must_see_is_never_automatic() -> None:
    assert {name for name, action in ACTIONS.items() if action.risk == "high"} == {"apply_now"}
    assert not ACTIONS["apply_now"].auto


@pytest.mark.parametrize("tool", CATALOG.values(), ids=lambda tool: tool.name)
def test_a_tool_takes_nothing_it_does_not_know(tool: Tool) -> None:
    assert tool.args.model_config.get("extra") == "forbid"
    assert tool.stages
    assert tool.scope in set(Scope)


def test_stages_set_by_people_leave_nothing_to_the_policy_but_service() -> None:
    for stage in SET_BY_PEOPLE:
        allowed = {name for name, tool in CATALOG.items() if stage in tool.stages}
        assert allowed.isdisjoint({"search_listings", "propose_tour", "start_application"})
        assert "hand_off" in allowed


def test_a_person_is_always_reachable() -> None:
    assert CATALOG["hand_off"].stages == frozenset(Stage)


def test_messages_can_always_be_stopped() -> None:
    assert CATALOG["opt_out"].stages == frozenset(Stage)
