"""How the house does: the funnel of a tenant, and the state of everything for the meters."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil

from agent.ai.chat.prices import cost
from agent.errors import InvalidInput
from agent.insight.models import (
    Begun,
    Csat,
    Funnel,
    Handoffs,
    ResponseTime,
    Spent,
    Talk,
    Tokens,
    TourCounts,
    Waiting,
)
from agent.insight.store import InsightStore
from agent.kit.clock import Clock
from agent.kit.telemetry import Gauge
from agent.outbox.models import DeliveryState
from agent.privacy.pii import redact
from agent.tenants.models import WEEKDAYS, Community
from agent.tenants.service import TenantService
from agent.tours.models import TourStatus

PERIOD = timedelta(days=30)
LONGEST = timedelta(days=366)
REASONS = 10
_LONGEST_REASON = 80
_ENDED = (DeliveryState.DONE, DeliveryState.DEAD, DeliveryState.UNKNOWN)


class InsightService:
    def __init__(self, store: InsightStore, tenants: TenantService, clock: Clock) -> None:
        self._store = store
        self._tenants = tenants
        self._clock = clock

    async def funnel(
        self,
        tenant_id: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        community_id: str | None = None,
    ) -> Funnel:
        """Of the conversations begun from `since` until `until`; default: the last 30 days.

        Raises InvalidInput `period_invalid`, NotFound `community_not_found`.
        """
        since, until = self._period(since, until)
        if community_id is not None:
            await self._tenants.community(tenant_id, community_id)
        at = (tenant_id, since, until, community_id)
        begun = await self._store.begun(*at)
        threads = [each.thread_id for each in begun]
        leads = list(dict.fromkeys(each.lead_id for each in begun))
        talks = await self._store.talks(tenant_id, threads)
        asked, found = await self._store.lookups(tenant_id, threads)
        tours = await self._store.tours(*at)
        waiting = await self._store.waiting(tenant_id, community_id)
        outcomes = await self._store.outcomes(tenant_id, threads)
        return Funnel(
            since=since,
            until=until,
            community_id=community_id,
            leads=len(leads),
            threads=len(begun),
            first_response_seconds=_response_time(talks.values()),
            after_hours_share=await self._after_hours(tenant_id, begun, talks),
            tours=_tour_counts(tours),
            applications=await self._store.applications(*at),
            opt_outs=await self._store.opted_out(tenant_id, leads),
            approvals_waiting=_waiting(waiting, self._clock.now()),
            handoff=_handoffs(begun),
            csat=_csat(begun),
            action_success=_share(
                outcomes.get(DeliveryState.DONE, 0),
                sum(outcomes.get(state, 0) for state in _ENDED),
            ),
            retrieval_hit_rate=_share(found, asked),
            cost=_spent(await self._store.tokens(tenant_id, threads), len(leads)),
        )

    async def gauges(self) -> list[Gauge]:
        """What waits everywhere, without saying whose it is."""
        now = self._clock.now()
        waiting = await self._store.waiting_everywhere()
        deliveries = await self._store.deliveries_everywhere()
        jobs = await self._store.jobs_everywhere()
        return [
            Gauge(
                "latchkey_approvals_waiting",
                "Actions that wait for a person.",
                ("action",),
                {(row["action"],): row["count"] for row in waiting},
            ),
            Gauge(
                "latchkey_approvals_oldest_seconds",
                "Age of the one that waits longest.",
                ("action",),
                {(row["action"],): (now - row["oldest"]).total_seconds() for row in waiting},
            ),
            Gauge(
                "latchkey_deliveries_open",
                "Deliveries that have not come to an end.",
                ("connector", "state"),
                {(row["connector"], row["state"]): row["count"] for row in deliveries},
            ),
            Gauge(
                "latchkey_jobs",
                "Jobs of the last 30 days.",
                ("kind", "status"),
                {(row["kind"], row["status"]): row["count"] for row in jobs},
            ),
            Gauge(
                "latchkey_audit_unsealed",
                "Audit records without a place in their chain.",
                (),
                {(): await self._store.unsealed_everywhere()},
            ),
        ]

    def _period(self, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
        # what happens now is in it
        until = until or self._clock.now() + timedelta(milliseconds=1)
        try:
            since = since or until - PERIOD
            longest = until - LONGEST
        except OverflowError:
            longest = since = until
        if not longest <= since < until:
            raise InvalidInput(
                "period_invalid", f"Let `from` lie before `to`, by {LONGEST.days} days at most."
            )
        return since, until

    async def _after_hours(
        self, tenant_id: str, begun: Sequence[Begun], talks: Mapping[str, Talk]
    ) -> float | None:
        communities = {
            community.community_id: community
            for community in await self._tenants.communities(tenant_id)
        }
        closed = [
            not _open(communities[each.community_id], talk.asked_at)
            for each in begun
            if (talk := talks.get(each.thread_id))
            and talk.asked_at
            and each.community_id in communities
        ]
        return _share(sum(closed), len(closed))


def _open(community: Community, at: datetime) -> bool:
    local = at.astimezone(community.tz)
    if local.date() in community.holidays:
        return False
    hours = community.hours.get(WEEKDAYS[local.weekday()], [])
    return any(opening.opens <= local.time() < opening.closes for opening in hours)


def _response_time(talks: Iterable[Talk]) -> ResponseTime:
    waits = sorted(
        (talk.answered_at - talk.asked_at).total_seconds()
        for talk in talks
        if talk.asked_at and talk.answered_at and talk.answered_at >= talk.asked_at
    )
    return ResponseTime(p50=_percentile(waits, 0.5), p95=_percentile(waits, 0.95))


def _percentile(ascending: Sequence[float], share: float) -> float | None:
    """The nearest rank."""
    return ascending[ceil(share * len(ascending)) - 1] if ascending else None


def _tour_counts(by_status: Mapping[str, int]) -> TourCounts:
    visited = by_status.get(TourStatus.VISITED, 0)
    no_show = by_status.get(TourStatus.NO_SHOW, 0)
    return TourCounts(
        proposed=sum(by_status.values()),
        booked=by_status.get(TourStatus.BOOKED, 0) + visited + no_show,
        visited=visited,
        no_show=no_show,
        canceled=by_status.get(TourStatus.CANCELED_BY_MANAGER, 0)
        + by_status.get(TourStatus.CANCELED_BY_RENTER, 0),
    )


def _waiting(since: Sequence[datetime], now: datetime) -> Waiting:
    ages = [(now - at).total_seconds() for at in since]
    if not ages:
        return Waiting()
    return Waiting(count=len(ages), oldest_seconds=max(ages), mean_seconds=sum(ages) / len(ages))


def _handoffs(begun: Sequence[Begun]) -> Handoffs:
    given = [each.handoff_reason for each in begun if each.handoff_reason]
    # a lead may have said why in words of their own
    reasons = Counter(redact(reason).text[:_LONGEST_REASON].lower() for reason in given)
    shown = dict(reasons.most_common(REASONS))
    if rest := len(given) - sum(shown.values()):
        shown["other"] = shown.get("other", 0) + rest
    return Handoffs(rate=_share(len(given), len(begun)), reasons=shown)


def _csat(begun: Sequence[Begun]) -> Csat:
    scores = [score for each in begun for score in each.scores]
    return Csat(average=sum(scores) / len(scores) if scores else None, count=len(scores))


def _spent(tokens: Sequence[Tokens], leads: int) -> Spent:
    usd, unpriced = 0.0, 0
    for each in tokens:
        price = cost(each.model, fresh=each.fresh, cached=each.cached, output=each.output)
        if price is None:
            unpriced += each.fresh + each.cached + each.output
        else:
            usd += price
    return Spent(
        usd=round(usd, 6),
        unpriced_tokens=unpriced,
        per_lead_usd=round(usd / leads, 6) if leads else None,
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
