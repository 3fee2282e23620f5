"""Celery on Redis as the carrier of job ids, and of nothing else."""

import asyncio
import importlib.util
from functools import cached_property
from typing import TYPE_CHECKING

from agent.errors import Misconfigured

if TYPE_CHECKING:
    from celery import Celery  # type: ignore[import-untyped]

RUN_JOB = "latchkey.run_job"
VISIBLE_AGAIN_SECONDS = 60
"""After this long an unacknowledged id goes to another worker, who finds the lease or takes it."""
_CONNECT_SECONDS = 2


class Broker:
    def __init__(self, url: str, database: str) -> None:
        """`database` names the queue: those who share a Redis keep to their own.

        Raises Misconfigured `celery_missing`.
        """
        if not all(map(importlib.util.find_spec, ("celery", "redis"))):
            raise Misconfigured(
                "celery_missing",
                "CELERY_BROKER_URL needs Celery with Redis: pip install 'latchkey[worker]'.",
            )
        self._url = url
        self._queue = f"latchkey.{database}"

    async def send(self, job_id: str) -> None:
        """Hand an id to the broker; raises what its client raises."""
        await asyncio.to_thread(self.app.send_task, RUN_JOB, [job_id], retry=False)

    @cached_property
    def app(self) -> "Celery":
        from celery import Celery

        app = Celery("latchkey", broker=self._url)
        app.conf.update(
            task_default_queue=self._queue,
            task_acks_late=True,
            task_reject_on_worker_lost=True,
            task_ignore_result=True,
            task_serializer="json",
            accept_content=["json"],
            worker_prefetch_multiplier=1,
            worker_hijack_root_logger=False,
            worker_redirect_stdouts=False,
            worker_cancel_long_running_tasks_on_connection_loss=False,
            broker_connection_retry_on_startup=True,
            broker_connection_timeout=_CONNECT_SECONDS,
            broker_transport_options={
                "visibility_timeout": VISIBLE_AGAIN_SECONDS,
                "socket_connect_timeout": _CONNECT_SECONDS,
            },
        )
        return app
