"""Fine-tuning jobs that move one state each time somebody looks."""

import json
from typing import Any

from agent.kit.clock import Clock

from .faults import Fault
from .files import Files
from .models import Refused
from .tokens import tokens

STATES = ("queued", "running", "succeeded")
LEAST_EXAMPLES = 10
EPOCHS = 3


class FineTuning:
    """`polls_per_state` looks at a job take it to its next state."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self.models: set[str] = set()
        self.polls_per_state = 1
        self._files = files
        self._clock = clock
        self._jobs: dict[str, dict[str, Any]] = {}
        self._events: dict[str, list[dict[str, Any]]] = {}
        self._polls: dict[str, int] = {}
        self._errors: dict[str, dict[str, Any]] = {}

    def create(self, body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
        for field in ("model", "training_file"):
            if not body.get(field):
                raise Refused(400, f"Missing required parameter: '{field}'.", param=field)
        for field in ("training_file", "validation_file"):
            if body.get(field) and self._files.row(body[field])["purpose"] != "fine-tune":
                raise Refused(400, "The file's purpose must be 'fine-tune'.", param=field)
        job_id = f"ftjob-{len(self._jobs) + 1:04}"
        problem = _problem(self._files.content(body["training_file"]))
        if fault is not None and fault.kind == "job_failed":
            problem = ("server_error", "the stub was told so")
        if problem:
            code, message = problem
            self._errors[job_id] = {"code": code, "message": message, "param": None}
        self._jobs[job_id] = {
            "id": job_id,
            "object": "fine_tuning.job",
            "created_at": self._now(),
            "finished_at": None,
            "estimated_finish": None,
            "error": None,
            "fine_tuned_model": None,
            "hyperparameters": body.get("hyperparameters") or {"n_epochs": EPOCHS},
            "method": body.get("method"),
            "metadata": body.get("metadata"),
            "model": body["model"],
            "organization_id": "org-stub",
            "result_files": [],
            "seed": body.get("seed") or 0,
            "status": STATES[0],
            "trained_tokens": None,
            "training_file": body["training_file"],
            "validation_file": body.get("validation_file"),
            "user_provided_suffix": body.get("suffix"),
        }
        self._events[job_id] = []
        self._polls[job_id] = 0
        self._note(job_id, f"Created fine-tuning job: {job_id}")
        return self._jobs[job_id]

    def poll(self, job_id: str) -> dict[str, Any]:
        """The job, one look further."""
        job = self._job(job_id)
        if job["status"] in STATES[:-1]:
            self._polls[job_id] += 1
            if self._polls[job_id] % self.polls_per_state == 0:
                self._advance(job)
        return job

    def all(self) -> dict[str, Any]:
        rows = list(reversed(self._jobs.values()))
        return {"object": "list", "data": rows, "has_more": False}

    def events(self, job_id: str) -> dict[str, Any]:
        self._job(job_id)
        rows = list(reversed(self._events[job_id]))
        return {"object": "list", "data": rows, "has_more": False}

    def cancel(self, job_id: str) -> dict[str, Any]:
        job = self._job(job_id)
        if job["status"] not in STATES[:-1]:
            raise Refused(400, f"Job {job_id} is {job['status']} and cannot be cancelled.")
        self._close(job, "cancelled")
        return job

    def _advance(self, job: dict[str, Any]) -> None:
        following = STATES[STATES.index(job["status"]) + 1]
        if following != STATES[-1]:
            job["status"] = following
            self._note(job["id"], "Fine-tuning job started")
        elif job["id"] in self._errors:
            job["error"] = self._errors[job["id"]]
            self._close(job, "failed")
        else:
            suffix = job["user_provided_suffix"] or ""
            model = f"ft:{job['model']}:stub:{suffix}:{job['id'].rpartition('-')[2]}"
            content = self._files.content(job["training_file"]).decode()
            job["fine_tuned_model"] = model
            job["trained_tokens"] = len(tokens(content)) * EPOCHS
            self.models.add(model)
            self._close(job, following)

    def _close(self, job: dict[str, Any], status: str) -> None:
        job["status"] = status
        job["finished_at"] = self._now()
        self._note(job["id"], f"The job has {status}")

    def _note(self, job_id: str, message: str) -> None:
        events = self._events[job_id]
        events.append(
            {
                "id": f"ftevent-{job_id}-{len(events) + 1}",
                "object": "fine_tuning.job.event",
                "created_at": self._now(),
                "level": "info",
                "message": message,
                "type": "message",
                "data": {},
            }
        )

    def _job(self, job_id: str) -> dict[str, Any]:
        if job_id not in self._jobs:
            raise Refused(404, f"Could not find fine tune: {job_id}", code="fine_tune_not_found")
        return self._jobs[job_id]

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _problem(content: bytes) -> tuple[str, str] | None:
    """What OpenAI's check of a training file in chat format would find."""
    lines = content.decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines, 1):
        if not _is_example(line):
            return "invalid_training_file", f"line {number} is not an example in chat format"
    if len(lines) < LEAST_EXAMPLES:
        return "invalid_n_examples", f"{len(lines)} examples; at least {LEAST_EXAMPLES} are needed"
    return None


def _is_example(line: str) -> bool:
    try:
        messages = json.loads(line)["messages"]
        whole = all(isinstance(message["content"], str) for message in messages)
        return whole and messages[-1]["role"] == "assistant"
    except (ValueError, LookupError, TypeError):
        return False
