"""Stage qualifying: learn where and how big, the least a search needs."""

from graphs.leasing import listing
from graphs.leasing.phrases import listed
from graphs.leasing.policy import StageSpec
from graphs.leasing.turn import Turn


async def move(turn: Turn) -> None:
    missing = unknown(turn)
    if missing and _asked_enough(turn, missing):
        turn.state["once"] = [*turn.state["once"], *(f"open:{name}" for name in missing)]
        missing = []
    if not missing:
        await listing.move(turn)
        return
    if "areas" in missing and "areas" in turn.open_asks and (areas := await _places(turn)):
        turn.say("ask_area_named", areas=areas)
        if "bedrooms" in missing:
            turn.say("ask_bedrooms")
    elif missing == ["areas", "bedrooms"]:
        turn.say("ask_area_bedrooms")
    else:
        turn.say("ask_area" if missing == ["areas"] else "ask_bedrooms")
    turn.ask(*missing)


def _asked_enough(turn: Turn, missing: list[str]) -> bool:
    """Whether homes are shown rather than the question asked a third time, or against a wish."""
    if not {*missing} & {*turn.open_asks}:
        return False
    first = [turn.ask_once(f"asked again:{name}") for name in missing]
    return not any(first) or "takes_anything" in turn.heard["rules"]


async def _places(turn: Turn) -> str | None:
    """Where there are homes, where these are few enough to be named."""
    gazetteer = await turn.services.listings.gazetteer(turn.tools.call.tenant_id)
    areas = sorted(gazetteer.areas)
    return listed(areas) if 0 < len(areas) <= listing.NAMED else None


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
