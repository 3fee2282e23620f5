"""`latchkey tenant`, `latchkey user`, `latchkey key`."""

from typing import Annotated

import typer

from agent.users.roles import Role
from server.options import Json, Tenant, settings
from server.output import Output
from server.scopes import Scope

tenant = typer.Typer(no_args_is_help=True, help="Customers, each with data of its own.")
user = typer.Typer(no_args_is_help=True, help="People who log in.")
key = typer.Typer(no_args_is_help=True, help="API keys for programs.")

Email = Annotated[str, typer.Argument(metavar="EMAIL")]
AgentId = Annotated[
    str | None, typer.Option(help="What other systems call a support agent, such as Agent3.")
]
Tier = Annotated[str | None, typer.Option(help="Of a support agent: Tier1, Tier2 or Tier3.")]
Stdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of stdin.")
]


@tenant.command("add")
def tenant_add(
    tenant_id: Annotated[str, typer.Argument(metavar="ID", help="Small letters, digits, -.")],
    name: Annotated[str | None, typer.Option(help="What people call it; default: its id.")] = None,
    as_json: Json = False,
) -> None:
    """Add a tenant and make its admin key; the key is shown this once."""
    from server.commands.tenant import add

    add(settings(), Output(as_json=as_json), tenant_id, name=name or tenant_id)


@tenant.command("list")
def tenant_list(as_json: Json = False) -> None:
    """List the tenants."""
    from server.commands.tenant import show

    show(settings(), Output(as_json=as_json))


@tenant.command("set")
def tenant_set(
    tenant_id: Annotated[str, typer.Argument(metavar="ID")],
    changes: Annotated[
        list[str],
        typer.Argument(metavar="PATH=VALUE...", help="Such as undo_seconds=60 four_eyes=true."),
    ],
    as_json: Json = False,
) -> None:
    """Change settings of a tenant; a server follows within 5 seconds."""
    from server.commands.tenant import change

    change(settings(), Output(as_json=as_json), tenant_id, changes)


@user.command("add")
def user_add(
    email: Email,
    role: Annotated[Role, typer.Option(help="What they do.")],
    name: Annotated[
        str | None, typer.Option(help="What to call them; default: from the e-mail.")
    ] = None,
    agent_id: AgentId = None,
    tier: Tier = None,
    password_stdin: Stdin = False,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Add somebody; without a password one is made up and shown this once."""
    from server.commands.user import add

    add(
        settings(),
        Output(as_json=as_json),
        tenant,
        email=email,
        username=name,
        role=role,
        agent_id=agent_id,
        tier=tier,
        read_password=password_stdin,
    )


@user.command("list")
def user_list(tenant: Tenant = "default", as_json: Json = False) -> None:
    """List the people of a tenant."""
    from server.commands.user import show

    show(settings(), Output(as_json=as_json), tenant)


@user.command("set")
def user_set(
    email: Email,
    role: Annotated[Role | None, typer.Option(help="What they do from now on.")] = None,
    agent_id: AgentId = None,
    tier: Tier = None,
    disabled: Annotated[
        bool | None, typer.Option("--disable/--enable", help="Whether they may log in.")
    ] = None,
    password_stdin: Stdin = False,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Change somebody; another role or password, or --disable, logs them out everywhere."""
    from server.commands.user import change

    change(
        settings(),
        Output(as_json=as_json),
        tenant,
        email=email,
        role=role,
        agent_id=agent_id,
        tier=tier,
        disabled=disabled,
        read_password=password_stdin,
    )


@key.command("add")
def key_add(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[Scope] | None, typer.Option(help="May be given several times; default: all.")
    ] = None,
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """Make an API key; it is shown this once."""
    from server.commands.key import add

    add(settings(), Output(as_json=as_json), name, scopes=scope or list(Scope), tenant=tenant)


@key.command("list")
def key_list(tenant: Tenant = "default", as_json: Json = False) -> None:
    """List the API keys of a tenant, the revoked ones too; never the keys themselves."""
    from server.commands.key import show

    show(settings(), Output(as_json=as_json), tenant)


@key.command("revoke")
def key_revoke(
    key_id: Annotated[str, typer.Argument(metavar="KEY_ID")],
    tenant: Tenant = "default",
    as_json: Json = False,
) -> None:
    """End an API key at once."""
    from server.commands.key import revoke

    revoke(settings(), Output(as_json=as_json), key_id, tenant=tenant)
