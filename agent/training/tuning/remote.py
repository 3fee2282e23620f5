"""The server that tunes chat models, behind OpenAI's protocol."""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from agent.errors import InvalidInput, LatchkeyError, Misconfigured, Unavailable
from agent.settings import Settings

if TYPE_CHECKING:
    from openai import AsyncOpenAI

RETRIES = 4
_CONNECT_SECONDS, _ANSWER_SECONDS = 3.0, 120.0
_IN_MEMORY = 16 * 1024 * 1024
_TAG = "latchkey_version"
State = Literal["running", "succeeded", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Tuning:
    """A remote job as it stands."""

    state: State
    status: str
    """In the server's own words."""
    model: str | None = None
    trained_tokens: int | None = None
    error: str | None = None
    """The server's code."""


class TuningServer:
    """Files and fine-tuning jobs. Whatever was begun under a name is found again, not repeated.

    Misconfigured when the server refuses the key, InvalidInput when it refuses a file or a model,
    Unavailable otherwise.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: AsyncOpenAI | None = None

    async def upload(self, name: str, content: AsyncIterator[bytes]) -> str:
        """The id of the file called `name`; sent unless the server has it."""
        client = self._opened()
        with _translated():
            async for known in client.files.list(purpose="fine-tune"):
                if known.filename == name:
                    return known.id
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
            async for piece in content:
                spool.write(piece)
            spool.seek(0)
            with _translated():
                sent = await client.files.create(file=(name, spool), purpose="fine-tune")
        return sent.id

    async def start(
        self, version: str, *, base: str, file_id: str, validation_file_id: str | None, epochs: int
    ) -> str:
        """The id of the job of `version`; begun unless the server has it."""
        client = self._opened()
        with _translated():
            async for known in client.fine_tuning.jobs.list(metadata={_TAG: version}):
                if (known.metadata or {}).get(_TAG) == version and known.status not in (
                    "failed",
                    "cancelled",
                ):
                    return known.id
            begun = await client.fine_tuning.jobs.create(
                model=base,
                training_file=file_id,
                validation_file=validation_file_id,
                suffix="latchkey",
                seed=0,
                metadata={_TAG: version},
                method={
                    "type": "supervised",
                    "supervised": {"hyperparameters": {"n_epochs": epochs}},
                },
            )
        return begun.id

    async def look(self, job_id: str) -> Tuning:
        with _translated():
            job = await self._opened().fine_tuning.jobs.retrieve(job_id)
        ended = job.status in ("succeeded", "failed", "cancelled")
        return Tuning(
            state=cast(State, job.status) if ended else "running",
            status=job.status,
            model=job.fine_tuned_model,
            trained_tokens=job.trained_tokens,
            error=job.error.code if job.error else None,
        )

    async def events(self, job_id: str, *, most: int = 20) -> list[str]:
        """What the server says of the job, the newest first."""
        with _translated():
            page = await self._opened().fine_tuning.jobs.list_events(job_id, limit=most)
        return [event.message for event in page.data[:most]]

    async def cancel(self, job_id: str) -> None:
        with _translated():
            await self._opened().fine_tuning.jobs.cancel(job_id)

    async def close(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    def _opened(self) -> "AsyncOpenAI":
        key, url = self._settings.openai_api_key, self._settings.openai_base_url
        if key is None and url is None:
            raise Misconfigured(
                "tuning_key_missing", "Fine-tuning needs OPENAI_API_KEY or OPENAI_BASE_URL."
            )
        if self._client is None:
            import openai

            self._client = openai.AsyncOpenAI(
                api_key=key.get_secret_value() if key else "none",
                base_url=url,
                timeout=openai.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS),
                max_retries=RETRIES,
            )
        return self._client


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Our own errors; the server's words stay out, as they may quote the file."""
    import openai

    try:
        yield
    except openai.APIStatusError as error:
        raise _refused(error.status_code, error.response.headers.get("retry-after", "")) from None
    except openai.APIConnectionError:
        raise _away("does not answer") from None
    except (openai.OpenAIError, ValueError, TypeError, AttributeError, KeyError):
        # an answer that is not what the protocol says shows anywhere in the SDK's parser
        raise _away("answers what is not in the protocol") from None


def _refused(status: int, pause: str) -> LatchkeyError:
    if status in (401, 403):
        return Misconfigured(
            "tuning_key_refused", "The tuning server refuses OPENAI_API_KEY; check it."
        )
    if status in (400, 404, 413, 422):
        return InvalidInput(
            "tuning_refused",
            f"The tuning server refuses the request (status {status}); check the base model.",
        )
    return _away(f"answers with status {status}", int(pause) if pause.isdecimal() else None)


def _away(what: str, retry_after: int | None = None) -> Unavailable:
    return Unavailable(
        "tuning_unavailable",
        f"The tuning server {what}; what was begun is kept. Try again later.",
        retry_after=retry_after,
    )
