"""``mixtrove discover``, ``report`` and ``doctor`` on one home, from nothing to a published warehouse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mixtrove.cli import main

CATALOGUE = "id,artist,title,label\nx:1,Eric Prydz,Opus,Pryda\nx:2,Eric Prydz,Opus (Four Tet Remix),Pryda\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def filled(home: Path, tmp_path: Path) -> Path:
    """A home with two mixes, a catalogue of two recordings, and everything looked up."""
    for day, last in (("2019-03-02", "A - Unknown Thing"), ("2019-03-09", "ID - ID")):
        mix = tmp_path / f"{day}.txt"
        mix.write_text(f"Four Tet @ Printworks {day}\n\n1. Eric Prydz - Opus (Four Tet Remix)\n2. {last}\n")
        assert run("import", mix).exit_code == 0
    rows = tmp_path / "rows.csv"
    rows.write_text(CATALOGUE)
    assert run("catalogue", "build", rows).exit_code == 0
    assert run("discover").exit_code == 0
    return home


def test_discover_says_what_it_did_and_that_nothing_is_due_the_second_time(filled: Path) -> None:
    again = run("discover")
    assert again.stdout.splitlines() == [
        "Nothing was due: every entry was looked up already.",
        "Want list: 0 added, 0 raised, 1 unchanged.",
        "The warehouse was up to date.",
    ]
    summary = json.loads(run("discover", "--json", "--no-refresh").stdout)
    assert summary["matched"]["decided"] == 0
    assert summary["wants"] is None


def test_a_search_only_leaves_the_decisions_to_the_next_run(filled: Path, tmp_path: Path) -> None:
    mix = tmp_path / "more.txt"
    mix.write_text("1. Eric Prydz - Opus\n2. B - Two\n")
    run("import", mix)
    done = run("discover", "--search-only")
    assert done.stdout == "2 entries searched, 1 have something close; `mixtrove discover` decides.\n"
    again = json.loads(run("discover", "--search-only", "--json").stdout)
    assert again == {"searched": 0, "offered": 0, "batches": 0}
    assert json.loads(run("discover", "--no-refresh", "--json").stdout)["matched"]["decided"] == 2


def test_discover_without_a_catalogue_says_how_to_build_one(home: Path, tmp_path: Path) -> None:
    mix = tmp_path / "mix.txt"
    mix.write_text("1. A - One\n2. B - Two\n")
    run("import", mix)
    done = run("discover", "--no-refresh")
    assert "mixtrove catalogue build" in done.stdout
    assert "2 entries decided: 0 identified, 2 provisional" in done.stdout


def test_discover_of_an_unknown_tracklist_is_refused(filled: Path) -> None:
    done = run("discover", "--tracklist", "ffffffff")
    assert done.exit_code == 2
    assert "there is no tracklist 'ffffffff'" in done.stderr


def test_the_report_shows_counts_heard_tracks_wants_and_months(filled: Path) -> None:
    text = run("report").stdout
    assert "3 lines that name a track, read from 2 mixes" in text
    assert "     1 skipped besides, each with its reason" in text
    assert "Eric Prydz - Opus (Four Tet Remix): 2 mixes" in text
    assert "Four Tet - Printworks (2019-03-09)" in text
    assert "Want list (1 wanted; 5 is most wanted)" in text
    assert "2019-03      2        4" in text
    assert "Trends by date played" in text


def test_the_report_before_anything_was_read_says_what_to_do(home: Path) -> None:
    done = run("report")
    assert done.exit_code == 3
    assert "no warehouse is published yet" in done.stderr


def test_doctor_tells_what_is_there_what_is_absent_and_what_is_wrong(filled: Path) -> None:
    signs = {line.split()[1]: line.split()[0] for line in run("doctor").stdout.splitlines()}
    ours = ("mixtrove", "home", "store", "catalogue", "rules", "warehouse")
    providers = ("musicbrainz", "beatport", "spotify", "discogs", "itunes", "bandcamp")
    absent = ("rabbitmq", "notify", *providers)
    assert signs == dict.fromkeys(ours, "ok") | dict.fromkeys(absent, "--")
    (filled / "rules.toml").write_text("nonsense = [")
    (filled / "warehouse.duckdb").unlink()
    done = run("doctor")
    signs = {line.split()[1]: line.split()[0] for line in done.stdout.splitlines()}
    assert (signs["rules"], signs["warehouse"], signs["store"]) == ("!!", "--", "ok")
    assert done.exit_code == 1


def test_doctor_of_a_new_home_names_the_commands_that_fill_it(home: Path) -> None:
    done = run("doctor")
    assert done.exit_code == 0
    for command in ("mixtrove import", "mixtrove catalogue build", "mixtrove discover"):
        assert command in done.stdout
