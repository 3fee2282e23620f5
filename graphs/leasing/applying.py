"""Stage applying: criteria and fees first, then the lead's yes, then a person's."""

from agent.ai.understanding.models import Intent
from agent.listings.models import Listing
from agent.tenants.models import Community
from graphs.leasing import listing, qualifying
from graphs.leasing.answers import focus, rules_of, without_pet_fees
from graphs.leasing.phrases import listed, money
from graphs.leasing.policy import StageSpec
from graphs.leasing.touring import latest
from graphs.leasing.turn import Turn


async def move(turn: Turn) -> None:
    if turn.has(Intent.DOCUMENTS) and not turn.has(Intent.APPLY):
        await documents(turn)
        return
    home = await _home(turn)
    if home is not None:
        await terms(turn, home)
    elif turn.state.get("shortlist") and not listing.needs_search(turn):
        turn.say("apply_which")
        turn.ask("property")
    else:
        await qualifying.move(turn)


async def terms(turn: Turn, home: Listing) -> None:
    """Show criteria and fees of the home's community, then ask for the lead's yes."""
    community = await turn.services.tenants.community_of(
        turn.tools.call.tenant_id, home.community_id
    )
    if community.criteria is None:
        turn.say("apply_person")
        await turn.tools.use("hand_off", reason="application without criteria")
        return
    turn.state["focus"] = home.listing_id
    shown = turn.state.get("disclosed")
    if shown is None or shown[0] != community.terms_id:
        turn.say(
            "apply_terms",
            home=home.title,
            criteria=community.criteria.text,
            fees=fees_text(
                without_pet_fees(community) if turn.state.get("no_pet_terms") else community
            ),
        )
        turn.state["disclosed"] = [community.terms_id, turn.now.isoformat()]
    args: dict[str, object] = {"listing_id": home.listing_id}
    turn.ask_yes("start_application", args, "confirm_apply", home=home.title)


async def documents(turn: Turn) -> None:
    papers = (await rules_of(turn, await _home(turn))).documents
    if not papers:
        turn.say("unknown_answer")
        return
    args: dict[str, object] = {"documents": papers}
    turn.ask_yes("request_documents", args, "confirm_documents", documents=listed(papers))


def fees_text(community: Community) -> str:
    if not community.fees:
        return "none"
    return listed([f"{fee.name} {money(fee.amount)}" for fee in community.fees])


async def _home(turn: Turn) -> Listing | None:
    """The home in focus, else the one of the lead's tour."""
    home = await focus(turn)
    if home is None and (tour := await latest(turn)):
        home = await turn.services.listings.get(turn.tools.call.tenant_id, tour.listing_id)
    return home


STAGE = StageSpec(
    name="applying",
    goal="Show criteria and fees, get the lead's yes, then ask the team to send the link; the "
    "agent never judges an application.",
    tools=(
        "search_listings",
        "listing_details",
        "search_knowledge",
        "search_conversations",
        "start_application",
        "request_documents",
        "hand_off",
    ),
    prompt="leasing/replies",
    move=move,
)
