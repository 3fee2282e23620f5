"""Which status may follow which."""

from agent.errors import Conflict
from agent.tours.models import Tour, TourStatus

CANCELED = frozenset({TourStatus.CANCELED_BY_MANAGER, TourStatus.CANCELED_BY_RENTER})
STEPS: dict[TourStatus, frozenset[TourStatus]] = {
    TourStatus.PROPOSED: CANCELED | {TourStatus.BOOKED},
    TourStatus.BOOKED: CANCELED | {TourStatus.VISITED, TourStatus.NO_SHOW},
}


def require_step(tour: Tour, status: TourStatus) -> None:
    """Raises Conflict `tour_step_illegal`."""
    if status not in STEPS.get(tour.status, frozenset()):
        raise Conflict(
            "tour_step_illegal",
            f"A tour that is {tour.status} cannot become {status}; read it again.",
        )


def require_movable(tour: Tour) -> None:
    """Raises Conflict `tour_step_illegal` for a tour that is over."""
    if tour.status not in STEPS:
        raise Conflict(
            "tour_step_illegal", f"A tour that is {tour.status} cannot move; propose a new one."
        )


def require_own(tour: Tour) -> None:
    """Raises Conflict `tour_step_illegal` for a hold that only keeps a time for another tour."""
    if tour.replaces is not None:
        raise Conflict("tour_step_illegal", "This hold is for another tour; move that one.")
