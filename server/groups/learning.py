"""`latchkey dataset`, `train` and `models`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.options import Json, Tenant, settings
from server.output import Output

if TYPE_CHECKING:
    from agent.threads.models import Stage

dataset = typer.Typer(no_args_is_help=True, help="Examples to learn from.")
train = typer.Typer(no_args_is_help=True, help="Learn from past conversations.")
models = typer.Typer(no_args_is_help=True, help="What was learnt, and what of it is in use.")

Version = Annotated[str, typer.Argument(help="As `latchkey models list` shows it.")]
ForStage = Annotated[str | None, typer.Option("--stage", help="For one stage only.")]


@dataset.command("build")
def dataset_build(
    out: Annotated[Path | None, typer.Option(help="Also write the files into this folder.")] = None,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Make examples of all conversations: redacted, split by thread, the same each time."""
    from server.commands.dataset import run

    run(settings(), Output(as_json=as_json), tenant=tenant, out=out)


@train.command("stages")
def train_stages(tenant: Tenant = "default", as_json: Json = False) -> None:
    """Learn which stage a turn belongs to, from labelled conversations, and evaluate it."""
    from server.commands.train import stages

    stages(settings(), Output(as_json=as_json), tenant=tenant)


@train.command("fine-tune")
def train_fine_tune(
    base: Annotated[
        str | None, typer.Option(help="The chat model to tune; default: LATCHKEY_CHAT_MODEL.")
    ] = None,
    dataset_id: Annotated[
        str | None, typer.Option("--dataset", help="Default: the newest dataset.")
    ] = None,
    max_usd: Annotated[float, typer.Option(min=0, help="Refuse to spend more.")] = 25.0,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only say what it would take.")
    ] = False,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Tune a chat model at the OpenAI-compatible server, and evaluate it."""
    from pydantic import ValidationError

    from server.commands.train import fine_tune
    from server.learning import FineTuneParams

    try:
        params = FineTuneParams(dataset_id=dataset_id, base=base, max_usd=max_usd)
    except ValidationError as error:
        wrong = "; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors())
        raise typer.BadParameter(wrong) from None
    fine_tune(settings(), Output(as_json=as_json), params, tenant=tenant, only_estimate=estimate)


@models.command("list")
def models_list(tenant: Tenant = "default", as_json: Json = False) -> None:
    """Every version, the newest first."""
    from server.commands.models import list_all

    list_all(settings(), Output(as_json=as_json), tenant=tenant)


@models.command("deploy")
def models_deploy(
    version: Version,
    stage: ForStage = None,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Put a version in use, if its evaluation passed the gate."""
    from server.commands.models import deploy

    deploy(settings(), Output(as_json=as_json), version, stage=_stage(stage), tenant=tenant)


@models.command("rollback")
def models_rollback(
    version: Version,
    stage: ForStage = None,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Put back what was in use before a version."""
    from server.commands.models import rollback

    rollback(settings(), Output(as_json=as_json), version, stage=_stage(stage), tenant=tenant)


def _stage(name: str | None) -> "Stage | None":
    from agent.threads.models import Stage

    if name is None:
        return None
    try:
        return Stage(name)
    except ValueError:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(Stage)}") from None
