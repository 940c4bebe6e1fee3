"""``mixtrove review``: decide the lines that are not certain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mixtrove.cli.opened import opened_store
from mixtrove.cli.output import print_json, print_table

if TYPE_CHECKING:
    from mixtrove.library.corrections import CorrectionResult, Kind

_FOLLOWS = "Wants and statistics follow with the next `mixtrove discover`."


@click.group()
def review() -> None:
    """Decide the lines that are not certain. A decision holds for every mix and every later run.

    ID is what `review list` shows, or `mixtrove tracklist show` beside each line: a line that was identified
    wrongly is corrected in the same way.

    \b
    For example:
      mixtrove review list
      mixtrove review accept 3fa9c1d2
      mixtrove review assign 3fa9c1d2 "Eric Prydz - Opus (Four Tet Remix)"
    """


@review.command("list")
@click.option("--decided", is_flag=True, help="What was decided, instead of what waits.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def list_(decided: bool, limit: int, as_json: bool) -> None:
    """List the lines that wait, the most heard first, with the best candidates and the reasons.

    \b
    For example:
      mixtrove review list --limit 50
    """
    from dataclasses import asdict

    from mixtrove.library.lookup import short_id
    from mixtrove.library.review_queue import decided_lines, review_queue

    with opened_store() as (store, _), store.read() as connection:
        if decided:
            done = decided_lines(connection, limit=limit)
            print_table(
                ("id", "line", "decision", "track", "by", "at"),
                [
                    (
                        short_id(one.correction_id),
                        one.line,
                        one.kind,
                        one.track,
                        one.decided_by,
                        one.decided_at,
                    )
                    for one in done
                ],
                json=as_json,
                empty="nothing was decided yet",
            )
            return
        queue = review_queue(connection, limit=limit)
    if as_json:
        print_json([asdict(one) for one in queue])
        return
    rows: list[tuple[object, ...]] = []
    for one in queue:
        head = (short_id(one.entry_id), one.heard, one.line)
        best = [
            (offer.rank, offer.credit, offer.label, offer.confidence, "; ".join(offer.reasons))
            for offer in one.offers[:3]
        ]
        for place, offer in enumerate(best or [(None, "nothing close", None, None, None)]):
            rows.append((*(head if place == 0 else (None, None, None)), *offer))
    print_table(
        ("id", "heard", "line", "candidate", "track", "label", "confidence", "why"),
        rows,
        empty="nothing waits for a decision",
    )


@review.command()
@click.argument("id_")
@click.option("--candidate", type=click.IntRange(1), default=1, show_default=True, help="Which one.")
def accept(id_: str, candidate: int) -> None:
    """The line is the candidate that was offered.

    \b
    For example:
      mixtrove review accept 3fa9c1d2 --candidate 2
    """
    from mixtrove.library.review_queue import offered_track

    with opened_store() as (store, settings):
        with store.read() as connection:
            entry_id = _entry(connection, id_)
            track = offered_track(connection, entry_id, candidate)
        _decide(store, "assign", settings.user, entry_id, track)


@review.command()
@click.argument("id_")
@click.argument("track", required=False)
def assign(id_: str, track: str | None) -> None:
    """The line is TRACK: the id of a library track, or "Artist - Title (Version)".

    Without TRACK it is what the line says, as it is written. The line may be identified already: its id is
    in `mixtrove tracklist show`.

    \b
    For example:
      mixtrove review assign 3fa9c1d2 "Eric Prydz - Opus (Four Tet Remix)"
    """
    from mixtrove.library.lookup import find_track
    from mixtrove.library.review_queue import credit_of_line

    with opened_store() as (store, settings):
        with store.read() as connection:
            entry_id = _entry(connection, id_)
            named = find_track(connection, track) if track else credit_of_line(connection, entry_id)
        _decide(store, "assign", settings.user, entry_id, named)


@review.command()
@click.argument("id_")
@click.option(
    "--as",
    "kind",
    type=click.Choice(["wrong", "id", "not-a-track"]),
    default="wrong",
    show_default=True,
    help="None of the candidates; an ID nobody knows; no track at all.",
)
def reject(id_: str, kind: str) -> None:
    """The line is none of what was offered, or not what it was identified as (`mixtrove tracklist show`).

    \b
    For example:
      mixtrove review reject 3fa9c1d2
      mixtrove review reject 3fa9c1d2 --as not-a-track
    """
    kinds: dict[str, Kind] = {"wrong": "reject", "id": "is_id", "not-a-track": "not_a_track"}
    with opened_store() as (store, settings):
        with store.read() as connection:
            entry_id = _entry(connection, id_)
        _decide(store, kinds[kind], settings.user, entry_id, None)


@review.command()
@click.argument("id_")
def undo(id_: str) -> None:
    """Take back a decision: the id of `review list --decided`, or of an entry.

    \b
    For example:
      mixtrove review undo 3fa9c1d2
    """
    from mixtrove.errors import BadInput
    from mixtrove.library import schema
    from mixtrove.library.corrections import undo as take_back
    from mixtrove.library.lookup import find_id

    with opened_store() as (store, _):
        with store.read() as connection:
            try:
                correction_id = find_id(
                    connection,
                    schema.correction,
                    id_,
                    what="decision",
                    seen_in="mixtrove review list --decided",
                )
                key = None
            except BadInput:
                correction_id, key = None, _line_key(connection, id_)
        done = take_back(store, correction_id=correction_id, line_key=key)
    click.echo(f"taken back for {done.entries} {_entries(done)}: `mixtrove discover` looks them up again")
    click.echo(_FOLLOWS)


def _decide(store: Any, kind: Kind, by: str, entry_id: str, track: Any) -> None:
    from mixtrove.library.corrections import decide

    done = decide(store, kind=kind, by=by, entry_id=entry_id, track=track)
    click.echo(f"decided for {done.entries} {_entries(done)} in all mixes")
    click.echo(_FOLLOWS)


def _entries(done: CorrectionResult) -> str:
    return "entry" if done.entries == 1 else "entries"


def _entry(connection: Any, text: str) -> str:
    from mixtrove.library import schema
    from mixtrove.library.lookup import find_id

    return find_id(connection, schema.tracklist_entry, text, what="line", seen_in="mixtrove review list")


def _line_key(connection: Any, text: str) -> str:
    from mixtrove.library.corrections import line_key_of

    return line_key_of(connection, _entry(connection, text))
