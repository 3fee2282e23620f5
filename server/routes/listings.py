"""Homes for rent: for staff and programs, and what of them everybody may see."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import Unauthenticated
from agent.listings.bulk import RowResult, put_rows, revised
from agent.listings.models import Listing, ListingQuery
from agent.services import Services
from server.actors import Actor
from server.deps import NO_CREDENTIAL_TOO, Anyone, Id, TheServices, scoped
from server.errors import problems
from server.listed import Cursor, Limit, Listed
from server.moments import Day
from server.origins import require_origin
from server.scopes import Scope

router = APIRouter(prefix="/api/listings", tags=["listings"])

Writer = Annotated[Actor, Depends(scoped(Scope.LISTINGS_WRITE))]
Name = Annotated[str, Field(min_length=1, max_length=200)]
ROWS = 1000
_ROW: dict[str, Any] = {
    "external_id": "unit-214",
    "name": "Cedar Mesa",
    "unit": "214",
    "area": "Denver",
    "rent": 2150,
    "bedrooms": 2,
    "bathrooms": 1.5,
    "pets": True,
}


class ListingItem(BaseModel):
    listing_id: str
    community_id: str
    name: str
    unit: str | None
    area: str | None
    address: str
    rent: int
    """Whole US dollars a month."""
    bedrooms: int
    """0 is a studio."""
    bathrooms: float
    square_feet: int | None
    pets: bool | None
    furnished: bool | None
    parking: bool | None
    in_unit_laundry: bool | None
    phone: str | None
    """The property's public number."""
    description: str
    features: list[str]
    available_from: date | None
    available: bool
    external_id: str | None = None
    """For those with `listings:read`, as what follows."""
    version: int | None = None
    updated_at: datetime | None = None

    @classmethod
    def of(cls, listing: Listing) -> "ListingItem":
        return cls.model_validate(listing, from_attributes=True)

    @classmethod
    def public(cls, listing: Listing) -> "ListingItem":
        inside = {"external_id": None, "version": None, "updated_at": None}
        return cls.of(listing).model_copy(update=inside)


class RevisedListing(ListingItem):
    warnings: list[str]
    """Texts that were left out: they break rules of fair housing."""


class ListingsRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"community": "cedar-mesa", "listings": [_ROW]}},
    )

    community: Name | None = None
    """Whose homes they are; default: the default community's."""
    listings: list[dict[str, Any]] = Field(max_length=ROWS)
    """At most 1,000, in a body of at most 1 MB. A home has external_id, listing_id?, name, unit,
    area, address, rent, bedrooms, bathrooms, square_feet, pets, furnished, parking,
    in_unit_laundry, phone, description, features, available, available_from; name, rent, bedrooms
    and bathrooms are needed."""


class BulkResult(BaseModel):
    added: int
    updated: int
    unchanged: int
    rejected: int
    results: list[RowResult]


class ListingPatch(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"rent": 2100, "version": 1}}
    )

    version: int = Field(ge=0, le=2**53)
    external_id: str | None = Field(default=None, max_length=200)
    name: str = Field(default="", min_length=1, max_length=200)
    unit: str | None = Field(default=None, max_length=40)
    area: str | None = Field(default=None, max_length=120)
    address: str = Field(default="", max_length=300)
    rent: int = Field(default=1, ge=1, le=200_000)
    bedrooms: int = Field(default=0, ge=0, le=20)
    bathrooms: float = Field(default=0, ge=0, le=20)
    square_feet: int | None = Field(default=None, ge=50, le=100_000)
    pets: bool | None = None
    furnished: bool | None = None
    parking: bool | None = None
    in_unit_laundry: bool | None = None
    phone: str | None = Field(default=None, max_length=60)
    description: str = Field(default="", max_length=20_000)
    features: list[str] = Field(default=[], max_length=200)
    available: bool = True
    available_from: date | None = None

    def said(self) -> dict[str, Any]:
        """What is to change: the fields that were sent."""
        return self.model_dump(exclude_unset=True, exclude={"version"})


@router.get(
    "",
    openapi_extra=NO_CREDENTIAL_TOO,
    summary="Homes for rent, by rent",
    description="With `listings:read` all of the tenant's; without a credential those of the "
    "`community` whose site key is named, for its own pages: `external_id`, `version` and "
    "`updated_at` are null then.",
    responses=problems(401, 403, 404),
)
async def list_listings(
    request: Request,
    services: TheServices,
    actor: Anyone,
    community: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    area: Annotated[list[str] | None, Query(max_length=20, description="Any of these.")] = None,
    bedrooms: Annotated[int | None, Query(ge=0, le=20, description="Exactly; 0: studio.")] = None,
    bathrooms: Annotated[float | None, Query(ge=0, le=20, description="At least.")] = None,
    max_rent: Annotated[int | None, Query(ge=0, le=1_000_000)] = None,
    pets: bool | None = None,
    furnished: bool | None = None,
    parking: bool | None = None,
    in_unit_laundry: bool | None = None,
    available_by: Day | None = None,
    q: Annotated[str | None, Query(max_length=200, description="Each begins a word.")] = None,
    unavailable: Annotated[
        bool, Query(description="Homes that are not for rent too; for staff.")
    ] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[ListingItem]:
    query = ListingQuery(
        areas=[each[:200] for each in area or ()],
        bedrooms=bedrooms,
        bathrooms=bathrooms,
        max_rent=max_rent,
        pets=pets,
        furnished=furnished,
        parking=parking,
        in_unit_laundry=in_unit_laundry,
        available_by=available_by,
        q=q,
    )
    tenant_id, query.community_id, inside = await _whose(request, services, actor, community)
    page = await services.listings.page(
        tenant_id, query, limit=limit, cursor=cursor, unavailable=unavailable and inside
    )
    shown = ListingItem.of if inside else ListingItem.public
    return Listed(items=[shown(each) for each in page.items], next_cursor=page.next_cursor)


@router.post(
    "",
    summary="Add or replace homes",
    description="A home is known by its `listing_id`, else its `external_id`, else property, unit "
    "and address. Good rows are kept, each of the others is answered for: 200 even where all are "
    "rejected. Texts that break rules of fair housing are left out with a warning.",
    responses=problems(400, 401, 403, 404, 413, 415),
)
async def put_listings(body: ListingsRequest, services: TheServices, actor: Writer) -> BulkResult:
    community = await services.tenants.community(actor.tenant_id, body.community)
    results = await put_rows(services.listings, actor.tenant_id, community, body.listings)
    outcomes = [result.outcome for result in results]
    return BulkResult(
        added=outcomes.count("added"),
        updated=outcomes.count("updated"),
        unchanged=outcomes.count("unchanged"),
        rejected=outcomes.count("rejected"),
        results=results,
    )


@router.patch(
    "/{listing_id}",
    summary="Change a home",
    description="What is left out stays. A new text that breaks rules of fair housing is left out "
    "with a warning.",
    responses=problems(400, 401, 403, 404, 409, 413, 415),
)
async def revise_listing(
    listing_id: Id, body: ListingPatch, services: TheServices, actor: Writer
) -> RevisedListing:
    listing = await services.listings.get(actor.tenant_id, listing_id)
    community = await services.tenants.community(actor.tenant_id, listing.community_id)
    try:
        draft, warnings = await revised(listing, body.said(), community)
    except ValidationError as error:
        raise RequestValidationError(
            [{**e, "loc": ("body", *e["loc"])} for e in error.errors()]
        ) from None
    kept = await services.listings.replace(actor.tenant_id, listing_id, draft, version=body.version)
    return RevisedListing(**dict(ListingItem.of(kept)), warnings=warnings)


async def _whose(
    request: Request, services: Services, actor: Actor | None, community: str | None
) -> tuple[str, str | None, bool]:
    """Tenant, the only community, and whether the caller sees what is not public."""
    sees_all = actor is not None and Scope.LISTINGS_READ in actor.scopes
    if community is not None and not sees_all:
        tenant_id, site = await services.tenants.site(community)
        require_origin(site, request)
        return tenant_id, site.community_id, False
    if actor is None:
        raise Unauthenticated(
            "credential_missing", "Send Authorization: Bearer <key or token>, or name a community."
        )
    actor.require(Scope.LISTINGS_READ)
    if community is not None:
        await services.tenants.community(actor.tenant_id, community)
    return actor.tenant_id, community, True
