"""``mixtrove parse`` and ``mixtrove import``: tracklists from files, folders and standard input.

Not here: how a format is read (``mixtrove.tracklists``) and how an import is stored (``mixtrove.library``).
"""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mixtrove import collector
from mixtrove.errors import BadInput, MixtroveError, StoreUnavailable

if TYPE_CHECKING:
    from mixtrove.library.store import Store
    from mixtrove.tracklists import Tracklist

FORMATS = click.Choice(["auto", "text", "cue", "csv", "json"])
TEXT_ENDINGS = frozenset({"", ".txt", ".text", ".md", ".cue", ".csv", ".tsv", ".json", ".jsonl"})
"""Files of a folder that are read; others are named and passed over. A file that is named is always read."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--format", "format_", type=FORMATS, default="auto", show_default=True, help="What FILE is.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: one for each component.")
def parse(file: Path, format_: str, as_json: bool) -> None:
    """Read a tracklist and show what each line is. Nothing is stored.

    FILE is free text, a CUE sheet, CSV or JSON; - is standard input. The content decides the format.

    \b
    For example:
      mixtrove parse mix.txt
      pbpaste | mixtrove parse -
      mixtrove parse mix.cue --json | jq .title
    """
    with collector.rarely():
        tracklist = _read(file, format_)
    if as_json:
        _print_ndjson(tracklist)
        for sentence in (*tracklist.assumptions, *tracklist.problems):
            click.echo(sentence, err=True)
    else:
        _print_lines(tracklist)


@click.command(name="import")
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...|-", type=click.Path(path_type=Path, allow_dash=True)
)
@click.option("--dj", help="Who played; replaces what the file says.")
@click.option("--title", help="The name of the mix; for one file only.")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="The day it was played: 2014-06-13.")
@click.option("--source-url", help="The page it is from; the same page again is an update.")
@click.option(
    "--format", "format_", type=FORMATS, default="auto", show_default=True, help="What the files are."
)
@click.option("--json", "as_json", is_flag=True, help="A JSON array with one object a file.")
def import_(
    paths: tuple[Path, ...],
    dj: str | None,
    title: str | None,
    day: datetime | None,
    source_url: str | None,
    format_: str,
    as_json: bool,
) -> None:
    """Bring tracklists into the library.

    PATH is a file, a folder (every tracklist file in it, not in its subfolders) or - for standard input. It
    says what it took from headings and file names. The same mix again is an update; equal content changes
    nothing. A file that cannot be read does not stop the others; of one that is broken in places the
    good part is kept. The exit code is not zero then.

    \b
    For example:
      mixtrove import fabric.txt
      mixtrove import sets/ --dj "Ben UFO"
      pbpaste | mixtrove import - --dj "Four Tet" --date 2014-06-13
    """
    files, failures = _files(paths)
    broken: list[MixtroveError] = []  # what is wrong inside files that were imported all the same
    if len(files) > 1 and (title or source_url):
        option = "--title" if title else "--source-url"
        raise BadInput(f"{option} is of one mix, but {len(files)} files were named; import them one by one")
    given = {"dj": dj, "title": title, "played_on": day.date() if day else None, "source_url": source_url}
    reports = _import_all(files, format_, given, failures, broken, as_json=as_json)
    if as_json:
        from mixtrove.cli.output import print_json

        print_json(reports)
    elif len(files) + len(failures) > 1:
        click.echo(_summary(reports, len(failures)))
    if failures or broken:
        from mixtrove.cli import exit_code

        click.get_current_context().exit(exit_code((failures + broken)[0]))


def _read(path: Path, format_: str, **given: Any) -> Tracklist:
    from mixtrove.tracklists import read_tracklist
    from mixtrove.tracklists.decoding import STDIN, read_path, read_stream

    if str(path) == "-":
        data = read_stream(sys.stdin.buffer, STDIN)
        return read_tracklist(data, name=STDIN, format=format_, source=STDIN, **given)
    data = read_path(path)
    return read_tracklist(data, name=str(path), format=format_, source=path.name, **given)


def _files(paths: Sequence[Path]) -> tuple[list[Path], list[MixtroveError]]:
    """The files to read, folders opened, and the complaints about folders, which were printed."""
    files: list[Path] = []
    failures: list[MixtroveError] = []
    for path in paths:
        if str(path) == "-" or not path.is_dir():
            files.append(path)
            continue
        try:
            inside = sorted(one for one in path.iterdir() if one.is_file() and not one.name.startswith("."))
        except OSError as error:
            _fail(BadInput(f"{path} cannot be opened: {error.strerror or error}"), failures)
            continue
        chosen = [one for one in inside if one.suffix.casefold() in TEXT_ENDINGS]
        for one in inside:
            if one not in chosen:
                click.echo(
                    f"passed over: {one} (no tracklist file by its ending; name it to read it)", err=True
                )
        if not chosen:
            _fail(
                BadInput(f"{path} holds no tracklist file (.txt, .cue, .csv, .json); name another"), failures
            )
        files += chosen
    return files, failures


def _import_all(
    files: Sequence[Path],
    format_: str,
    given: dict[str, Any],
    failures: list[MixtroveError],
    broken: list[MixtroveError],
    *,
    as_json: bool,
) -> list[dict[str, Any]]:
    """Import file after file; complaints are printed and added to ``failures``, a store's stop everything."""
    reports: list[dict[str, Any]] = []
    store: Store | None = None
    try:
        for path in files:
            try:
                tracklist = _read(path, format_, **given)
                if not tracklist.entries:
                    lines = len(tracklist.lines)
                    raise BadInput(
                        f"{_called(path)}: no line is a track ({_count(lines, 'line', 'lines')} read); "
                        "a track is written Artist - Title"
                    )
                store = store or _open_store()
                report = _import_one(store, path, tracklist)
            except StoreUnavailable:
                raise
            except MixtroveError as error:
                _fail(error, failures)
            else:
                reports.append(report)
                if not as_json:
                    _print_report(report)
                for sentence in tracklist.problems:
                    _fail(BadInput(f"{_called(path)}, {sentence}"), broken)
    finally:
        if store is not None:
            store.close()
    return reports


def _open_store() -> Store:
    from mixtrove.library.store import Store
    from mixtrove.settings import load_settings

    return Store.open(load_settings())


def _import_one(store: Store, path: Path, tracklist: Tracklist) -> dict[str, Any]:
    from mixtrove.library.tracklists import import_tracklist

    result = import_tracklist(store, tracklist)
    return {
        "file": _called(path),
        "tracklist": result.tracklist_id,
        "outcome": result.outcome,
        "format": tracklist.format,
        "entries": result.entries,
        "unknown": result.skipped,
        "dj": tracklist.dj,
        "title": tracklist.title,
        "played_on": tracklist.played_on,
        "assumed": list(tracklist.assumptions),
        "problems": list(tracklist.problems),
        "not_read": _not_read(tracklist),
        "changes": list(result.changes),
        "twin": result.twin,
    }


def _not_read(tracklist: Tracklist) -> list[str]:
    """The lines inside the list that are no entry, with the reason; headings and blank lines are no loss."""
    places = [line.line_no for line in tracklist.entries]
    return [
        f"line {line.line_no}: {' '.join(line.raw.split())[:80]} ({line.skip_reason})"
        for line in tracklist.lines
        if line.kind == "other" and places and places[0] < line.line_no < places[-1]
    ]


def _called(path: Path) -> str:
    return "standard input" if str(path) == "-" else str(path)


def _fail(error: MixtroveError, failures: list[MixtroveError]) -> None:
    click.echo(f"mixtrove: {error}", err=True)
    failures.append(error)


def _print_report(report: dict[str, Any]) -> None:
    entries = _count(report["entries"], "entry", "entries")
    unknown = f", {report['unknown']} unknown (ID)" if report["unknown"] else ""
    click.echo(f"{report['outcome']}: {report['file']}, {entries}{unknown}")
    for sentence in report["assumed"]:
        click.echo(f"  assumed: {sentence}")
    if report["outcome"] == "new" and report["dj"] is None:
        click.echo("  no DJ found: import it again with --dj NAME")
    for sentence in report["not_read"][:10]:
        click.echo(f"  not read: {sentence}")
    if len(report["not_read"]) > 10:
        click.echo(f"  not read: {len(report['not_read']) - 10} more lines; see mixtrove parse")
    if report["twin"]:
        click.echo(f"  warning: {report['twin']}")
    for sentence in report["changes"]:
        click.echo(f"  changed: {sentence}")


def _summary(reports: Sequence[dict[str, Any]], failed: int) -> str:
    parts = [
        f"{number} {outcome}"
        for outcome in ("new", "updated", "unchanged")
        if (number := sum(report["outcome"] == outcome for report in reports))
    ]
    if failed:
        parts.append(f"{failed} failed")
    return f"{_count(len(reports) + failed, 'file', 'files')}: {', '.join(parts)}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _print_ndjson(tracklist: Tracklist) -> None:
    from mixtrove.tracklists.records import line_records

    out = sys.stdout.buffer
    dumps = json_module.JSONEncoder(ensure_ascii=False).encode
    chunk: list[str] = []
    for line in tracklist.lines:
        chunk += [dumps(record) for record in line_records(line)]
        if len(chunk) >= 1000:
            out.write(("\n".join(chunk) + "\n").encode())
            chunk.clear()
    if chunk:
        out.write(("\n".join(chunk) + "\n").encode())
    out.flush()


def _print_lines(tracklist: Tracklist) -> None:
    from mixtrove.cli.output import print_table

    named: tuple[tuple[str, str | date | None], ...] = (
        ("title", tracklist.title),
        ("DJ", tracklist.dj),
        ("date", tracklist.played_on),
    )
    for word, value in named:
        if value:
            click.echo(f"{word}: {value}")
    for sentence in (*tracklist.assumptions, *tracklist.problems):
        click.echo(f"assumed: {sentence}")
    rows = [row for line in tracklist.lines if line.kind != "blank" for row in _rows(line)]
    print_table(("line", "no", "cue", "artist", "title", "label", "catalogue number", "what"), rows)


def _rows(line: Any) -> list[tuple[object, ...]]:
    cue = None
    if line.cue_seconds is not None:
        hours, rest = divmod(line.cue_seconds, 3600)
        cue = f"{hours}:{rest // 60:02}:{rest % 60:02}"
    if not line.components:
        why = f"{line.kind}: {line.skip_reason}" if line.skip_reason else line.kind
        return [(line.line_no, None, cue, None, line.raw[:80], None, None, why)]
    return [
        (
            line.line_no,
            line.position,
            cue,
            one.credit.artist,
            one.credit.full_title,
            one.credit.label,
            one.credit.catalog_number,
            ", ".join(
                word
                for word, holds in (
                    ("ID", one.is_id),
                    ("unreleased", one.unreleased),
                    ("layered", one.layered),
                    ("mashup", one.mashup),
                )
                if holds
            ),
        )
        for one in line.components
    ]
