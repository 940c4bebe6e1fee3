"""``mixtrove home``: the home as a whole; today its copy in another database."""

from __future__ import annotations

import click

from mixtrove.cli.output import AS_JSON, print_json, print_table
from mixtrove.cli.progress import progress_bar


@click.group()
def home() -> None:
    """Move a home to another database.

    \b
    For example:
      mixtrove home copy --to postgresql://me@host/mixtrove
    """


@home.command()
@click.option(
    "--to",
    required=True,
    metavar="URL",
    help="An empty database: postgresql://… or sqlite:///FOLDER/mixtrove.db",
)
@AS_JSON
def copy(to: str, as_json: bool) -> None:
    """Copy the operational store to an empty database and compare every table on both sides.

    Library, mixes, corrections, wants, jobs and events go, and what providers answered and cost. The store
    that is copied stays as it is. The copy becomes visible when counts and checksums of all tables agree;
    until then, and after an interruption, the target is empty, and the command may be given again. Stop the
    other programs of this home first: what they write afterwards is not in the copy.

    In the home stay rules.toml, inbox, catalogues, the warehouse (it goes on from where it is) and the quotas
    of the providers.

    \b
    For example:
      mixtrove home copy --to postgresql://me@host/mixtrove
      MIXTROVE_DATABASE_URL=postgresql://me@host/mixtrove mixtrove home copy --to sqlite:///new/mixtrove.db
    """
    from mixtrove.settings import load_settings
    from mixtrove.upkeep.moving import copy_home, rows_to_copy

    settings = load_settings()
    with progress_bar("copying", rows_to_copy(settings)) as bar:
        copied = copy_home(
            settings, to, progress=lambda table, done: bar.update(done, what=f"copying {table}")
        )
    if as_json:
        print_json(
            {
                "source": copied.source,
                "target": copied.target,
                "tables": {
                    name: {"rows": one.rows, "checksum": one.digest} for name, one in copied.tables.items()
                },
                "rows": copied.rows,
                "remedy": copied.remedy,
            }
        )
        return
    rows = [(name, one.rows, one.digest[:12]) for name, one in copied.tables.items() if one.rows]
    print_table(("table", "rows", "checksum"), rows)
    click.echo(f"{copied.rows:,} rows of {copied.source} are in {copied.target}: equal on both sides")
    click.echo(f"To use them: {copied.remedy}. {copied.source} was left as it is.")
