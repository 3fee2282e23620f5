"""A file of listings into the inventory: good rows are kept, the others are reported."""

import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from agent.errors import InvalidInput
from agent.ingest.columns import COLUMNS, by_field, place_of
from agent.ingest.report import IngestReport, RowProblem
from agent.ingest.rows import Problem, read_draft
from agent.kit.tables import BadRow, read_table
from agent.listings.fair import without_unfair
from agent.listings.models import ListingDraft
from agent.listings.service import ListingService
from agent.tenants.service import TenantService

BATCH = 500
Progress = Callable[[IngestReport], None]


async def ingest_listings(
    listings: ListingService,
    tenants: TenantService,
    path: Path,
    *,
    tenant_id: str,
    community_id: str | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Add or replace the homes of a CSV or JSON Lines file, 500 at a time.

    `progress` hears of each batch. Where a community is named, a row without property, area,
    address or phone has the community's. The same file again changes nothing. Raises InvalidInput
    `table_…`, `listing_columns_unknown`, NotFound `community_not_found`.
    """
    community = await tenants.community(tenant_id, community_id)
    defaults: dict[str, Any] = {}
    if community_id is not None:
        given = {
            "name": community.name,
            "area": community.area,
            "address": community.address,
            "phone": community.phone,
        }
        defaults = {field: value for field, value in given.items() if value}
    report = IngestReport()
    started = time.perf_counter()
    drafts = _fair(_drafts(path, defaults, report), report, senior_housing=community.senior_housing)
    while batch := list(islice(drafts, BATCH)):
        for result in await listings.upsert(tenant_id, community.community_id, batch):
            setattr(report, result.outcome, getattr(report, result.outcome) + 1)
        report.rows_per_second = round(report.read / (time.perf_counter() - started), 1)
        if progress is not None:
            progress(report)
    return report


def _fair(
    drafts: Iterator[tuple[int, ListingDraft]], report: IngestReport, *, senior_housing: bool
) -> Iterator[ListingDraft]:
    """The homes without texts that fair housing forbids, each with a warning."""
    for number, draft in drafts:
        kept, broken = without_unfair(draft, senior_housing=senior_housing)
        report.warnings += [
            RowProblem(
                row=number,
                code=f"{field}_fair_housing",
                reason=f"{field}: left out, it breaks {', '.join(rules)}; word it anew.",
            )
            for field, rules in broken.items()
        ]
        yield kept


def _drafts(
    path: Path, defaults: dict[str, Any], report: IngestReport
) -> Iterator[tuple[int, ListingDraft]]:
    """Row and home of the file; what is wrong with its rows goes into the report."""
    any_known = False
    for row in read_table(path):
        report.read += 1
        if isinstance(row, BadRow):
            report.rejected.append(RowProblem(row=row.number, code=row.code, reason=row.reason))
            continue
        unknown = [column for column in row.values if place_of(column) is None]
        any_known |= len(unknown) < len(row.values)
        report.ignored_columns += [c for c in unknown if c not in report.ignored_columns]
        draft, problems = read_draft(by_field(row.values), defaults)
        if draft is None:
            report.rejected.append(_rejection(row.number, problems))
        else:
            report.warnings += [
                RowProblem(row=row.number, code=problem.code, reason=problem.reason)
                for problem in problems
            ]
            yield row.number, draft
    if not any_known:
        raise InvalidInput(
            "listing_columns_unknown",
            f"No column of {path.name!r} is known; name them like: {', '.join(COLUMNS)}.",
        )


def _rejection(number: int, problems: list[Problem]) -> RowProblem:
    reasons = " ".join(problem.reason for problem in problems)
    return RowProblem(row=number, code=problems[0].code, reason=reasons)
