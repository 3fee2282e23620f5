"""Applications and their papers: proposed here, approved by people, judged by nobody here."""

import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from agent.approvals.models import EFFECTIVE, Approval
from agent.errors import InvalidInput
from agent.services import Services
from tools.call import Call
from tools.text import FreeText

Document = Annotated[FreeText, Field(min_length=1, max_length=200)]


class ApplyArgs(BaseModel):
    model_config = ConfigDict(extra="forbid")

    listing_id: str
    contact: str | None = None


class DocumentsArgs(BaseModel):
    model_config = ConfigDict(extra="forbid")

    documents: list[Document] = Field(default_factory=list, max_length=20)
    """Empty: what the community asks for."""
    contact: str | None = None


class ApplyStored(BaseModel):
    """The stored arguments of apply_now."""

    model_config = ConfigDict(extra="forbid")

    listing_id: str
    application_id: str
    criteria_version: str
    contact: str


class DocumentsStored(BaseModel):
    """The stored arguments of request_docs."""

    model_config = ConfigDict(extra="forbid")

    documents: list[Document] = Field(min_length=1, max_length=20)
    contact: str

    @field_validator("documents", mode="before")
    @classmethod
    def _from_text(cls, written: Any) -> Any:
        """Other inboxes send an edited list as text: JSON, or one a line."""
        if not isinstance(written, str):
            return written
        try:
            return json.loads(written)
        except ValueError:
            return [line.strip() for line in written.splitlines() if line.strip()]


async def start_application(call: Call, args: ApplyArgs) -> Approval:
    """Ask a person to send the application link; criteria and fees were shown before."""
    contact = call.contact()
    services = call.services
    listing = await services.listings.get(call.tenant_id, args.listing_id)
    community = await services.tenants.community(call.tenant_id, listing.community_id)
    disclosed, disclosed_at = call.disclosed or (None, None)

    async def write() -> Approval:
        application = await services.applications.propose(
            call.tenant_id,
            application_id=await call.own_id("app", listing.listing_id),
            thread_id=call.thread_id,
            lead_id=call.lead_id,
            listing=listing,
            community=community,
            disclosed=disclosed,
            disclosed_at=disclosed_at,
        )
        stored = ApplyStored(
            listing_id=listing.listing_id,
            application_id=application.application_id,
            criteria_version=application.criteria_version,
            contact=contact,
        )
        return await call.propose(
            "apply_now",
            stored.model_dump(),
            f"Send the application link for {listing.title}; criteria "
            f"{application.criteria_version} and fees were shown.",
            supersedes={},
            made=frozenset({"application_id"}),
            community=community,
        )

    return await services.repository.transact(write)


async def request_documents(call: Call, args: DocumentsArgs) -> Approval:
    """Ask a person to send the lead the list of papers."""
    contact = call.contact()
    documents = args.documents or call.community.documents
    if not documents:
        raise InvalidInput("documents_missing", "Name the documents; the community lists none.")
    stored = DocumentsStored(documents=documents, contact=contact)
    return await call.services.repository.transact(
        lambda: call.propose(
            "request_docs",
            stored.model_dump(),
            f"Ask for these documents: {', '.join(stored.documents)}.",
        )
    )


async def settle_application(services: Services, tenant_id: str, approval: Approval) -> None:
    args = ApplyStored.model_validate(approval.args)
    if approval.status in EFFECTIVE:
        await services.applications.start(tenant_id, args.application_id)
    else:
        await services.applications.withdraw(tenant_id, args.application_id)


async def unsettle_application(
    services: Services, tenant_id: str, decided: Approval, reopened: Approval
) -> None:
    args = ApplyStored.model_validate(decided.args)
    await services.applications.reopen(tenant_id, args.application_id)
