"""The lead's own yes: nothing is proposed to the team before it."""

from datetime import date
from typing import Any

from agent.ai.understanding.models import Intent
from agent.errors import Conflict, InvalidInput
from agent.listings.models import Listing
from agent.tours.models import SlotOffer, TourStatus
from graphs.leasing import touring
from graphs.leasing.answers import focus, listed_home
from graphs.leasing.state import Confirm
from graphs.leasing.turn import Turn


async def settle(turn: Turn) -> bool:
    """Act on a yes or no to what waits for confirmation; whether that was this turn's point."""
    confirm = turn.state.get("confirm") or await adopted(turn)
    if not confirm:
        return False
    if "contact" in turn.open_asks:
        return _contact(turn)
    if _reconsiders(turn, confirm):
        turn.state["confirm"] = None
        return False
    if turn.has(Intent.AFFIRM) or _says_again(turn, confirm):
        turn.state["confirm"] = None
        await _act(turn, confirm["tool"], confirm["args"])
        return True
    if turn.has(Intent.NEGATE, Intent.CANCEL):
        turn.state["confirm"] = None
        turn.say("not_confirmed")
        turn.ask("slot" if turn.state.get("slots") else "property")
        return True
    if turn.heard["topics"]:
        turn.ask_open_yes()
        return True
    return False


def _contact(turn: Turn) -> bool:
    """Contact data was asked for: go on to the yes once it is there, else ask again."""
    confirm = turn.state["confirm"]
    if confirm is None or _reconsiders(turn, confirm):
        turn.state["confirm"] = None
        return False
    if turn.has(Intent.NEGATE) and turn.tools.call.contact_ref is None:
        turn.state["confirm"] = None
        turn.say("not_confirmed")
        turn.ask("slot" if turn.state.get("slots") else "property")
        return True
    turn.ask_open_yes()
    return True


def _reconsiders(turn: Turn, confirm: Confirm) -> bool:
    """The message names another time, home, wish or action than what waits."""
    agreed = turn.has(Intent.AFFIRM)
    if turn.has(Intent.CANCEL_TOUR, Intent.RESCHEDULE):
        return not (agreed or _says_again(turn, confirm))
    if agreed and confirm["args"].get("slot_id") in turn.heard["slot_ids"]:
        return False
    return bool(
        turn.heard["slot_ids"]
        or turn.heard["tour_time"]
        or turn.heard["changed"]
        or turn.has(Intent.MORE, Intent.REJECT, Intent.COMPARE)
    )


def _says_again(turn: Turn, confirm: Confirm) -> bool:
    """The lead names the action once more: "cancel it" to "shall I cancel?"."""
    named = turn.has(Intent.CANCEL, Intent.CANCEL_TOUR) and not turn.has(Intent.NEGATE)
    return confirm["tool"] == "cancel_tour" and named


async def _act(turn: Turn, tool: str, args: dict[str, Any]) -> None:
    before = await touring.latest(turn) if tool == "propose_tour" else None
    waiting = before.tour_id if before and before.status is TourStatus.PROPOSED else None
    try:
        proposed = await turn.tools.use(tool, **args)
    except (Conflict, InvalidInput) as refusal:
        await _refused(turn, refusal)
        return
    turn.state["slots"] = []
    if proposed is None:
        turn.say("withdrawn")
    else:
        # a turn that is run again finds its own proposal
        replaced = waiting is not None and proposed.args.get("tour_id") != waiting
        turn.say("proposed_instead" if replaced else "proposed")


async def _refused(turn: Turn, refusal: Conflict | InvalidInput) -> None:
    turn.rules.append(refusal.code)
    if refusal.code == "action_rejected_before":
        turn.say("refused_before")
        turn.ask("tour")
        return
    if not refusal.code.startswith("tour_slot"):
        raise refusal
    turn.say("slot_taken")
    home = await focus(turn)
    if home is not None:
        await touring.offer_times(turn, home)


async def adopted(turn: Turn) -> Confirm | None:
    """A visit that somebody else's last line asked to confirm (staff, a replayed transcript)."""
    confirming = turn.state.get("agent", {}).get("confirming", {})
    wished = confirming.get("tour_date")
    if not wished or "slot_id" in confirming or not turn.has(Intent.AFFIRM):
        return None
    home = await _named(turn, str(confirming.get("property", "")))
    if home is None or await touring.arranged(turn, home, date.fromisoformat(str(wished))):
        return None
    offer: SlotOffer = await turn.tools.use(
        "tour_slots", listing_id=home.listing_id, on=date.fromisoformat(str(wished))
    )
    if not offer.slots or offer.missed:
        return None
    return {
        "tool": "propose_tour",
        "args": {"listing_id": home.listing_id, "slot_id": offer.slots[0].slot_id},
        "template": "confirm_tour",
        "values": {"home": home.title, "time": offer.slots[0].label},
        "stage": turn.state["stage"],
    }


async def _named(turn: Turn, name: str) -> Listing | None:
    for home in reversed(turn.state.get("shortlist", [])):
        if home["name"].casefold() == name.casefold():
            return await listed_home(turn, home["listing_id"])
    return await focus(turn)
