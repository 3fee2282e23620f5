"""Who is told of events: subscribing as Zapier's REST hooks do, and posting what is signed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from agent.errors import Conflict, Duplicate, InvalidInput, NotFound, TooBusy, Unavailable
from agent.events.models import OUTBOUND
from agent.kit.clock import Clock
from agent.kit.crypto import seal, unseal
from agent.kit.ids import new_id, stable_id
from agent.kit.signatures import new_secret, sign
from agent.outbox.models import Refused
from agent.webhooks.models import Subscription
from agent.webhooks.sender import Answer, Away, Broken, Sender
from agent.webhooks.store import SubscriptionStore
from agent.webhooks.targets import Blocked, Targets

AT_MOST = 1_000
LARGEST = 20_000
"""Bytes of a body."""
DISABLED_AFTER = timedelta(days=5)
KEPT = timedelta(seconds=2)
"""How long a process may go on sending to what was removed elsewhere."""
LATER = frozenset({408, 425, 429})


class WebhookService:
    def __init__(
        self,
        store: SubscriptionStore,
        targets: Targets,
        sender: Sender,
        clock: Clock,
        key: bytes,
    ) -> None:
        """`key` seals the signing secrets."""
        self._store = store
        self._targets = targets
        self._sender = sender
        self._clock = clock
        self._key = key
        self._kept: dict[tuple[str, str], tuple[datetime, Subscription, str]] = {}

    async def subscribe(
        self,
        tenant_id: str,
        target_url: str,
        events: Sequence[str],
        expiration_date: datetime | None = None,
    ) -> tuple[Subscription, str | None]:
        """The subscription, and its signing secret where it is new.

        The same target and events again are the same subscription, active from now on. Raises
        InvalidInput for a target that cannot be used, unknown events or an expiry that has
        passed, Conflict `subscription_limit`.
        """
        now = self._clock.now()
        self._targets.check(target_url)
        wanted = sorted(set(events))
        if unknown := [event for event in wanted if event not in OUTBOUND]:
            there = ", ".join(sorted(OUTBOUND))
            raise InvalidInput(
                "event_unknown", f"There is no event {unknown[0][:80]!r}; there are {there}."
            )
        if expiration_date is not None and expiration_date <= now:
            raise InvalidInput("expiration_date_past", "Send an expiration_date in the future.")
        await self._store.remove_expired(tenant_id, now)
        same = stable_id("same", target_url, *wanted)
        if standing := await self._renewed(tenant_id, same, expiration_date):
            return standing, None
        if await self._store.count(tenant_id) >= AT_MOST:
            raise Conflict(
                "subscription_limit",
                f"There are {AT_MOST} subscriptions; delete one before you add another.",
            )
        subscription = Subscription(
            subscription_id=new_id("sub"),
            target_url=target_url,
            events=wanted,
            expiration_date=expiration_date,
            created_at=now,
        )
        secret = new_secret()
        sealed = seal(
            self._key, secret.encode(), bound_to=_bound(tenant_id, subscription.subscription_id)
        )
        try:
            await self._store.insert(tenant_id, subscription, same=same, sealed=sealed)
        except Duplicate:
            standing = await self._renewed(tenant_id, same, expiration_date)
            if standing is None:
                raise
            return standing, None
        return subscription, secret

    async def _renewed(
        self, tenant_id: str, same: str, expiration_date: datetime | None
    ) -> Subscription | None:
        standing = await self._store.standing(tenant_id, same)
        if standing is None:
            return None
        changes = {
            "status": "active",
            "failing_since": None,
            "expiration_date": expiration_date or standing.expiration_date,
        }
        await self._store.change(tenant_id, standing.subscription_id, changes)
        self._kept.pop((tenant_id, standing.subscription_id), None)
        return standing.model_copy(update=changes)

    async def subscriptions(self, tenant_id: str) -> list[Subscription]:
        """The newest first, without those that have expired."""
        await self._store.remove_expired(tenant_id, self._clock.now())
        return await self._store.all(tenant_id)

    async def unsubscribe(self, tenant_id: str, subscription_id: str) -> None:
        """Raises NotFound `subscription_not_found`."""
        self._kept.pop((tenant_id, subscription_id), None)
        if not await self._store.remove(tenant_id, subscription_id):
            raise NotFound(
                "subscription_not_found", f"There is no subscription {subscription_id[:80]!r}."
            )

    async def listening(self, tenant_id: str, event: str) -> list[Subscription]:
        """Who takes this event now."""
        return [each for each in await self.all_listening(tenant_id) if event in each.events]

    async def all_listening(self, tenant_id: str) -> list[Subscription]:
        now = self._clock.now()
        return [each for each in await self._store.active(tenant_id) if each.takes(now)]

    async def post(
        self, tenant_id: str, subscription_id: str, message_id: str, body: bytes
    ) -> None:
        """Send a signed body once.

        Raises Refused (nobody is there for it any more, or never will take it), TooBusy or
        Unavailable (to be tried again).
        """
        subscription, secret = await self._standing(tenant_id, subscription_id)
        if len(body) > LARGEST:
            raise Refused("the payload is too large")
        timestamp = int(self._clock.now().timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": "Latchkey-Webhooks/1",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(secret, message_id, timestamp, body),
            "idempotency-key": message_id,
        }
        try:
            answer = await self._sender.post(subscription.target_url, headers, body)
        except Blocked as blocked:
            raise Refused(str(blocked)) from None
        except Away:
            raise await self._failed(tenant_id, subscription, "receiver_away") from None
        except Broken:
            raise await self._failed(tenant_id, subscription, "receiver_broken") from None
        except TimeoutError:
            raise await self._failed(tenant_id, subscription, "receiver_silent") from None
        await self._take(tenant_id, subscription, answer)

    async def close(self) -> None:
        await self._sender.close()

    async def _take(self, tenant_id: str, subscription: Subscription, answer: Answer) -> None:
        """Note what the receiver said; raises what `post` does."""
        status, key = answer.status, (tenant_id, subscription.subscription_id)
        if 200 <= status < 300:
            await self._answered(tenant_id, subscription)
        elif status == 410:
            await self._store.remove(*key)
            self._kept.pop(key, None)
            raise Refused("status_410: the subscription is dropped")
        elif status in LATER or status >= 500 or status < 400:
            raise await self._failed(
                tenant_id, subscription, f"status_{status}", answer.retry_after
            )
        else:
            await self._answered(tenant_id, subscription)
            raise Refused(f"status_{status}")

    async def _standing(self, tenant_id: str, subscription_id: str) -> tuple[Subscription, str]:
        now = self._clock.now()
        kept = self._kept.get((tenant_id, subscription_id))
        if kept is None or not now - KEPT < kept[0] <= now:
            row = await self._store.get(tenant_id, subscription_id)
            if row is None:
                raise Refused("the subscription is gone")
            subscription, sealed = row
            secret = unseal(self._key, sealed, bound_to=_bound(tenant_id, subscription_id))
            if len(self._kept) >= AT_MOST:
                self._kept.clear()
            kept = self._kept[tenant_id, subscription_id] = now, subscription, secret.decode()
        _, subscription, known = kept
        if subscription.expired(now):
            raise Refused("the subscription has expired")
        if subscription.status == "disabled":
            raise Refused("the subscription is disabled")
        return subscription, known

    async def _answered(self, tenant_id: str, subscription: Subscription) -> None:
        if subscription.failing_since is not None:
            await self._note(tenant_id, subscription, {"failing_since": None})

    async def _failed(
        self,
        tenant_id: str,
        subscription: Subscription,
        code: str,
        retry_after: int | None = None,
    ) -> Exception:
        """What to raise; a subscription that fails for days is disabled."""
        now = self._clock.now()
        if subscription.failing_since is None:
            await self._note(tenant_id, subscription, {"failing_since": now})
        elif now - subscription.failing_since >= DISABLED_AFTER:
            await self._note(tenant_id, subscription, {"status": "disabled"})
            return Refused(f"{code}: the subscription is disabled")
        kind = TooBusy if code == "status_429" else Unavailable
        return kind(code, "The receiver did not take it.", retry_after=retry_after)

    async def _note(
        self, tenant_id: str, subscription: Subscription, changes: dict[str, object]
    ) -> None:
        self._kept.pop((tenant_id, subscription.subscription_id), None)
        await self._store.change(
            tenant_id,
            subscription.subscription_id,
            changes,
            only={"failing_since": subscription.failing_since},
        )


def _bound(tenant_id: str, subscription_id: str) -> str:
    return f"{tenant_id}/{subscription_id}"
