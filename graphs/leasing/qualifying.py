"""Stage qualifying: learn where and how big, the least a search needs."""

from graphs.leasing import listing
from graphs.leasing.policy import StageSpec
from graphs.leasing.turn import Turn


async def move(turn: Turn) -> None:
    missing = unknown(turn)
    if not missing:
        await listing.move(turn)
        return
    if missing == ["areas", "bedrooms"]:
        turn.say("ask_area_bedrooms")
    else:
        turn.say("ask_area" if missing == ["areas"] else "ask_bedrooms")
    turn.ask(*missing)


def unknown(turn: Turn) -> list[str]:
    """What still has to be asked before a search; a withdrawn wish is an answer too."""
    open_wishes = turn.state.setdefault("once", [])
    needs = []
    if not (turn.profile.areas or turn.community.area or "open:areas" in open_wishes):
        needs.append("areas")
    if turn.profile.bedrooms is None and "open:bedrooms" not in open_wishes:
        needs.append("bedrooms")
    return needs


STAGE = StageSpec(
    name="qualifying",
    goal="Learn the area and the number of bedrooms; done when both are known or left open.",
    tools=(
        "search_listings",
        "listing_details",
        "search_knowledge",
        "search_conversations",
        "hand_off",
    ),
    prompt="leasing/replies",
    move=move,
)
