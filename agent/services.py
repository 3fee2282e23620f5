from dataclasses import dataclass

from agent.ai.chat import ChatModels
from agent.applications.service import ApplicationService
from agent.approvals.service import ApprovalService
from agent.audit.sealing import Sealer
from agent.audit.service import AuditService
from agent.chats.service import ChatService
from agent.chunks.service import ChunkService
from agent.events.store import EventStore
from agent.idempotency.service import IdempotencyService
from agent.inbound.service import InboundService
from agent.insight.service import InsightService
from agent.jobs.service import JobService
from agent.kit.clock import Clock
from agent.kit.failpoints import Failpoints
from agent.kit.telemetry import Telemetry
from agent.knowledge.curating import Curator
from agent.knowledge.service import KnowledgeService
from agent.leads.intake import LeadIntake
from agent.leads.service import LeadService
from agent.limits.service import LimitService
from agent.listings.service import ListingService
from agent.mongo.client import Database
from agent.mongo.repository import Repository
from agent.outbox.service import OutboxService
from agent.privacy.vault import Vault
from agent.settings import Settings
from agent.tenants.changes import TenantChanges
from agent.tenants.identities import IdentityService
from agent.tenants.keys import KeyService
from agent.tenants.service import TenantService
from agent.threads.desk import Desk
from agent.threads.service import ThreadService
from agent.tickets.labels import Labeler
from agent.tickets.likeness import Likeness
from agent.tickets.retrieving import Retrieval
from agent.tickets.reviewing import Reviewing
from agent.tickets.service import TicketService
from agent.tours.links import TourLinks
from agent.tours.service import TourService
from agent.training.service import TrainingService
from agent.uploads.service import UploadService
from agent.users.service import UserService
from agent.users.sessions import SessionService
from agent.webhooks.service import WebhookService


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a tool, a node, a route or a job may use."""

    settings: Settings
    clock: Clock
    failpoints: Failpoints
    telemetry: Telemetry
    database: Database
    repository: Repository
    secret_key: bytes
    tenants: TenantService
    properties: TenantChanges
    keys: KeyService
    identities: IdentityService
    users: UserService
    sessions: SessionService
    leads: LeadService
    intake: LeadIntake
    threads: ThreadService
    desk: Desk
    listings: ListingService
    tours: TourService
    tour_links: TourLinks
    applications: ApplicationService
    approvals: ApprovalService
    outbox: OutboxService
    webhooks: WebhookService
    events: EventStore
    limits: LimitService
    audit: AuditService
    sealer: Sealer
    vault: Vault
    idempotency: IdempotencyService
    inbound: InboundService
    jobs: JobService
    uploads: UploadService
    chunks: ChunkService
    knowledge: KnowledgeService
    curator: Curator
    tickets: TicketService
    likeness: Likeness
    ticket_search: Retrieval
    ticket_labels: Labeler
    reviewing: Reviewing
    chats: ChatService
    chat: ChatModels | None
    """None: neither a key nor a server is named."""
    training: TrainingService
    insight: InsightService
