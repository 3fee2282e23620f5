"""Messages to a lead say nothing that the rules refuse, whoever writes them."""

import pytest

from agent.errors import InvalidInput
from tests.tools.conftest import Floor, edit

FAIR = "See you on Thursday at 2 pm. Call us at the office if you are late."


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("You qualify, see you soon!", "FH4"),
        ("The building is full of families.", "FH2"),
        ("Do you have kids?", "FH1"),
        ("See https://evil.example/x", "link"),
        ("![x](https://example.com/p.png)", "markup"),
        ("Your lead is lead_00000000000000000000", "id"),
    ],
)
@pytest.mark.parametrize("trusted", [False, True])
async def test_a_refused_text_is_not_proposed(
    floor: Floor, text: str, rule: str, trusted: bool
) -> None:
    scopes = frozenset({"actions:write"}) if trusted else None
    tools = await floor.toolbox(trusted=trusted, scopes=scopes)
    with pytest.raises(InvalidInput) as refused:
        await tools.use("send_message", channel="email", text=text)
    assert refused.value.code == "message_refused"
    assert rule in refused.value.message
    assert text not in refused.value.message
    assert await floor.pending() == []


async def test_links_of_the_community_may_be_sent(floor: Floor) -> None:
    tools = await floor.toolbox()
    text = "Apply at https://example.com/alder-row/apply."
    assert await tools.use("send_message", channel="email", text=text)


async def test_a_person_cannot_edit_a_refused_text_in(floor: Floor) -> None:
    tools = await floor.toolbox()
    approval = await tools.use("send_message", channel="email", text=FAIR)
    with pytest.raises(InvalidInput) as refused:
        await floor.decide(approval, edit(text="Perfect for your wife and kids!"))
    assert refused.value.code == "message_refused"
    assert await floor.pending() == [approval.action_id]
    await floor.decide(approval, edit(text="See you on Friday at 3 pm."))
    assert await floor.pending() == []
