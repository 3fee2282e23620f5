"""Every environment variable, typed, with defaults that need no key and no server."""

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from agent.errors import Misconfigured

NAMES = {
    "mongodb_uri": "MONGODB_URI",
    "database": "LATCHKEY_DATABASE",
    "data_dir": "LATCHKEY_DATA_DIR",
    "mongod": "LATCHKEY_MONGOD",
    "policy": "LATCHKEY_POLICY",
    "openai_api_key": "OPENAI_API_KEY",
    "openai_base_url": "OPENAI_BASE_URL",
    "chat_model": "LATCHKEY_CHAT_MODEL",
    "chat_fallback_model": "LATCHKEY_CHAT_FALLBACK_MODEL",
    "embedding_model": "LATCHKEY_EMBEDDING_MODEL",
    "vector_search": "LATCHKEY_VECTOR_SEARCH",
    "celery_broker_url": "CELERY_BROKER_URL",
    "nightly": "LATCHKEY_NIGHTLY",
    "secret_key": "LATCHKEY_SECRET_KEY",
    "vault_key": "LATCHKEY_VAULT_KEY",
    "langsmith_tracing": "LANGSMITH_TRACING",
    "langsmith_endpoint": "LANGSMITH_ENDPOINT",
    "langsmith_api_key": "LANGSMITH_API_KEY",
    "langsmith_project": "LANGSMITH_PROJECT",
    "trusted_proxies": "LATCHKEY_TRUSTED_PROXIES",
    "webhook_targets": "LATCHKEY_WEBHOOK_TARGETS",
    "composio_api_key": "COMPOSIO_API_KEY",
    "composio_base_url": "COMPOSIO_BASE_URL",
    "public_url": "LATCHKEY_PUBLIC_URL",
    "seed": "LATCHKEY_SEED",
    "failpoint": "LATCHKEY_FAILPOINT",
}


class Settings(BaseModel):
    """What the environment decides; read once and passed down."""

    model_config = ConfigDict(frozen=True)

    mongodb_uri: SecretStr | None = None
    """A MongoDB replica set or Atlas; without it an embedded mongod serves `data_dir`."""
    database: str = Field(default="latchkey", pattern=r"^[A-Za-z0-9_-]{1,38}$")
    data_dir: Path = Path(".latchkey")
    mongod: Path | None = None
    """The mongod binary to embed; default: PATH, then the pip package."""
    policy: Literal["rules", "llm"] = "rules"
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    """Any server that speaks OpenAI's protocol; default: OpenAI's own."""
    chat_model: str = "gpt-4.1-mini"
    chat_fallback_model: str | None = None
    """Asked when `chat_model` does not answer."""
    embedding_model: str = "wordllama"
    """`wordllama` works offline; any other name is a model of the OpenAI-compatible server."""
    vector_search: Literal["exact", "atlas"] = "exact"
    celery_broker_url: SecretStr | None = None
    """A Redis that carries job ids to `latchkey worker`; default: each server works by itself."""
    nightly: Literal["on", "off"] = "on"
    """Whether datasets, stage classifiers and embeddings are made anew every night."""
    secret_key: SecretStr | None = None
    """Signs visitor tokens, at least 32 bytes; default: a 0600 file in `data_dir`."""
    vault_key: SecretStr | None = None
    """Wraps the per-person vault keys, 32 bytes in base64; default: a 0600 file in `data_dir`."""
    langsmith_tracing: bool = False
    """Whether LangSmith is told of every turn, without personal data."""
    langsmith_endpoint: str | None = None
    langsmith_api_key: SecretStr | None = None
    langsmith_project: str | None = None
    trusted_proxies: list[str] = Field(default_factory=list)
    """Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    webhook_targets: Literal["public", "loopback"] = "public"
    """Where webhooks may go; loopback: this machine too, and without TLS, for development."""
    composio_api_key: SecretStr | None = None
    composio_base_url: str | None = None
    """Any server that speaks Composio's protocol; default: Composio's own."""
    public_url: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+$")
    """Where leads reach this server; without it messages carry no links to cancel or move."""
    seed: int = 0
    """Varies the wording of the rules policy."""
    failpoint: str | None = Field(default=None, pattern=r"^(\w+(:[1-9]\d*)?)?$")
    """`name[:nth]`: the process exits there at once, for fault tests."""

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        """`10.0.0.0/8, 127.0.0.1` as a list; never `*`, for then anybody is anywhere."""
        names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
        if isinstance(names, list):
            for name in names:
                ip_network(name, strict=False)
        return names

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read `environ`; `NAME_FILE` names a file that holds the value of `NAME`."""
        values: dict[str, Any] = {}
        for field, name in NAMES.items():
            value = environ.get(name) or _from_file(environ.get(f"{name}_FILE"), name)
            if value:
                values[field] = value
        try:
            return cls(**values)
        except ValidationError as error:
            problems = [
                f"{NAMES[str(e['loc'][0])]}: {e['msg']}" for e in error.errors(include_input=False)
            ]
            raise Misconfigured(
                "settings_invalid", "Fix the environment: " + "; ".join(problems)
            ) from None


def _from_file(path: str | None, name: str) -> str | None:
    if not path:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise _unreadable(name, error.strerror or "no such file") from None
    except ValueError:
        raise _unreadable(name, "it is not text in UTF-8") from None


def _unreadable(name: str, reason: str) -> Misconfigured:
    return Misconfigured("settings_file_unreadable", f"{name}_FILE cannot be read: {reason}")
