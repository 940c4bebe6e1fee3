"""``mixtrove corrections``: what people decided, taken back or carried to another library."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path

import click

from mixtrove.cli.given import TEXT
from mixtrove.cli.opened import opened_store
from mixtrove.cli.output import AS_JSON, confirm, print_json, print_table, refuse_to_ask, say_rest, write_text
from mixtrove.errors import BadInput

_KINDS = ("assign", "reject", "is_id", "unreleased", "not_a_track", "edit", "merge", "apart")


@click.group()
def corrections() -> None:
    """See what was decided about lines and tracks, take it back, carry it to another library.

    Every decision of `mixtrove review` and `mixtrove library` is a correction: runs follow it and never
    change it.

    \b
    For example:
      mixtrove corrections list
      mixtrove corrections undo --last
      mixtrove corrections export --out corrections.jsonl
    """


@corrections.command("list")
@click.option("--kind", "kinds", type=click.Choice(_KINDS), multiple=True, help="Only these.")
@click.option("--track", type=TEXT, metavar="ID", help="Only those about this track.")
@click.option("--undone", is_flag=True, help="Also those that were taken back.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@AS_JSON
def list_(kinds: tuple[str, ...], track: str | None, undone: bool, limit: int, as_json: bool) -> None:
    """List what was decided, the last first.

    \b
    For example:
      mixtrove corrections list --kind merge --undone
    """
    from mixtrove.library.correction_records import CorrectionFilter, count_corrections, list_corrections
    from mixtrove.library.lookup import find_track_id, short_id

    with opened_store() as (store, _), store.read() as connection:
        track_id = track and find_track_id(connection, track)
        which = CorrectionFilter(kinds, track_id, undone=undone)
        found = list_corrections(connection, which, limit=limit)
        everything = count_corrections(connection, which)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    rows = [
        (
            short_id(one.id), one.about, one.what, one.decided_by, one.decided_at,
            one.batch_id and short_id(one.batch_id), one.undone_at,
        )
        for one in found
    ]  # fmt: skip
    names = ("id", "about", "decision", "by", "at", "together", "taken_back")
    kept = [at for at, name in enumerate(names) if at < 5 or any(row[at] for row in rows)]
    print_table(
        [names[at] for at in kept],
        [[row[at] for at in kept] for row in rows],
        empty="nothing was decided yet",
    )
    say_rest(len(found), everything, "decisions")


@corrections.command()
@click.argument("ids", nargs=-1)
@click.option("--together", type=TEXT, metavar="ID", help="All that were decided by one command.")
@click.option("--last", is_flag=True, help="What was decided last: with a command of several, all of it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@AS_JSON
def undo(ids: tuple[str, ...], together: str | None, last: bool, yes: bool, as_json: bool) -> None:
    """Take decisions back. A merge gives back two tracks, an edit what was there before.

    \b
    For example:
      mixtrove corrections undo 3fa9c1d2
      mixtrove corrections undo --last
    """
    from mixtrove.library.correction_records import CorrectionFilter, list_corrections
    from mixtrove.library.lookup import find_id, find_value, short_id
    from mixtrove.library.schema import correction
    from mixtrove.library.undoing import NOTHING
    from mixtrove.library.undoing import undo as take_back

    if bool(ids) + bool(together) + last != 1:
        raise BadInput("say what to take back: ids of `mixtrove corrections list`, --together ID, or --last")
    with opened_store() as (store, settings):
        with store.read() as connection:
            seen = {"what": "decision", "seen_in": "mixtrove corrections list"}
            chosen = [find_id(connection, correction, text, **seen) for text in ids]
            batch = together and find_value(connection, correction.c.batch_id, together, **seen)
            if last:
                newest = list_corrections(connection, CorrectionFilter(), limit=1)
                if not newest:
                    raise BadInput(NOTHING)
                batch, chosen = newest[0].batch_id, [newest[0].id]
            meant = newest if last else []
            if batch:
                meant = list_corrections(connection, CorrectionFilter(batch_id=batch))
        if meant and as_json:
            refuse_to_ask(yes=yes)
        if meant and not yes:
            print_table(
                ("id", "about", "decision"), [(short_id(one.id), one.about, one.what) for one in meant]
            )
            confirm(f"take {'this' if len(meant) == 1 else f'these {len(meant)}'} back?")
        done = take_back(store, correction_ids=[] if batch else chosen, batch_id=batch, by=settings.user)
    if as_json:
        print_json([asdict(one) for one in done])
        return
    final = {one.line_key: one for one in done if one.line_key is not None}.values()
    lines = sum(one.entries for one in final if one.holds is None)
    click.echo(f"took back {len(done)} {'decision' if len(done) == 1 else 'decisions'}")
    if lines:
        click.echo(f"`mixtrove discover` looks {lines} {'entry' if lines == 1 else 'entries'} up again")
    for words, number in Counter(one.holds for one in final if one.holds is not None).items():
        what = "line" if number == 1 else "lines"
        click.echo(f"what was decided before holds again for {number} {what}: it {words}")


@corrections.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file; by default stdout.")
def export(out: Path | None) -> None:
    """Write every decision that holds, one JSON object a line, for `corrections import` elsewhere.

    \b
    For example:
      mixtrove corrections export --out corrections.jsonl
    """
    from mixtrove.library.correction_files import export_corrections

    with opened_store() as (store, _), store.read() as connection:
        write_text(export_corrections(connection), out)


@corrections.command("import")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@AS_JSON
def import_(path: Path, as_json: bool) -> None:
    """Take over the decisions of another library; those that are here already stay as they are.

    They hold for tracklists that are here and for those that come later. Decisions about a line without
    artist or title are for the line of one mix: import its tracklist first.

    \b
    For example:
      mixtrove corrections import corrections.jsonl
    """
    from mixtrove.library.correction_files import import_corrections

    with opened_store() as (store, _):
        done = import_corrections(store, path.read_bytes(), path.name)
    if as_json:
        print_json(asdict(done))
        return
    for sentence in done.refused:
        click.echo(f"not taken over: {sentence}", err=True)
    click.echo(f"{done.read} read, {done.taken} taken over, {done.known} were here already")
    if done.taken:
        click.echo("`mixtrove discover` follows them.")
