"""``mixtrove explain``: why a line is read and decided as it is.

Only printing: what is printed comes from ``mixtrove.explain``.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mixtrove.cli.output import AS_JSON

if TYPE_CHECKING:
    from mixtrove.catalogue.search import Catalogue
    from mixtrove.explain import Comparison, Explained, Explanation, FoundBy, Reading, Search
    from mixtrove.matching import Credit
    from mixtrove.settings import Settings

_DECISIONS = {
    "same": "the same recording",
    "unsure": "a person should look",
    "different": "not the same recording",
}
_WORTH_A_ROW, _WORTH_A_WORD = 0.005, 0.05  # scores below which a candidate is not listed, or only listed
_CUTS = {"original": "original length", "extended": "extended", "radio": "radio length"}


@click.command()
@click.argument("line")
@click.argument("artist", required=False)
@click.argument("title", required=False)
@click.option(
    "--catalogue",
    "directory",
    type=click.Path(path_type=Path),
    help="Look the line up there. By default in $MIXTROVE_CATALOGUE or the home's own, if there is one.",
)
@AS_JSON
def explain(line: str, artist: str | None, title: str | None, directory: Path | None, as_json: bool) -> None:
    """Show how a line is read and why it is, or is not, a certain track.

    With ARTIST and TITLE the line is compared with that one track; otherwise with the best candidates of the
    catalogue.

    \b
    For example:
      mixtrove explain "[05] Moby - Go (Woodtick Mix) [Instinct]" "Moby" "Go (Rainforest Mix)"
      mixtrove explain "Calyx - Are You Ready? (Hive Remix)" --catalogue data/catalogues/default
    """
    from contextlib import nullcontext

    from mixtrove.cli.output import print_json
    from mixtrove.explain import explain as explained
    from mixtrove.matching import Credit
    from mixtrove.settings import load_settings

    if artist is not None and title is None:
        raise click.UsageError('ARTIST needs a TITLE beside it: mixtrove explain "LINE" "ARTIST" "TITLE"')
    if artist is not None and title is not None and not (artist.strip() and title.strip()):
        raise click.UsageError("ARTIST and TITLE must not be empty")
    if artist is not None and directory is not None:
        raise click.UsageError("give either ARTIST and TITLE or --catalogue, not both")
    against = Credit.parse(artist, title) if artist is not None and title is not None else None
    settings = load_settings()
    with (None if against else _catalogue(directory, settings)) or nullcontext() as catalogue:
        found = explained(line, against=against, catalogue=catalogue, rule=settings.rule)
    if as_json:
        print_json(found.to_dict())
    else:
        _print(found, against)


def _catalogue(directory: Path | None, settings: Settings) -> Catalogue | None:
    """The catalogue that is named or set, else the home's own if it has one."""
    from mixtrove.catalogue.directory import DESCRIPTION
    from mixtrove.catalogue.search import Catalogue

    named = directory or settings.catalogue
    if named is None and not (settings.catalogue_dir / DESCRIPTION).exists():
        return None
    return Catalogue(named or settings.catalogue_dir)


def _print(found: Explanation, against: Credit | None) -> None:
    if found.repaired:
        click.echo(f"Broken letters were mended: {found.repaired}")
    several = len(found.components) > 1
    for one in found.components:
        if several:
            click.echo(f"\nTrack {one.reading.component} of {len(found.components)} in this line")
        _print_component(found, one, against)
    if not any(one.comparison or one.search for one in found.components):
        click.echo("\nThere is no catalogue to look it up in: name one with --catalogue, or build one with")
        click.echo("  mixtrove catalogue build RECORDINGS.csv")


def _print_component(found: Explanation, one: Explained, against: Credit | None) -> None:
    from mixtrove.cli.output import print_table

    click.echo("How the line is read")
    print_table(("part", "read as"), list(_reading_rows(found, one.reading)))
    if one.comparison and against:
        click.echo(f"\nCompared with {against.artist} - {against.full_title}")
        print_table(("part", "agrees", "why"), list(_comparison_rows(one.comparison)))
        click.echo(_verdict(one.comparison, found))
        click.echo(f"Because: {'; '.join(one.comparison.reasons)}.")
    elif one.search:
        _print_search(one.search)


def _reading_rows(found: Explanation, reading: Reading) -> Iterator[tuple[str, str]]:
    if found.marks:
        yield "around the track", found.marks
    if found.cue_seconds is not None:
        minutes, seconds = divmod(found.cue_seconds, 60)
        yield "cue", f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    yield "artists", " | ".join(reading.artists) or "nobody known"
    if reading.featured:
        yield "featured", " | ".join(reading.featured)
    yield "title", reading.title
    yield "version", _version(reading)
    for name, value in (
        ("label", reading.label),
        ("catalogue number", reading.catalog_number),
        ("year", str(reading.year) if reading.year else None),
        ("flags", ", ".join(reading.flags)),
        ("set aside", " | ".join(reading.remarks)),
    ):
        if value:
            yield name, value
    for other in reading.other_readings:
        yield "or else", f"{other.artist or 'nobody known'} | {other.title}"
    form = reading.compared_as
    mix = (*form.mix_name, *form.mix_kinds)
    yield "compared as", " | ".join(" ".join(words) for words in (form.artists, (form.title,), mix) if words)


def _version(reading: Reading) -> str:
    if not reading.version:
        return "none said: the original"
    said = [reading.mix_type or "the original"]
    if reading.remixers:
        said.append(f"by {' | '.join(reading.remixers)}")
    if reading.cut in _CUTS:
        said.append(_CUTS[reading.cut])
    return f"{reading.version} ({', '.join(said)})" if said != [reading.version.lower()] else reading.version


def _comparison_rows(one: Comparison) -> Iterator[tuple[str, Decimal | None, str]]:
    if one.read_as:
        yield "reading", None, f"the line read as {one.read_as}"
    yield "title", _figure(one.title_agrees), _words(one.title_only_in_line, one.title_only_in_other)
    if one.artist_agrees is None or one.gate is None:
        yield "artists, version", None, "not weighed: the titles differ too much"
    else:
        yield (
            "artists",
            _figure(one.artist_agrees),
            _words(one.artist_only_in_line, one.artist_only_in_other),
        )
        yield "version", _figure(one.gate), one.gate_reason or "nothing in the way"
    if one.support_from:
        yield "support", _figure(one.support), ", ".join(one.support_from)
    yield "score", _figure(one.score), ""


def _figure(value: float | None) -> Decimal | None:
    """A share with as many digits as the rule needs, the same number in every row."""
    return None if value is None else Decimal(f"{value:.3f}")


def _words(here: tuple[str, ...], there: tuple[str, ...]) -> str:
    said = []
    if here:
        said.append(f"only in the line: {' '.join(here)}")
    if there:
        said.append(f"only in the other: {' '.join(there)}")
    return "; ".join(said) or "the same words"


def _verdict(one: Comparison, found: Explanation) -> str:
    return (
        f"Verdict: {_DECISIONS[one.decision]}, confidence {one.confidence:.1%} "
        f"(the same from {found.accept:.2f}, a person should look from {found.review:.2f})."
    )


def _print_search(found: Search) -> None:
    from mixtrove.cli.output import print_table

    shown = [one for at, one in enumerate(found.candidates) if at == 0 or one.score >= _WORTH_A_ROW]
    count = "The candidate" if found.offered == 1 else f"The best of {found.offered} candidates"
    click.echo(f"\n{count} in {found.catalogue} ({found.recordings:,} recordings)")
    print_table(
        ("no", "candidate", "title", "artists", "version", "score", ""),
        [
            (
                number,
                f"{one.artist} - {one.title}{f' [{one.label}]' if one.label else ''}",
                _figure(one.title_agrees),
                _figure(one.artist_agrees),
                _figure(one.gate),
                _figure(one.score),
                one.role,
            )
            for number, one in enumerate(shown, 1)
        ],
        empty="nothing shares enough with it",
    )
    for number, one in enumerate(shown, 1):
        if number == 1 or one.score >= _WORTH_A_WORD:
            reasons = (*((f"read as {one.read_as}",) if one.read_as else ()), *one.reasons)
            click.echo(f"  {number}. {'; '.join(reasons)}{_support(one)}")
            click.echo(f"     found by {_found_by(one.found_by)}")
    sure = "" if found.decision == "none" else f" Confidence {found.confidence:.1%}."
    click.echo(f"{found.sentence}{sure}")


def _support(one: Comparison) -> str:
    return f" (support: {one.support:+.3f})" if _figure(one.support) else ""


def _found_by(keys: tuple[FoundBy, ...]) -> str:
    """What brought a candidate, and how many recordings it alone brings: the title (12), moby (40)."""
    said = [f"the title ({key.recordings:,})" for key in keys if key.kind == "title"][:1]
    said += [f"{key.key} ({key.recordings:,})" for key in keys if key.kind == "artist"]
    said += [
        f"a similar name: {key.key} ({key.recordings:,})" for key in keys if key.kind == "similar artist"
    ]
    return ", ".join(said) or "letters that name and title have in common"
