"""``mixtrove catalogue``: build an offline catalogue and match lines against it."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mixtrove.errors import MixtroveError

if TYPE_CHECKING:
    from mixtrove.catalogue.directory import CatalogueInfo
    from mixtrove.catalogue.match import MatchedChunk


@click.group()
def catalogue() -> None:
    """Build and search an offline catalogue.

    A catalogue is a local copy of a music database that answers without asking anyone.
    """


@catalogue.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="The directory; by default the home's own.")
def build(sources: tuple[Path, ...], out: Path | None) -> None:
    """Build a catalogue from CSV files or MusicBrainz's canonical dump.

    Columns of a CSV: id (or source and source_id), artist, title and any of album, label, catalog_number,
    isrc, year, duration (seconds or m:ss), url. A file may be packed as .gz or .zst; of the dump
    (`mixtrove catalogue download musicbrainz`) the .tar.zst is read as it is. Several sources
    become one catalogue, equal rows are folded. It takes the place of the one that is there, which whoever
    reads it meanwhile keeps reading.
    The same sources again change nothing.

    \b
    For example:
      mixtrove catalogue build recordings.csv
      mixtrove catalogue build --out data/catalogues/big discogs.csv.gz beatport.csv
      mixtrove catalogue build musicbrainz-canonical-dump-20260903-080003.tar.zst
    """
    from mixtrove.catalogue.build import build_catalogue
    from mixtrove.cli.progress import progress_bar
    from mixtrove.settings import load_settings

    directory = out or load_settings().catalogue_dir
    before = _there(directory)
    with progress_bar("reading", numbers="share") as bar:
        info = build_catalogue(
            sources, directory, progress=lambda what, done, of: bar.update(done, of or None, what)
        )
    click.echo(
        f"{directory}: {info.recordings:,} recordings from {info.rows_read:,} rows "
        f"({info.rows_folded:,} folded, {info.rows_skipped:,} skipped for want of id, artist or title), "
        + (
            "the same sources as before, nothing was built"
            if before == info
            else f"built in {info.seconds:.1f} s"
            + (f", in place of {before.recordings:,} recordings" if before else "")
        )
    )
    if info.ids_shared:
        click.echo(
            f"{info.ids_shared:,} ids stand for several recordings, {info.shared_id} for one; the library "
            "takes them for one track: give each row an id of its own",
            err=True,
        )


def _there(directory: Path) -> CatalogueInfo | None:
    from mixtrove.catalogue.directory import describe
    from mixtrove.errors import BadInput

    try:
        return describe(directory)
    except BadInput:
        return None


@catalogue.command()
@click.argument("source", type=click.Choice(["musicbrainz"]))
@click.option(
    "--out",
    type=click.Path(),
    metavar="FILE|DIR",
    help="By default the folder catalogues/downloads of the home.",
)
@click.option("--date", metavar="YYYYMMDD", help="The dump of that day; by default the newest.")
@click.option("--no-checksum", is_flag=True, help="Take a dump that nobody vouches for.")
def download(source: str, out: str | None, date: str | None, no_checksum: bool) -> None:
    """Fetch the dump of a music database to build a catalogue from.

    musicbrainz: the canonical dump, 32 million recordings in some 2.3 GB, new twice a month, free to use
    (CC0). The server is $MIXTROVE_MUSICBRAINZ_DUMPS_URL, by default MetaBrainz's own.

    Interrupted or killed, the same command goes on where it was. The file has its name only when it is
    whole and its checksum is right; it is not fetched twice.

    \b
    For example:
      mixtrove catalogue download musicbrainz
      mixtrove catalogue download musicbrainz --date 20260903 --out /big/disk/
    """
    from shlex import quote

    from rich.filesize import decimal

    from mixtrove.catalogue.download import download_dump
    from mixtrove.cli.progress import progress_bar
    from mixtrove.settings import load_settings

    settings = load_settings()
    target = Path(out) if out is not None else settings.downloads_dir
    if out is None or out.endswith(("/", os.sep)):
        _make_folder(target)
    with progress_bar("downloading", numbers="bytes") as bar:
        found = download_dump(
            settings.musicbrainz_dumps_url, target, date=date, unchecked=no_checksum,
            progress=lambda what, done, of: bar.update(done, of, what),
        )  # fmt: skip
    checked = f"its {found.checksum.method} is right" if found.checksum else "not checked"
    there = "was there already, " if found.already else ""
    click.echo(
        f"{found.path}: {there}{decimal(found.size)}, {checked}; "
        f"now: mixtrove catalogue build {quote(str(found.path))}"
    )


def _make_folder(path: Path) -> None:
    from mixtrove.errors import BadInput

    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{path} cannot be made ({error.strerror}); choose another --out") from error


@catalogue.command()
@click.option("--catalogue", "directory", type=click.Path(path_type=Path), help="By default the home's own.")
@click.option(
    "--lines", required=True, type=click.Path(path_type=Path), help="A text file, a raw line a row."
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="FILE.parquet or FILE.csv.")
def match(directory: Path | None, lines: Path, out: Path) -> None:
    """Match raw tracklist lines against a catalogue.

    Writes one row a component: line_no, component, raw, decision (accept, provisional or none),
    confidence, candidate_id, artist, title, runner_up, reasons. A line that is no entry has a row without
    component that says why.

    All cores work on it, in some hundred megabytes whatever the number of lines, and the same lines always
    have the same answers. At the end it says how many lines needed the wider look: neither their artists
    nor their titles are in the catalogue as they are spelled, so names that begin or end alike were tried
    too, up to a number of recordings a line.

    \b
    For example:
      mixtrove catalogue match --lines lines.txt --out matched.csv
    """
    from mixtrove.catalogue.directory import describe
    from mixtrove.catalogue.match import match_chunks
    from mixtrove.cli.progress import progress_bar
    from mixtrove.errors import BadInput
    from mixtrove.settings import load_settings

    if out.suffix not in (".parquet", ".csv"):
        raise BadInput(f"--out {out}: the name must end in .parquet or .csv")
    if not out.parent.is_dir():
        raise BadInput(f"--out {out}: the directory {out.parent} does not exist; make it first")
    settings = load_settings()
    directory = directory or settings.catalogue_dir
    describe(directory)
    total = sum(1 for _ in _raw_lines(lines)) if lines.is_file() else None  # a pipe can be read only once
    started = time.monotonic()
    done = 0
    with progress_bar("lines matched", total) as bar:

        def advance(count: int) -> None:
            nonlocal done
            done += count
            bar.update(done, total)

        counts = _write(out, match_chunks(directory, _raw_lines(lines), rule=settings.rule, progress=advance))
    took = time.monotonic() - started
    click.echo(
        f"{out}: {done:,} lines; {counts['accept']:,} accepted, {counts['provisional']:,} provisional, "
        f"{counts['none']:,} none"
    )
    click.echo(
        f"{took:.1f} s, {done / max(took, 0.001):,.0f} lines a second; {counts['wider']:,} lines needed "
        "the wider look",
        err=True,
    )


def _raw_lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 text file of any size, without their ends; broken bytes become U+FFFD."""
    from mixtrove.errors import BadInput

    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as stream:
            for line in stream:
                yield line.rstrip("\r\n")
    except FileNotFoundError as error:
        raise BadInput(f"{path}: no such file; check the name") from error
    except IsADirectoryError as error:
        raise BadInput(f"{path} is a directory; name a text file with a line a row") from error
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error


def _write(out: Path, chunks: Iterator[MatchedChunk]) -> Counter[str]:
    """Write rows to a temporary file and put it in place.

    Returns how many there are of each decision, and as ``wider`` how many lines needed the wider look.
    """
    from pyarrow import csv, parquet

    from mixtrove.catalogue.match import MATCHED

    temporary = out.with_name(f".{out.name}.part")
    counts: Counter[str] = Counter()
    try:
        with (
            csv.CSVWriter(temporary, MATCHED)  # for programs: nothing is changed in any cell
            if out.suffix == ".csv"
            else parquet.ParquetWriter(temporary, MATCHED, compression="zstd")
        ) as writer:
            for chunk in chunks:
                counts.update(chunk.rows.column("decision").to_pylist())
                counts["wider"] += chunk.wider
                writer.write_batch(chunk.rows)
        temporary.replace(out)
    except OSError as error:
        raise MixtroveError(
            f"{out} cannot be written ({error.strerror or error}); free disk space"
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return counts
