"""Starting an application: criteria and fees are shown first, a person approves, nobody judges."""

from datetime import datetime

from agent.applications.models import Application
from agent.applications.store import ApplicationStore
from agent.errors import Conflict
from agent.kit.clock import Clock
from agent.listings.models import Listing
from agent.tenants.models import Community


class ApplicationService:
    def __init__(self, store: ApplicationStore, clock: Clock) -> None:
        self.store = store
        self._clock = clock

    async def propose(
        self,
        tenant_id: str,
        *,
        application_id: str,
        thread_id: str,
        lead_id: str,
        listing: Listing,
        community: Community,
        disclosed: str | None,
        disclosed_at: datetime | None,
    ) -> Application:
        """Write a proposed application; the same id again is the same row.

        `disclosed` is the `terms_id` that was shown in the thread. Raises Conflict
        `application_undisclosed` unless it is the community's present one, and
        `application_without_criteria`.
        """
        criteria = community.criteria
        if criteria is None:
            raise Conflict(
                "application_without_criteria",
                "This community has no screening criteria yet; a person must add them first.",
            )
        if disclosed != community.terms_id or disclosed_at is None:
            raise Conflict(
                "application_undisclosed", "Show criteria and fees before an application starts."
            )
        standing = await self.store.get(tenant_id, application_id)
        if standing:
            return standing
        now = self._clock.now()
        application = Application(
            application_id=application_id,
            thread_id=thread_id,
            lead_id=lead_id,
            listing_id=listing.listing_id,
            community_id=community.community_id,
            criteria_version=criteria.version,
            disclosed_at=disclosed_at,
            fees={fee.name: fee.amount for fee in community.fees},
            created_at=now,
            updated_at=now,
        )
        await self.store.put(tenant_id, application)
        return application

    async def start(self, tenant_id: str, application_id: str) -> None:
        await self.store.set_status(tenant_id, application_id, "started", self._clock.now())

    async def withdraw(self, tenant_id: str, application_id: str) -> None:
        await self.store.set_status(tenant_id, application_id, "withdrawn", self._clock.now())

    async def reopen(self, tenant_id: str, application_id: str) -> None:
        """Started -> proposed, where the approval was taken back."""
        await self.store.set_status(tenant_id, application_id, "proposed", self._clock.now())
