"""``mixtrove token``: who may use the REST API from elsewhere."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import click

from mixtrove.cli.given import TEXT
from mixtrove.cli.opened import opened_store
from mixtrove.cli.output import AS_JSON, print_json, print_table


@click.group()
def token() -> None:
    """Let programs and people use the REST API, each as one user.

    \b
    For example:
      mixtrove token create phone
      mixtrove token list
      mixtrove token revoke 3fa9c1d2
    """


@token.command()
@click.argument("name", type=TEXT)
@click.option("--user", type=TEXT, help="Whose want list it is for; by default you (MIXTROVE_USER).")
@click.option(
    "--scope",
    type=click.Choice(["read", "edit", "admin"]),
    default="edit",
    show_default=True,
    help="What it is for: look; also change; also delete tracklists.",
)
@click.option("--days", type=click.IntRange(1, 3650), help="It holds for so many days; by default for ever.")
@AS_JSON
def create(name: str, user: str | None, scope: str, days: int | None, as_json: bool) -> None:
    """Make a token; NAME says what it is for. It is shown this once: only its digest is kept.

    \b
    For example:
      mixtrove token create "radio archive" --user radio --scope read --days 90
    """
    from mixtrove.library.api_tokens import SCOPES, create_token

    expires_at = datetime.now(UTC) + timedelta(days=days) if days else None
    chosen = next(one for one in SCOPES if one == scope)
    with opened_store() as (store, settings), store.write() as tx:
        kept, secret = create_token(
            tx, user or settings.user, name=name, scopes=[chosen], expires_at=expires_at
        )
    if as_json:
        print_json({**asdict(kept), "token": secret})
        return
    click.echo(secret)
    click.echo(
        f"the token of {kept.user} for {kept.name} ({scope}); send it as Authorization: Bearer …", err=True
    )


@token.command("list")
@click.option("--revoked", is_flag=True, help="Also those that hold no more.")
@AS_JSON
def list_(revoked: bool, as_json: bool) -> None:
    """List tokens: whose they are, what for, when they were used last. No token itself is kept.

    \b
    For example:
      mixtrove token list --revoked
    """
    from mixtrove.library.api_tokens import list_tokens
    from mixtrove.library.lookup import short_id

    with opened_store() as (store, _), store.read() as connection:
        found = list_tokens(connection, revoked=revoked)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    columns = ("id", "user", "name", "scope", "created_at", "used_at", "expires_at", "revoked_at")
    rows = [
        (
            short_id(one.id), one.user, one.name, one.scopes, one.created_at, one.used_at, one.expires_at,
            one.revoked_at,
        )
        for one in found
    ]  # fmt: skip
    print_table(columns, rows, empty="no token yet: `mixtrove token create NAME` makes one")


@token.command()
@click.argument("ids", nargs=-1, required=True)
def revoke(ids: tuple[str, ...]) -> None:
    """Let tokens hold no more, by the ids of `token list`; a running server follows within 2 seconds.

    \b
    For example:
      mixtrove token revoke 3fa9c1d2
    """
    from mixtrove.library import schema
    from mixtrove.library.api_tokens import revoke_tokens
    from mixtrove.library.lookup import find_id

    with opened_store() as (store, _), store.write() as tx:
        found = [
            find_id(tx.connection, schema.api_token, one, what="token", seen_in="mixtrove token list")
            for one in ids
        ]
        revoked = revoke_tokens(tx, found)
    click.echo(f"revoked {revoked}" if revoked else "nothing to revoke: it held no more already")
