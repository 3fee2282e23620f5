"""Rows of a program into the inventory: good ones are kept, the others are answered for."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from agent.ai.safety.fair_housing.table import RuleId
from agent.listings.fair import without_unfair
from agent.listings.models import Listing, ListingDraft
from agent.listings.service import ListingService
from agent.tenants.models import Community


class RowResult(BaseModel):
    """What became of one row."""

    row: int
    """Its place in what was sent, from 0."""
    outcome: Literal["added", "updated", "unchanged", "rejected"]
    listing_id: str | None = None
    external_id: str | None = None
    code: str | None = None
    """Why it was rejected: `listing_invalid`."""
    reason: str | None = None
    warnings: list[str] = []
    """Texts that were left out: they break rules of fair housing."""


async def put_rows(
    listings: ListingService,
    tenant_id: str,
    community: Community,
    rows: Sequence[Mapping[str, Any]],
) -> list[RowResult]:
    """Add or replace a community's homes; one result a row, in order."""
    results, drafts = await asyncio.to_thread(_read, rows, community.senior_housing)
    written = await listings.upsert(tenant_id, community.community_id, list(drafts.values()))
    for number, done in zip(drafts, written, strict=True):
        results[number].outcome = done.outcome
        results[number].listing_id = done.listing_id
    return results


def warned(broken: Mapping[str, Sequence[RuleId]]) -> list[str]:
    return [
        f"{field}: left out, it breaks {', '.join(rules)}; word it anew."
        for field, rules in broken.items()
    ]


def _read(
    rows: Sequence[Mapping[str, Any]], senior_housing: bool
) -> tuple[list[RowResult], dict[int, ListingDraft]]:
    """A result for every row, still without its outcome, and the drafts of the good ones."""
    results: list[RowResult] = []
    drafts: dict[int, ListingDraft] = {}
    for number, row in enumerate(rows):
        result = RowResult(row=number, outcome="rejected")
        results.append(result)
        try:
            draft = ListingDraft.model_validate(row)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            result.code = "listing_invalid"
            at = ".".join(str(part) for part in first["loc"])[:200]
            result.reason = f"{at}: {first['msg']}."
            continue
        drafts[number], broken = without_unfair(draft, senior_housing=senior_housing)
        result.external_id = draft.external_id
        result.warnings = warned(broken)
    return results, drafts


async def revised(
    listing: Listing, changes: Mapping[str, Any], community: Community
) -> tuple[ListingDraft, list[str]]:
    """The home with `changes`, and what of its texts was left out; raises pydantic's error."""
    before = listing.model_dump(exclude={"community_id", "updated_at", "version"})
    draft = ListingDraft.model_validate(before | dict(changes))
    kept, broken = await asyncio.to_thread(
        without_unfair, draft, senior_housing=community.senior_housing
    )
    return kept, warned(broken)
