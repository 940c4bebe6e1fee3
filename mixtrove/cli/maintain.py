"""``mixtrove maintain``: what Dagster does every night, for those who run without it."""

from __future__ import annotations

import click

from mixtrove.cli.output import AS_JSON, print_json


@click.command()
@click.option("--backup/--no-backup", default=True, help="With a backup first, which is the default.")
@AS_JSON
def maintain(backup: bool, as_json: bool) -> None:
    """Do the nightly maintenance now: backup, what expired, what nobody needs, free room.

    The same steps as the schedule `maintenance` in Dagster, but for Dagster's own old runs. A step that fails
    does not stop the others; the exit code is 1 then. Other programs may go on working.

    \b
    For example:
      mixtrove maintain
      mixtrove maintain --no-backup
    """
    from mixtrove.errors import MixtroveError
    from mixtrove.settings import load_settings
    from mixtrove.upkeep.maintenance import BACKUP, STEPS, summary
    from mixtrove.upkeep.maintenance import maintain as do

    steps = [step for step in STEPS if backup or step is not BACKUP]
    outcomes = []
    for outcome in do(load_settings(), steps):
        outcomes.append(outcome)
        if not as_json:
            click.echo(f"{'!!' if outcome.trouble else 'ok'}  {outcome.step.name:9} {outcome.sentence}")
    if as_json:
        print_json(
            [
                {
                    "step": one.step.name,
                    "ok": not one.trouble,
                    "sentence": one.sentence,
                    "figures": dict(one.done.figures) if one.done else {},
                }
                for one in outcomes
            ]
        )
    if trouble := summary({one.step.name: one.trouble for one in outcomes}):
        raise MixtroveError(trouble)
