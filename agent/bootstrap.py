"""The one place where the environment decides: which database, which keys, which clock."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from agent.ai.chat import ChatModels
from agent.ai.embeddings import Embedders
from agent.ai.embeddings.embedder import OFFLINE
from agent.applications.service import ApplicationService
from agent.applications.store import ApplicationStore
from agent.approvals.service import ApprovalService
from agent.approvals.store import ApprovalStore
from agent.audit.anchors import Anchors
from agent.audit.chain import Chain
from agent.audit.sealing import Sealer
from agent.audit.service import AuditService
from agent.audit.store import AuditStore
from agent.chats.service import ChatService
from agent.chats.store import ChatStore
from agent.chunks.service import ChunkService
from agent.chunks.store import ChunkStore
from agent.events.store import EventStore
from agent.idempotency.service import IdempotencyService
from agent.idempotency.store import IdempotencyStore
from agent.inbound.service import InboundService
from agent.inbound.store import InboundStore
from agent.insight.service import InsightService
from agent.insight.store import InsightStore
from agent.jobs.broker import Broker
from agent.jobs.service import JobService
from agent.jobs.store import JobStore
from agent.kit.clock import Clock, SystemClock
from agent.kit.crypto import derive, key_from, keyed_hash
from agent.kit.failpoints import Failpoints
from agent.kit.telemetry import Telemetry
from agent.knowledge.curating import Curator
from agent.knowledge.publishing import Publishing
from agent.knowledge.service import KnowledgeService
from agent.knowledge.store import KnowledgeStore
from agent.leads.intake import LeadIntake
from agent.leads.service import LeadService
from agent.leads.store import LeadStore
from agent.limits.service import LimitService
from agent.listings.service import ListingService
from agent.listings.store import ListingStore
from agent.mongo import embedded, indexes
from agent.mongo.client import Database
from agent.mongo.repository import Repository
from agent.outbox.service import OutboxService
from agent.outbox.store import OutboxStore
from agent.privacy.vault import Vault
from agent.services import Services
from agent.settings import NAMES, Settings
from agent.tenants.changes import TenantChanges
from agent.tenants.identities import IdentityService
from agent.tenants.keys import KeyService
from agent.tenants.models import DEFAULT_TENANT
from agent.tenants.service import TenantService
from agent.tenants.store import TenantStore
from agent.threads.desk import Desk
from agent.threads.service import ThreadService
from agent.threads.store import ThreadStore
from agent.tickets.acts import Acts
from agent.tickets.deciding import Deciding
from agent.tickets.labels import Labeler
from agent.tickets.likeness import Likeness
from agent.tickets.retrieving import Retrieval
from agent.tickets.reviewing import Reviewing
from agent.tickets.searching import Library
from agent.tickets.service import TicketService
from agent.tickets.store import TicketStore
from agent.tours.links import TourLinks
from agent.tours.service import TourService
from agent.tours.store import TourStore
from agent.training.datasets.store import DatasetStore
from agent.training.service import TrainingService
from agent.training.store import TrainingStore
from agent.training.tuning.remote import TuningServer
from agent.uploads.service import UploadService
from agent.uploads.store import UploadStore
from agent.users.passwords import Passwords
from agent.users.service import UserService
from agent.users.sessions import SessionService
from agent.users.store import UserStore
from agent.webhooks.sender import Sender
from agent.webhooks.service import WebhookService
from agent.webhooks.store import SubscriptionStore
from agent.webhooks.targets import Targets


@contextlib.asynccontextmanager
async def open_services(
    settings: Settings, *, clock: Clock | None = None
) -> AsyncIterator[Services]:
    """Everything, over MONGODB_URI or the embedded mongod of the data directory.

    Raises Misconfigured, Unavailable or StorageFull.
    """
    async with open_database(settings) as database:
        await indexes.ensure(database)
        # it makes or reads the key files
        services = await asyncio.to_thread(
            build_services, settings, database, clock or SystemClock()
        )
        await services.tenants.community(DEFAULT_TENANT)
        await services.uploads.sweep()
        try:
            yield services
        finally:
            await services.webhooks.close()
            await services.ticket_labels.close()
            await services.chunks.close()
            await services.training.close()
            if services.chat is not None:
                await services.chat.close()


def build_services(
    settings: Settings,
    database: Database,
    clock: Clock,
    *,
    passwords: Passwords | None = None,
) -> Services:
    """The services over an open database; makes the key files at first use."""
    repository = Repository(database)
    failpoints = Failpoints(settings.failpoint)
    secret_key = _key(settings, "secret_key")
    tour_store = TourStore(repository)
    vault_key = _key(settings, "vault_key")
    vault = Vault(repository, vault_key)
    tenants = TenantService(TenantStore(repository), clock)
    events = EventStore(repository)
    telemetry = Telemetry()
    chain = Chain(derive(secret_key, "audit-chain"))
    audit = AuditService(AuditStore(repository), clock, chain)
    outbox = OutboxService(repository, OutboxStore(repository), tenants, audit, clock)
    embedders = Embedders(settings)
    chunks = ChunkService(
        repository,
        ChunkStore(repository),
        embedders,
        clock,
        failpoints,
        atlas=settings.vector_search == "atlas",
    )
    knowledge = KnowledgeService(repository, KnowledgeStore(repository), chunks, clock)
    publishing = Publishing(knowledge.store, audit, events, clock)
    tickets = TicketService(
        repository, TicketStore(repository), vault, chunks, publishing, audit, events, clock
    )
    curator = Curator(repository, knowledge, audit, clock)
    labels = Labeler(tickets.store, knowledge, clock)
    likeness = Likeness(embedders.of(OFFLINE))
    acts = Acts(tickets.store, audit, clock)
    users = UserService(
        repository,
        UserStore(repository),
        vault,
        audit,
        passwords or Passwords(),
        clock,
        email_key=derive(vault_key, "user-email"),
    )
    threads = ThreadService(repository, ThreadStore(repository), events, clock, failpoints)
    targets = Targets(loopback=settings.webhook_targets == "loopback")
    asks_models = settings.openai_api_key or settings.openai_base_url
    return Services(
        settings=settings,
        clock=clock,
        failpoints=failpoints,
        telemetry=telemetry,
        database=database,
        repository=repository,
        secret_key=secret_key,
        tenants=tenants,
        properties=TenantChanges(repository, TenantStore(repository), tenants),
        keys=KeyService(repository, clock),
        identities=IdentityService(repository, clock, secret_key),
        users=users,
        sessions=SessionService(repository, users, audit, clock, secret_key),
        intake=LeadIntake(repository, LeadStore(repository), vault, events, clock),
        leads=LeadService(repository, LeadStore(repository), vault, clock),
        threads=threads,
        desk=Desk(repository, threads, audit, clock),
        listings=ListingService(repository, ListingStore(repository), clock),
        tours=TourService(repository, tour_store, tenants, clock),
        tour_links=TourLinks(tour_store, secret_key, clock),
        applications=ApplicationService(ApplicationStore(repository), clock),
        approvals=ApprovalService(
            repository, ApprovalStore(repository), outbox, audit, tenants, clock, failpoints
        ),
        outbox=outbox,
        webhooks=WebhookService(
            SubscriptionStore(repository),
            targets,
            Sender(targets, clock),
            clock,
            derive(secret_key, "webhook-secrets"),
        ),
        events=events,
        limits=LimitService(repository, tenants, clock, derive(secret_key, "rate-limits")),
        audit=audit,
        sealer=Sealer(
            repository,
            audit.store,
            chain,
            Anchors(settings.data_dir / "audit.anchors", settings.database),
            clock,
            telemetry,
        ),
        vault=vault,
        idempotency=IdempotencyService(IdempotencyStore(repository), clock, secret_key),
        inbound=InboundService(repository, InboundStore(repository), secret_key, clock),
        jobs=JobService(repository, JobStore(repository), audit, clock, _broker(settings)),
        uploads=UploadService(UploadStore(repository), clock, settings.data_dir / "uploads"),
        chunks=chunks,
        knowledge=knowledge,
        curator=curator,
        tickets=tickets,
        likeness=likeness,
        ticket_search=Retrieval(
            tickets,
            chunks,
            curator,
            Library(tickets.store, knowledge, likeness),
            labels,
            likeness,
        ),
        ticket_labels=labels,
        reviewing=Reviewing(
            repository,
            tickets,
            knowledge,
            acts,
            Deciding(
                repository,
                tickets.store,
                knowledge.store,
                publishing,
                acts,
                events,
                clock,
                failpoints,
            ),
        ),
        chats=ChatService(ChatStore(repository), clock),
        chat=ChatModels(settings, clock) if asks_models else None,
        training=TrainingService(
            repository,
            TrainingStore(repository),
            DatasetStore(repository),
            audit,
            clock,
            TuningServer(settings),
        ),
        insight=InsightService(InsightStore(repository), tenants, clock),
    )


@contextlib.asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database alone, as it is: nothing is made in it."""
    async with contextlib.AsyncExitStack() as stack:
        if settings.mongodb_uri is not None:
            database = Database(settings.mongodb_uri.get_secret_value(), settings.database)
        else:
            endpoint = await stack.enter_async_context(
                embedded.open(settings.data_dir, settings.mongod)
            )
            database = Database(endpoint.uri, settings.database, fault=endpoint.fault)
        stack.push_async_callback(database.close)
        await database.ping()
        yield database


def _broker(settings: Settings) -> Broker | None:
    if settings.celery_broker_url is None:
        return None
    return Broker(settings.celery_broker_url.get_secret_value(), settings.database)


def key_file(settings: Settings, field: str) -> Path | None:
    """Where the key is, or will be made; None where the environment gives it."""
    if getattr(settings, field) is not None:
        return None
    return settings.data_dir / field.replace("_", ".")


def key_print(settings: Settings, field: str) -> str:
    """Tells one key from another, and nothing else of it."""
    return keyed_hash(derive(_key(settings, field), "fingerprint"), field)


def _key(settings: Settings, field: str) -> bytes:
    given = getattr(settings, field)
    return key_from(
        given.get_secret_value() if given else None,
        settings.data_dir / field.replace("_", "."),
        name=NAMES[field],
    )
