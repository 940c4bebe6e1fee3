"""The job ``maintenance``: every night backup, what expired, old rows, free room, and Dagster's own old runs.

An op a step, so that the UI shows what each did. None of them fails: the last one does, with one sentence
about all that went wrong, so that a step's trouble stops no other. Not here: the steps (``mixtrove.upkeep``).
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from discovery_assets.old_runs import delete_old_runs
from mixtrove.settings import Settings
from mixtrove.upkeep.maintenance import STEPS, Done, Step, attempt, summary
from resources.home import Home

RUNS_KEPT = timedelta(days=90)
_TROUBLE = dg.Out(str, io_manager_key="memory")  # what steps tell the last one is no file


def _step(context: dg.OpExecutionContext, home: Home, step: Step) -> str:
    """Do a step; gives what was wrong, or nothing."""
    outcome = attempt(step, home.settings())
    if outcome.trouble:
        context.log.error(outcome.trouble)
    else:
        context.log.info(outcome.sentence)
    figures = dict(outcome.done.figures) if outcome.done else {}
    context.add_output_metadata({"said": outcome.sentence, **figures})
    return outcome.trouble


def _op(step: Step) -> dg.OpDefinition:
    @dg.op(name=step.name, description=step.title, out=_TROUBLE)
    def do(context: dg.OpExecutionContext, home: Home) -> str:
        return _step(context, home, step)

    return do


@dg.op(
    name="old_runs", description="Delete Dagster's runs of 90 days ago, but those that tell what is newest."
)
def old_runs(context: dg.OpExecutionContext, home: Home) -> str:
    """Delete Dagster's old runs."""

    def do(_settings: Settings) -> Done:
        deleted = delete_old_runs(context.instance, datetime.now(UTC) - RUNS_KEPT)
        sentence = f"{deleted.runs:,} runs deleted, {deleted.kept:,} kept that tell what is newest"
        return Done(sentence, {"deleted": deleted.runs, "kept": deleted.kept})

    return _step(context, home, Step("old_runs", "", do))


OPS = (*(_op(step) for step in STEPS), old_runs)
NAMES = tuple(op.name for op in OPS)


@dg.op(description="Fails when a step did, with one sentence about all of them.")
def maintained(troubles: list[str]) -> None:
    """Say what went wrong."""
    said = summary(dict(zip(NAMES, troubles, strict=True)))
    if said is not None:
        raise dg.Failure(description=said, allow_retries=False)


@dg.job(
    name="maintenance",
    description=(
        "Look after the installation: backup with rotation, answers and offers whose time is over, old rows, "
        "free room, Dagster's old runs. The schedule maintenance starts it every night; `mixtrove maintain` "
        "does the same without Dagster."
    ),
)
def maintenance() -> None:
    """All steps, then what went wrong."""
    maintained([op() for op in OPS])
