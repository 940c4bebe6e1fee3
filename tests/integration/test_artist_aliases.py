"""Aliases that people gave: kept, used by runs, taken back; and the command over them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from mixtrove.cli import main
from mixtrove.errors import BadInput
from mixtrove.identify import match_entries
from mixtrove.library import schema
from mixtrove.library.aliases import add_alias, given_aliases, known_aliases, remove_alias
from mixtrove.library.line_decisions import decide
from mixtrove.library.store import Store
from mixtrove.library.tracklists import import_tracklist
from mixtrove.library.undoing import undo
from mixtrove.matching import Credit
from mixtrove.settings import Settings, load_settings

Make = Callable[..., Any]
_entry, _play, _track = schema.tracklist_entry, schema.track_discovery, schema.library_track


def plays(store: Store) -> dict[str, tuple[Any, ...]]:
    """By line: (status, how, artist of its track unless that is provisional)."""
    with store.read() as connection:
        rows = connection.execute(
            sa.select(
                _entry.c.raw_line, _entry.c.status, _play.c.identification_method, _track.c.artist,
                _track.c.provisional,
            )
            .join(_play, _play.c.entry_id == _entry.c.id)
            .join(_track, _track.c.id == _play.c.library_track_id)
        ).all()  # fmt: skip
    return {row[0]: (row[1], row[2], None if row[4] else row[3]) for row in rows}


def entry_of(store: Store, line: str) -> str:
    with store.read() as connection:
        found: str = connection.execute(sa.select(_entry.c.id).where(_entry.c.raw_line == line)).scalar_one()
    return found


def pairs(store: Store) -> list[tuple[str, str, str, str]]:
    with store.read() as connection:
        return [(one.name, one.alias, one.by, one.source) for one in given_aliases(connection)]


@pytest.fixture
def library(store: Store, make_tracklist: Make) -> Store:
    """A library with two tracks of Sam Shepherd, and two lines that call him Floating Points."""
    lines = ("Floating Points - Silhouettes", "Floating Points - Nuits Sonores", "Nobody - Knows")
    known = ("Sam Shepherd - Silhouettes", "Sam Shepherd - Nuits Sonores")
    import_tracklist(store, make_tracklist(*known, dj="One"))
    for line in known:
        track = Credit.parse("Sam Shepherd", line.partition(" - ")[2])
        decide(store, kind="assign", by="dj", entry_id=entry_of(store, line), track=track)
    import_tracklist(store, make_tracklist(*lines, dj="Two"))
    match_entries(store)
    assert {plays(store)[line][0] for line in lines} == {"provisional"}
    return store


def test_an_alias_identifies_lines_that_were_not_certain(library: Store) -> None:
    with library.write() as tx:
        assert add_alias(tx, "Floating  Points", "Sam Shepherd", by="dj") == 2
    assert match_entries(library).identified == 2
    assert plays(library)["Floating Points - Nuits Sonores"] == ("identified", "library", "Sam Shepherd")
    assert plays(library)["Nobody - Knows"][0] == "provisional"
    with library.read() as connection:
        reasons = connection.execute(
            sa.select(_play.c.reasons).where(
                _play.c.entry_id == entry_of(library, "Floating Points - Silhouettes")
            )
        ).scalar_one()
    assert reasons[0] == "read as Sam Shepherd - Silhouettes"


def test_giving_an_alias_twice_changes_nothing(library: Store) -> None:
    with library.write() as tx:
        add_alias(tx, "Floating Points", "Sam Shepherd", by="dj")
    with library.write() as tx:
        assert add_alias(tx, "sam shepherd", "FLOATING POINTS", by="other") is None
    assert pairs(library) == [("Floating Points", "Sam Shepherd", "dj", "person")]


def test_removing_an_alias_opens_what_rested_on_it(library: Store) -> None:
    with library.write() as tx:
        add_alias(tx, "Floating Points", "Sam Shepherd", by="dj")
    match_entries(library)
    with library.write() as tx:
        assert remove_alias(tx, "Sam Shepherd", "Floating Points") == 2
    match_entries(library)
    assert plays(library)["Floating Points - Silhouettes"][0] == "provisional"
    assert plays(library)["Sam Shepherd - Silhouettes"] == ("identified", "manual", "Sam Shepherd")
    with library.write() as tx, pytest.raises(BadInput, match="nobody gave"):
        remove_alias(tx, "Sam Shepherd", "Floating Points")


def test_a_correction_that_calls_one_artist_differently_is_an_alias_for_all_lines(library: Store) -> None:
    line = entry_of(library, "Floating Points - Silhouettes")
    decide(library, kind="assign", by="dj", entry_id=line, track=Credit.parse("Sam Shepherd", "Silhouettes"))
    assert pairs(library) == [("Floating Points", "Sam Shepherd", "dj", "correction")]
    assert match_entries(library).identified == 1
    assert plays(library)["Floating Points - Silhouettes"] == ("identified", "manual", "Sam Shepherd")
    assert plays(library)["Floating Points - Nuits Sonores"] == ("identified", "library", "Sam Shepherd")


def test_taking_the_correction_back_takes_its_alias_back(library: Store) -> None:
    line = entry_of(library, "Floating Points - Silhouettes")
    done = decide(
        library, kind="assign", by="dj", entry_id=line, track=Credit.parse("Sam Shepherd", "Silhouettes")
    )
    match_entries(library)
    undo(library, correction_ids=[done.correction_id])
    assert pairs(library) == []
    match_entries(library)
    assert {plays(library)[line][0] for line in plays(library) if line.startswith("Floating")} == {
        "provisional"
    }


@pytest.mark.parametrize(
    ("artist", "title"),
    [
        ("Sam Shepherd", "Silhouettes (Dub)"),  # another version
        ("Sam Shepherd", "Vacuum Boogie"),  # another title
        ("Floating Points & Nubya Garcia", "Silhouettes"),  # one more
        ("Flaoting Points", "Silhouettes"),  # a typo
        ("Various Artists", "Silhouettes"),
    ],
)
def test_other_corrections_are_no_aliases(library: Store, artist: str, title: str) -> None:
    line = entry_of(library, "Floating Points - Silhouettes")
    decide(library, kind="assign", by="dj", entry_id=line, track=Credit.parse(artist, title))
    assert pairs(library) == []


def test_an_alias_changes_nothing_that_a_person_decided(library: Store) -> None:
    line = entry_of(library, "Floating Points - Silhouettes")
    decide(library, kind="reject", by="dj", entry_id=line)
    other = entry_of(library, "Floating Points - Nuits Sonores")
    decide(library, kind="not_a_track", by="dj", entry_id=other)
    with library.write() as tx:
        add_alias(tx, "Floating Points", "Sam Shepherd", by="dj")
    match_entries(library)
    with library.read() as connection:
        status = connection.execute(sa.select(_entry.c.status).where(_entry.c.id == other)).scalar_one()
    assert status == "skipped"


@pytest.mark.parametrize("name", ["", "  ", "?", "ID", "Unknown Artist", "Various Artists"])
def test_a_placeholder_is_no_artist(sqlite_store: Store, name: str) -> None:
    with sqlite_store.write() as tx, pytest.raises(BadInput, match="no artist's name"):
        add_alias(tx, name, "Somebody", by="dj")


def test_two_spellings_of_one_name_need_no_alias(sqlite_store: Store) -> None:
    with sqlite_store.write() as tx, pytest.raises(BadInput, match="one spelling"):
        add_alias(tx, "Beyoncé", "BEYONCE", by="dj")


def test_what_comes_with_mixtrove_and_what_people_gave_is_known_together(sqlite_store: Store) -> None:
    with sqlite_store.write() as tx:
        add_alias(tx, "Floating Points", "Sam Shepherd", by="dj")
    with sqlite_store.read() as connection:
        known = known_aliases(connection)
    for name, other in (("ATCQ", "A Tribe Called Quest"), ("Sam Shepherd", "Floating Points")):
        assert [one.artist for one in known.readings(Credit.parse(name, "X"))] == [other]


def test_aliases_are_added_listed_and_removed_by_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path))

    def run(*args: str) -> Any:
        return CliRunner().invoke(main, ["alias", *args])

    assert run("list").stdout == "nobody gave an alias yet\n"
    assert run("add", "Floating Points", "Sam Shepherd").stdout == (
        "Floating Points = Sam Shepherd: 0 lines are looked up again by the next `mixtrove discover`\n"
    )
    assert run("add", "Sam Shepherd", "Floating Points").stdout.endswith("is known already\n")
    [listed] = json.loads(run("list", "--json").stdout)
    assert (listed["name"], listed["alias"], listed["source"]) == (
        "Floating Points",
        "Sam Shepherd",
        "person",
    )
    assert run("remove", "Floating Points", "Sam Shepherd").exit_code == 0
    refused = run("remove", "Floating Points", "Sam Shepherd")
    assert (refused.exit_code, "mixtrove alias list" in refused.stderr) == (2, True)


def test_the_settings_say_what_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    from mixtrove.matching.verdict import RULE, Rule

    assert Settings().rule == RULE
    monkeypatch.setenv("MIXTROVE_MATCH_ACCEPT", "0.9")
    monkeypatch.setenv("MIXTROVE_MATCH_MARGIN", "0.2")
    assert load_settings().rule == Rule(accept=0.9, review=0.55, margin=0.2)
    monkeypatch.setenv("MIXTROVE_MATCH_REVIEW", "0.9")
    with pytest.raises(BadInput, match=r"MIXTROVE_MATCH_REVIEW \(0.9\) must be less than"):
        load_settings()
    monkeypatch.setenv("MIXTROVE_MATCH_REVIEW", "-1")
    with pytest.raises(BadInput, match="MIXTROVE_MATCH_REVIEW is set to '-1'"):
        load_settings()
