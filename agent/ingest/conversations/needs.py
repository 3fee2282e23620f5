from typing import Protocol

from agent.kit.clock import Clock
from agent.kit.failpoints import Failpoints
from agent.leads.service import LeadService
from agent.listings.service import ListingService
from agent.mongo.repository import Repository
from agent.privacy.vault import Vault
from agent.tenants.service import TenantService
from agent.threads.service import ThreadService


class Needs(Protocol):
    """The services that an ingest works with."""

    @property
    def clock(self) -> Clock: ...
    @property
    def failpoints(self) -> Failpoints: ...
    @property
    def repository(self) -> Repository: ...
    @property
    def tenants(self) -> TenantService: ...
    @property
    def leads(self) -> LeadService: ...
    @property
    def threads(self) -> ThreadService: ...
    @property
    def listings(self) -> ListingService: ...
    @property
    def vault(self) -> Vault: ...
