"""``review``, ``corrections`` and ``library edit|merge|…`` as a person runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mixtrove.cli import main
from mixtrove.identify import match_entries
from mixtrove.library.discoveries import Candidate, EntryDecision, entries_to_identify, write_decisions
from mixtrove.library.offers import offer_rows, write_offers
from mixtrove.library.store import Store
from mixtrove.library.tracklists import import_tracklist
from mixtrove.matching import Credit, choice
from mixtrove.settings import Settings

Run = Callable[..., Result]
LINES = ("Bicep - Glue", "Call Super - Fluo", "Joy O - Ellipsis")
CONFIDENCE = dict(zip(LINES, (0.9, 0.6, 0.4), strict=True))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path))

    def invoke(*args: str, **options: Any) -> Result:
        return CliRunner().invoke(main, args, **options)

    return invoke


@pytest.fixture
def waiting(run: Run, make_tracklist: Callable[..., Any]) -> dict[str, str]:
    """Three lines that wait, the first heard twice; the ends of their entries' ids."""
    store = Store.open(Settings())
    import_tracklist(store, make_tracklist(*LINES, dj="Ben UFO"))
    import_tracklist(store, make_tracklist(LINES[0], dj="Other"))
    with store.read() as connection:
        entries = list(entries_to_identify(connection, "c"))
    write_decisions(
        store,
        [
            EntryDecision(
                one.entry_id,
                "provisional",
                candidates=(
                    Candidate(
                        "catalogue", f"beatport:{100 + at}",
                        Credit.parse(*f"{one.raw_line} (Dub)".split(" - ")), 0.8, CONFIDENCE[one.raw_line],
                        "unsure", ("?",),
                        url=f"https://www.beatport.com/track/x/{100 + at}",
                    ),
                ),
            )
            for at, one in enumerate(entries)
        ],
    )  # fmt: skip
    store.close()
    return {one.raw_line: one.entry_id[-8:] for one in reversed(entries)}


def lines(result: Result) -> list[str]:
    return [one["line"] for one in json.loads(result.stdout)]


def tracks(run: Run) -> dict[str, str]:
    listed = json.loads(run("library", "list", "--json", "--identified").stdout)
    return {one["title"] + (f" ({one['version']})" if one["version"] else ""): one["id"] for one in listed}


def test_the_queue_is_chosen_from_and_says_when_there_is_more(run: Run, waiting: dict[str, str]) -> None:
    assert lines(run("review", "list", "--json")) == list(LINES)
    assert lines(run("review", "list", "--json", "--min-confidence", "0.5")) == list(LINES[:2])
    assert lines(run("review", "list", "--json", "--dj", "other")) == [LINES[0]]
    assert lines(run("review", "list", "--json", "--search", "super")) == [LINES[1]]
    assert run("review", "list", "--limit", "1").stdout.endswith("1 of 3 lines: --limit shows more\n")


def test_a_bulk_decision_is_shown_confirmed_and_taken_back_together(
    run: Run, waiting: dict[str, str]
) -> None:
    chosen = ("review", "accept", "--all", "--min-confidence", "0.5")
    dry = run(*chosen, "--dry-run")
    assert "Bicep - Glue (Dub)" in dry.stdout
    assert dry.stdout.endswith("2 lines would be decided; nothing was\n")
    assert run(*chosen, input="n\n").exit_code == 1
    assert len(lines(run("review", "list", "--json"))) == 3
    done = run(*chosen, "--yes")
    assert done.stdout.startswith("decided for 2 lines, 3 entries in all mixes\n")
    assert lines(run("review", "list", "--json")) == [LINES[2]]
    assert len(json.loads(run("corrections", "list", "--json").stdout)) == 2
    undone = run("corrections", "undo", "--last", input="y\n")
    assert undone.stdout.endswith("took back 2 decisions\n`mixtrove discover` looks 3 entries up again\n")
    assert json.loads(run("corrections", "list", "--json").stdout) == []
    assert len(json.loads(run("corrections", "list", "--json", "--undone").stdout)) == 2


def test_decisions_are_told_to_programs_as_json(run: Run, waiting: dict[str, str]) -> None:
    line = waiting[LINES[0]]
    for decide in (("accept", line), ("assign", line, "Bicep - Glue"), ("reject", line, "--as", "id")):
        [told] = json.loads(run("review", *decide, "--json").stdout)
        [listed] = json.loads(run("corrections", "list", "--json").stdout)
        assert (told["correction_id"], told["entries"]) == (listed["id"], 2)
        [back] = json.loads(run("review", "undo", line, "--json").stdout)
        assert back["entries"] == 2
        assert json.loads(run("corrections", "list", "--json").stdout) == []
    chosen = ("review", "accept", "--all", "--min-confidence", "0.5", "--json")
    asked = run(*chosen)
    assert (asked.exit_code, asked.stdout) == (2, "")
    assert "say it with --yes" in asked.stderr
    would = json.loads(run(*chosen, "--dry-run").stdout)
    assert len(json.loads(run(*chosen, "--yes").stdout)) == len(would) > 0
    assert run("corrections", "undo", "--last", "--json").exit_code == 2
    undone = json.loads(run("corrections", "undo", "--last", "--yes", "--json").stdout)
    assert len(undone) == len(would)
    assert json.loads(run(*chosen, "--search", "no such words", "--yes").stdout) == []


def test_several_lines_are_one_track_or_each_what_it_says(run: Run, waiting: dict[str, str]) -> None:
    first, *others = (waiting[line] for line in LINES)
    also = [part for one in others for part in ("--also", one)]
    done = run("review", "assign", first, "Bicep - Glue", *also)
    assert done.stdout.startswith("decided for 3 lines, ")
    said = {one["what"] for one in json.loads(run("corrections", "list", "--json").stdout)}
    assert said == {"is Bicep - Glue"}
    run("corrections", "undo", "--last", "--yes")
    assert run("review", "assign", first, *also).exit_code == 0
    said = {one["what"] for one in json.loads(run("corrections", "list", "--json").stdout)}
    assert len(said) == len(LINES)
    run("corrections", "undo", "--last", "--yes")
    refused = run("review", "assign", first, "Bicep - Glue", "--also", "nope")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert json.loads(run("corrections", "list", "--json").stdout) == []


def test_a_decision_that_is_taken_back_is_in_the_queue_at_once_with_what_was_offered(
    run: Run, waiting: dict[str, str]
) -> None:
    before = json.loads(run("review", "list", "--json").stdout)
    for decide in (("accept",), ("assign",), ("reject", "--as", "id"), ("reject", "--as", "not-a-track")):
        run("review", decide[0], waiting[LINES[0]], *decide[1:])
        assert lines(run("review", "list", "--json")) == list(LINES[1:])
        back = run("review", "undo", waiting[LINES[0]])
        assert back.stdout.startswith("taken back for 2 entries: back in the queue, and `mixtrove discover`")
        [again, *others] = json.loads(run("review", "list", "--json").stdout)
        assert others == before[1:]
        assert [again[name] for name in ("line", "heard", "offers")] == [
            before[0][name] for name in ("line", "heard", "offers")
        ]
        assert again["why"] == [
            "what was decided was taken back: the next `mixtrove discover` looks it up again"
        ]


def test_what_was_rejected_is_not_offered_again_when_that_is_taken_back(
    run: Run, waiting: dict[str, str]
) -> None:
    run("review", "reject", waiting[LINES[0]])
    run("review", "undo", waiting[LINES[0]])
    assert "nothing close" in run("review", "list", "--limit", "1").stdout
    assert lines(run("review", "list", "--json")) == list(LINES)


@pytest.mark.parametrize(
    ("first", "again", "what"),
    [
        (("accept", "ID"), ("accept", "ID"), "it is Bicep - Glue (Dub), says dj"),
        (("assign", "ID"), ("assign", "ID"), "it is Bicep - Glue, says dj"),
        (("assign", "ID", "A - B"), ("accept", "ID"), "it is A - B, says dj"),
        (("accept", "ID"), ("assign", "ID", "beatport:100"), "it is Bicep - Glue (Dub), says dj"),
        (("reject", "ID"), ("reject", "ID"), "it is none of what was offered, says dj"),
        (("reject", "ID", "--as", "id"), ("reject", "ID", "--as", "id"), "it is an ID nobody knows"),
        (("reject", "ID", "--as", "unreleased"), ("accept", "ID"), "it is not released yet, says dj"),
    ],
)
def test_deciding_a_line_again_says_what_it_is_and_how_to_take_that_back(
    run: Run, waiting: dict[str, str], first: tuple[str, ...], again: tuple[str, ...], what: str
) -> None:
    line = waiting[LINES[0]]
    assert run("review", *(line if one == "ID" else one for one in first)).exit_code == 0
    decisions = run("corrections", "list", "--json").stdout
    said = run("review", *(line if one == "ID" else one for one in again))
    assert (said.exit_code, said.stdout) == (2, "")
    assert said.stderr.startswith("mixtrove: 'Bicep - Glue' is decided already: ")
    assert what in said.stderr
    assert said.stderr.endswith(f"`mixtrove review undo {line}` takes that back\n")
    assert run("corrections", "list", "--json").stdout == decisions


def test_taking_back_says_which_decision_holds_now(run: Run, waiting: dict[str, str]) -> None:
    line = waiting[LINES[0]]
    run("review", "accept", line)
    run("review", "assign", line, "Bicep - Glue (VIP)")
    assert run("review", "undo", line).stdout.startswith(
        "taken back for 2 entries: what was decided before holds again, that it is Bicep - Glue (Dub)\n"
    )
    run("review", "reject", line, "--as", "id")
    assert run("corrections", "undo", "--last", "--yes").stdout == (
        "took back 1 decision\nwhat was decided before holds again for 1 line: it is Bicep - Glue (Dub)\n"
    )
    nothing = run("review", "undo", line, waiting[LINES[1]])  # of the second line nothing was decided
    assert (nothing.exit_code, nothing.stdout) == (2, "")
    assert len(json.loads(run("corrections", "list", "--json").stdout)) == 1


def test_the_queue_says_what_keeps_a_near_certain_candidate_from_being_taken(
    run: Run, make_tracklist: Callable[..., Any]
) -> None:
    store = Store.open(Settings())
    import_tracklist(store, make_tracklist("DJ Fresh feat. Rita Ora - Hot Right Now"))
    with store.read() as connection:
        [entry] = entries_to_identify(connection, None)
    known = [choice.Candidate("x:1", Credit.parse("DJ Fresh", "Hot Right Now"))]
    write_offers(store, [(entry, offer_rows(choice.decide(entry.credit, known).ranked))], "c")
    match_entries(store)
    store.close()
    [waits] = json.loads(run("review", "list", "--json").stdout)
    assert waits["offers"][0]["confidence"] > 0.99
    assert waits["why"] == ["this recording does not name Rita Ora"]
    assert "this recording does not name Rita Ora; artists agree 97%" in run("review", "list").stdout


def test_a_track_named_by_hand_keeps_the_label_and_number_of_the_line(
    run: Run, make_tracklist: Callable[..., Any]
) -> None:
    named = {
        "A - One [XL - XLT 12]": ("Aa - One", ("XL", "XLT 12")),
        "B - Two [XL - XLT 13]": ("Bb - Two [XL]", ("XL", "XLT 13")),
        "C - Three [XL - XLT 14]": ("Cc - Three [Hessle Audio]", ("Hessle Audio", None)),
    }
    store = Store.open(Settings())
    import_tracklist(store, make_tracklist(*named))
    with store.read() as connection:
        entries = {one.raw_line: one.entry_id[-8:] for one in entries_to_identify(connection, None)}
    store.close()
    for line, (text, _) in named.items():
        assert run("review", "assign", entries[line], text).exit_code == 0
    listed = json.loads(run("library", "list", "--json", "--identified").stdout)
    assert {one["title"]: (one["label"], one["catalog_number"]) for one in listed} == {
        "One": ("XL", "XLT 12"),
        "Two": ("XL", "XLT 13"),
        "Three": ("Hessle Audio", None),
    }


@pytest.mark.parametrize(
    "args",
    [
        ("review", "list", "--min-confidence", "nan"),
        ("review", "list", "--min-confidence", "inf"),
        ("review", "list", "--min-confidence", "1.1"),
        ("review", "accept", "--all", "--yes", "--min-confidence", "NaN"),
        ("review", "accept", "--all", "--yes", "--tracklist", ""),
        ("review", "reject", "--all", "--yes", "--dj", " "),
        ("review", "list", "--search", ""),
        ("corrections", "list", "--track", ""),
        ("corrections", "undo", "--together", ""),
        ("library", "list", "--artist", ""),
        ("library", "export", "--tracklist", ""),
        ("library", "list", "--bpm", "nan-nan"),
        ("want", "remove", "--all", "--yes", "--label", ""),
        ("want", "list", "--dj", ""),
        ("want", "basket", "--currency", ""),
        ("tracklist", "list", "--dj", ""),
        ("discover", "--offline", "--tracklist", ""),
        ("providers", "simulate", "--speed", "inf"),
        ("providers", "simulate", "--faults", "nan"),
    ],
)
def test_a_filter_that_means_nothing_is_refused_and_not_passed_over(
    run: Run, waiting: dict[str, str], args: tuple[str, ...]
) -> None:
    said = run(*args)
    assert (said.exit_code, said.stdout) == (2, "")
    assert len(lines(run("review", "list", "--json"))) == 3


def test_one_wrong_id_among_several_changes_nothing(run: Run, waiting: dict[str, str]) -> None:
    said = run("review", "accept", waiting[LINES[0]], "ffffffff", waiting[LINES[1]])
    assert (said.exit_code, said.stdout) == (2, "")
    assert said.stderr == "mixtrove: there is no line 'ffffffff': `mixtrove review list` shows them\n"
    twice = run("review", "reject", waiting[LINES[0]], waiting[LINES[0]])
    assert twice.stderr.startswith("mixtrove: one line is decided twice")
    assert len(lines(run("review", "list", "--json"))) == 3


def test_a_line_is_identified_by_its_page_in_a_shop(run: Run, waiting: dict[str, str]) -> None:
    page = "https://www.beatport.com/track/anything/100"
    assert run("review", "assign", waiting[LINES[0]], page).exit_code == 0
    assert list(tracks(run)) == ["Glue (Dub)"]
    again = run("review", "assign", waiting[LINES[1]], "beatport:100")  # the library knows it by now
    assert again.exit_code == 0
    [track] = json.loads(run("library", "list", "--json", "--identified").stdout)
    assert track["heard"] == 3
    own = ("Joy Orbison - Ellipsis", "--link", "https://www.junodownload.com/products/x/3512345-02/")
    assert run("review", "assign", waiting[LINES[2]], *own).exit_code == 0
    shown = json.loads(run("library", "show", tracks(run)["Ellipsis"][-8:], "--json").stdout)
    assert shown["external_ids"] == [["juno", "3512345-02"]]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("https://example.org/glue", "is no page of a track at a place we know"),
        ("beatport:777", "nothing here knows 777 of Beatport, and it was not asked"),
        ("traxsource:777", "nothing here knows this track of traxsource, and it cannot be asked"),
        ("isrc:GBAYE0601498", "the ISRC GBAYE0601498, and no provider that knows ISRCs is ready"),
        ("no separator", "is no track: write its id"),
    ],
)
def test_a_page_that_names_nothing_known_is_one_sentence(
    run: Run, waiting: dict[str, str], given: str, why: str
) -> None:
    said = run("review", "assign", waiting[LINES[0]], given)
    assert (said.exit_code, said.stdout) == (2, "")
    assert why in said.stderr
    assert len(lines(run("review", "list", "--json"))) == 3


def test_what_is_unreleased_leaves_the_queue_and_is_found_once_it_is_out(
    run: Run, waiting: dict[str, str], make_tracklist: Callable[..., Any]
) -> None:
    run("review", "reject", waiting[LINES[1]], "--as", "unreleased")
    assert lines(run("review", "list", "--json")) == [LINES[0], LINES[2]]
    assert lines(run("review", "list", "--json", "--unreleased")) == [LINES[1]]
    store = Store.open(Settings())
    with store.read() as connection:
        entry = next(one for one in entries_to_identify(connection, "d") if one.raw_line == LINES[1])
    from mixtrove.library.discoveries import TrackRecord

    out = TrackRecord("catalogue", "x:9", Credit.parse("Call Super", "Fluo"))
    write_decisions(store, [EntryDecision(entry.entry_id, "identified", out, 1.0)])
    store.close()
    assert list(tracks(run)) == ["Fluo"]


def test_tracks_are_edited_merged_taken_apart_again(run: Run, waiting: dict[str, str]) -> None:
    for line, name in zip(LINES, ("Bicep - Glue", "Bicep - Glew", "Bicep - Glue (VIP)"), strict=True):
        run("review", "assign", waiting[line], name)
    ids = {name: one[-8:] for name, one in tracks(run).items()}
    assert run("library", "edit", ids["Glue"], "--label", "Ninja Tune").stdout.startswith("changed.")
    stale = run("library", "edit", ids["Glue"], "--label", "Feel My Bicep", "--if-version", "1")
    assert stale.exit_code == 2
    assert 'yours says label "Feel My Bicep"' in stale.stderr
    assert 'says label "Ninja Tune"' in stale.stderr
    versions = run("library", "merge", ids["Glue"], ids["Glue (VIP)"], "--yes")
    assert versions.exit_code == 2
    assert "are two versions" in versions.stderr
    assert run("library", "merge", ids["Glue"], ids["Glue"], "--yes").exit_code == 2
    merged = run("library", "merge", ids["Glue"], ids["Glew"], input="y\n")
    assert "Bicep - Glew\n  becomes part of Bicep - Glue" in merged.stdout
    assert sorted(tracks(run)) == ["Glue", "Glue (VIP)"]
    assert "Ninja Tune" in run("library", "show", ids["Glew"]).stdout  # the id that it had still works
    [merge] = json.loads(run("library", "merges", "--json").stdout)
    assert (merge["kept"], merge["merged"], merge["by"]) == ("Bicep - Glue", "Bicep - Glew", "dj")
    apart = run("library", "unmerge", ids["Glue"], "--yes")
    assert apart.stdout.startswith("Bicep - Glew is a track of its own again")
    assert sorted(tracks(run)) == ["Glew", "Glue", "Glue (VIP)"]
    again = run("library", "unmerge", ids["Glue"], "--yes")
    assert (again.exit_code, again.stdout) == (2, "")
    assert "nothing was merged into track" in again.stderr
    said = run("corrections", "list").stdout
    assert "label: (empty) → Ninja Tune" in said


def test_corrections_go_to_another_library(
    run: Run, waiting: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("review", "accept", waiting[LINES[0]])
    target = tmp_path / "corrections.jsonl"
    assert run("corrections", "export", "--out", str(target)).exit_code == 0
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path / "elsewhere"))
    first = run("corrections", "import", str(target))
    assert first.stdout.startswith("1 read, 1 taken over, 0 were here already\n")
    assert run("corrections", "import", str(target)).stdout == "1 read, 0 taken over, 1 were here already\n"
    broken = tmp_path / "broken.jsonl"
    broken.write_text("{}\n")
    said = run("corrections", "import", str(broken))
    assert said.exit_code == 2
    assert said.stderr.startswith("mixtrove: broken.jsonl, line 1: no decision of form 1")


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("corrections", "undo"), "say what to take back"),
        (("corrections", "undo", "--last"), "there is no such decision"),
        (("corrections", "undo", "abcdef12"), "there is no decision 'abcdef12'"),
        (("review", "accept"), "name the lines by their ids, or choose from the queue with --all"),
        (("review", "accept", "abcdef12", "--dj", "x"), "choose among --all"),
        (("library", "edit", "abcdef12", "--label", "x"), "there is no track 'abcdef12'"),
        (("library", "merge", "abcdef12", "abcdef13", "--yes"), "there is no track 'abcdef12'"),
        (("library", "apart", "abcdef12", "abcdef13"), "there is no track 'abcdef12'"),
        (("library", "unmerge", "abcdef12"), "there is no merged track 'abcdef12'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_2(
    run: Run, args: tuple[str, ...], why: str
) -> None:
    said = run(*args)
    assert (said.exit_code, said.stdout) == (2, "")
    assert said.stderr.count("\n") == 1
    assert why in said.stderr
