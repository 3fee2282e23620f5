"""Tickets one after the other through the real way: added, resolved, decided with the gold."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC

from agent.kit.clock import ManualClock
from agent.services import Services
from agent.tenants.models import DEFAULT_TENANT
from agent.tickets.models import Case, Labels, Status
from agent.tickets.reviewers import Reviewer
from agent.tickets.unnamed import without_contact
from evals.tickets.data import Gold, Labelled
from graphs.tickets import resolving

TENANT = DEFAULT_TENANT
SHOWN = 5
"""Articles that a reviewer sees."""
_REVIEWER = Reviewer("eval", admin=True)


@dataclass(frozen=True, slots=True)
class Predicted:
    """What was said of a ticket before anybody decided it."""

    case: Case
    gold: Gold
    ticket_id: str
    found: list[str]
    """Articles and resolutions, the best first."""
    scripts: list[str]
    chosen: str | None
    """The article that its resolution rests on, or what an earlier approval published."""
    learnt: bool
    """Whether it is of an earlier approval."""
    evident: bool
    labels: Labels
    points: int
    seen: bool
    """Whether its article was approved before."""
    seen_of_category: int
    """Approved tickets of its category before."""

    @property
    def right(self) -> bool:
        """Whether a person would leave what it rests on: no article, where none solved it."""
        if self.gold.kb_id is None:
            return self.chosen is None or self.learnt
        return self.chosen == self.gold.kb_id


@dataclass(slots=True)
class Replay:
    services: Services
    clock: ManualClock
    approved: Counter[str] = field(default_factory=Counter)
    """Times each article was approved."""
    categories: Counter[str] = field(default_factory=Counter)

    async def past(self, labelled: Labelled) -> None:
        """A ticket that was decided before we began to measure."""
        await self.ticket(labelled)

    async def ticket(self, labelled: Labelled) -> Predicted:
        """Resolve it, note what was found, then decide it as the gold says."""
        services, gold = self.services, labelled.gold
        at = labelled.draft.created_at
        if at is not None:
            step = at.replace(tzinfo=at.tzinfo or UTC) - self.clock.now()
            self.clock.advance(max(step, step * 0))
        added = await services.tickets.add(TENANT, [(1, labelled.draft)], created_by="eval")
        [ticket_id] = added.ticket_ids
        await services.ticket_labels.learn(TENANT)
        case = (await services.tickets.get(TENANT, ticket_id)).case
        resolution, grounds = await resolving.resolution(
            services, TENANT, case, excluding=ticket_id
        )
        await services.tickets.settle(TENANT, ticket_id, resolution, grounds)
        predicted = Predicted(
            case=case,
            gold=gold,
            ticket_id=ticket_id,
            found=[source.id for source in grounds.articles],
            scripts=[source.id for source in grounds.scripts],
            chosen=resolution.kb_id,
            learnt=any(
                source.id == resolution.kb_id and source.kind == "resolution"
                for source in grounds.articles
            ),
            evident=grounds.evident,
            labels=resolution.labels,
            points=resolution.score.relevancy_score,
            seen=bool(gold.kb_id and self.approved[gold.kb_id]),
            seen_of_category=self.categories[gold.category or ""],
        )
        await self._decide(ticket_id, gold)
        return predicted

    async def _decide(self, ticket_id: str, gold: Gold) -> None:
        review = self.services.reviewing
        await review.set_status(TENANT, ticket_id, _REVIEWER, Status.IN_PROGRESS)
        await review.approve(
            TENANT,
            ticket_id,
            _REVIEWER,
            edited_resolution=gold.resolution,
            kb_id=gold.kb_id or "",
            script_id=gold.script_id or "",
            category=gold.category,
        )
        self.approved[gold.kb_id or ""] += 1
        self.categories[gold.category or ""] += 1


def case_of(labelled: Labelled) -> Case:
    """As the ticket would have it: without contact data."""
    fields = without_contact(labelled.draft).model_dump(include=set(Case.model_fields))
    return Case.model_validate(fields)
