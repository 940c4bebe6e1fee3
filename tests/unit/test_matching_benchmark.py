"""The evaluation of matching: its figures, its split, its gate before fitting, its difference of runs."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from random import Random

import numpy as np
import pytest

from benchmarks.matching import metrics, saved
from benchmarks.matching.corpus import corpus_pairs, digest
from benchmarks.matching.crude import read, read_line
from benchmarks.matching.fit import EvaluationSplit, training_pairs
from benchmarks.matching.itunes_amazon import detokenised, itunes_amazon_pairs
from benchmarks.matching.musicbrainz import read_record, seconds
from benchmarks.matching.outcome import Outcome
from benchmarks.matching.pair import Pair, Text, check_disjoint, split_of
from benchmarks.matching.restyle import mistyped
from benchmarks.matching.runner import SETS, run

LABELS = np.array([True, True, False, True, False])
CONFIDENCES = np.array([0.9, 0.8, 0.7, 0.6, 0.6])


def folder_of(tmp_path: Path, lines: list[list[str]]) -> Path:
    """A data folder that holds these mixes and nothing else."""
    (tmp_path / "tracklists").mkdir()
    with gzip.open(tmp_path / "tracklists" / "mixesdb.jsonl.gz", "wt", encoding="utf-8") as stream:
        for number, some in enumerate(lines):
            mix = {"id": f"mix{number}", "lines": some, "youtube_ids": [f"v{at}" for at in range(len(some))]}
            stream.write(json.dumps(mix) + "\n")
    return tmp_path


def test_auc_counts_the_pairs_in_order_and_ties_as_a_half() -> None:
    # Same .9 .8 .6 against different .7 .6: 2 + 2 + (0 + ½) of 6.
    assert metrics.auc(LABELS, CONFIDENCES) == pytest.approx(4.5 / 6)
    assert metrics.auc(np.array([True]), np.array([0.5])) is None


def test_average_precision_takes_equal_confidences_together() -> None:
    # Precision 1 at ⅓ and ⅔, then ⅗ for the last third.
    assert metrics.average_precision(LABELS, CONFIDENCES) == pytest.approx(1 / 3 + 1 / 3 + 0.6 / 3)


def test_accuracy_is_that_of_the_best_threshold() -> None:
    assert metrics.best_accuracy(LABELS, CONFIDENCES) == (0.8, 0.8)
    assert metrics.best_accuracy(np.array([False, False]), np.array([0.9, 0.8])) == (1.0, 1.01)


def test_recall_and_precision_hold_each_other() -> None:
    assert metrics.recall_at_precision(LABELS, CONFIDENCES, 0.99) == pytest.approx(2 / 3)
    assert metrics.precision_at_recall(LABELS, CONFIDENCES, 0.9) == pytest.approx(0.6)
    at_half = metrics.at_threshold(LABELS, CONFIDENCES, 0.65)
    assert at_half == pytest.approx({"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3})


def test_calibration_error_weighs_the_bins_by_their_pairs() -> None:
    found = metrics.calibration(np.array([True, False, True, True]), np.array([0.25, 0.25, 0.95, 0.95]))
    assert found["error"] == pytest.approx(0.5 * 0.25 + 0.5 * 0.05)
    assert [(row["from"], row["pairs"]) for row in found["table"]] == [(0.2, 2), (0.9, 2)]


def test_errors_are_told_by_kind() -> None:
    found = metrics.by_kind(["a", "a", "b", "b", "b"], LABELS, CONFIDENCES)
    assert found["same: a"] == {"pairs": 2, "below .5": 0.0, "below .9": 0.5}
    assert found["different: b"] == {"pairs": 2, "at .5": 1.0, "at .9": 0.0}


def test_clean_lines_are_read_and_doubtful_ones_are_not() -> None:
    track = read_line("[012:30] A & B Feat. C - Glue (X Remix) [Label - CAT 1]")
    assert track is not None
    assert (track.names, track.featured, track.base, track.version) == (("A", "B"), "C", "Glue", "X Remix")
    assert (track.label, track.catalog_number) == ("Label", "CAT 1")
    for raw in ("ID - ID", "A - B - C", "A - Glue (X Remix", "A - Glue w/ B - Hammer", "? - Glue", "Glue"):
        assert read_line(raw) is None


def test_a_cut_and_a_remaster_are_no_other_version() -> None:
    titles = (
        "Glue",
        "Glue (Extended Mix)",
        "Glue (Original Mix)",
        "Glue - 2009 Remaster",
        "Glue [Radio Edit]",
    )
    assert {track.key for title in titles if (track := read("Bicep", title))} == {"bicep|glue|"}
    assert read("Bicep", "Glue (X Remix)").version_key == "xremix"  # type: ignore[union-attr]


def test_a_slip_changes_one_word_and_not_its_first_letter() -> None:
    for seed in range(200):
        text = mistyped("Hammer of Sorrow", Random(seed))
        if text is not None:
            assert text != "Hammer of Sorrow"
            assert [word[0] for word in text.split()] == ["H", "o", "S"]


def test_a_family_is_on_one_side_of_the_split_only(tmp_path: Path) -> None:
    names = [f"Person {chr(65 + at % 26)}{at}" for at in range(60)]
    plain = [f"{name} - Song {chr(97 + at % 26)}{at} Long" for at, name in enumerate(names)]
    remixes = [f"{line} ({names[(at + 7) % 60]} Remix)" for at, line in enumerate(plain)]
    data = folder_of(tmp_path, [plain, [line.upper().replace("SONG", "Sông") for line in plain], remixes])
    pairs = corpus_pairs(data)
    assert {pair.split for pair in pairs} == {"train", "eval"}
    assert {pair.same for pair in pairs} == {True, False}
    check_disjoint(pairs)
    assert all(split_of(family) == pair.split for pair in pairs for family in pair.families)
    assert digest(pairs) == digest(corpus_pairs(data))
    assert len({pair.id for pair in pairs}) == len(pairs)


def test_a_family_on_both_sides_is_refused() -> None:
    text = Text("A", "B")
    pairs = [Pair("s", split, "k", text, text, True, ("b|a",)) for split in ("train", "eval")]
    with pytest.raises(ValueError, match="on both sides"):
        check_disjoint(pairs)


def test_only_the_training_split_may_be_fitted_to(tmp_path: Path) -> None:
    data = folder_of(tmp_path, [["Bicep - Glue", "Orbital - Halcyon", "Moderat - Bad Kingdom"]])
    for split in ("eval", "test", ""):
        with pytest.raises(EvaluationSplit):
            training_pairs(data, split)
    assert {pair.split for pair in training_pairs(data, "train")} <= {"train"}


def test_absent_files_are_reported_and_no_error(tmp_path: Path) -> None:
    for name in SETS:
        figures = run(name, tmp_path).figures
        assert "absent" in figures or name == "parser"


def test_records_of_two_shops_are_read_in_both_forms(tmp_path: Path) -> None:
    folder = tmp_path / "matching" / "itunes_amazon"
    own = (
        "COL Song_Name VAL {} COL Artist_Name VAL {} COL Album_Name VAL {} COL Genre VAL Pop COL Time VAL {}"
    )
    moved = (
        "COL Song_Name VAL Do n't ( Live ) Zed & Amy Big Album Pop $ 1.29 3:05 "
        "COL Artist_Name VAL  COL Album_Name VAL  COL Genre VAL  COL Time VAL "
    )
    rows = [
        (own.format("Do n't ( Live )", "Zed & Amy", "Big Album", "3:05"), moved, 1),
        (own.format("Other", "Amy", "Small", "2:00"), own.format("Else", "Zed", "Big", "2:10"), 0),
    ]
    (folder / "Dirty").mkdir(parents=True)
    text = "".join(f"{left}\t{right}\t{label}\n" for left, right, label in rows)
    (folder / "Dirty" / "valid.txt").write_text(text, "utf-8")
    first, second = itunes_amazon_pairs(tmp_path, "itunes_amazon dirty")
    assert first.left == first.right == Text("Zed & Amy", "Don't (Live)", album="Big Album", duration=185.0)
    assert (first.same, second.same, first.split) == (True, False, "eval")
    assert detokenised("Pt . 2 [ feat . A ]") == "Pt. 2 [feat. A]"


def test_records_of_five_sources_are_read_alike() -> None:
    rows = [
        {"title": "Glue (Isles)", "artist": "Bicep", "album": "Isles", "length": "03:39", "year": "2017"},
        {"title": "Bicep - Glue", "artist": "", "album": "Isles", "length": "219", "year": "17"},
        {"title": "Glue - Isles", "artist": "Bicep", "album": "", "length": "3.65", "year": "'17"},
        {"title": "007-Glue", "artist": "Bicep", "album": "Isles (2017)", "length": "3m 39sec", "year": ""},
        {"title": "Glue", "artist": "Bicep", "album": "Isles", "length": "219000", "year": "2017"},
    ]
    texts = {read_record({"id": "1", "cluster_id": "1", **row}).text for row in rows}
    assert texts == {Text("Bicep", "Glue", album="Isles", duration=219.0, year=2017)}
    assert seconds("unknown") is None


def test_fields_that_were_pushed_aside_are_put_back() -> None:
    pushed = {
        "number": "MBox4691812-HH", "title": "6", "length": "Panzerchrist - Death Approaches",
        "artist": "216", "album": "", "year": "Room Service", "language": "03",
    }  # fmt: skip
    record = read_record({"id": "1", "cluster_id": "1", **pushed})
    assert record.text == Text(
        "Panzerchrist", "Death Approaches", album="Room Service", duration=216.0, year=2003
    )
    assert record.number == "6"
    swapped = {"number": "Farewell Blues", "title": "4", "artist": "Lester Flatt", "album": "Live"}
    assert read_record({"id": "1", "cluster_id": "1", **swapped}).text.title == "Farewell Blues"


def test_the_difference_of_two_runs_names_what_was_gained_and_lost(tmp_path: Path) -> None:
    def outcome(name: str, confidence: float, right: bool) -> Outcome:
        return Outcome(name, "corpus", "typo", True, confidence, right, f"text of {name}")

    before = [outcome("a", 0.5, False), outcome("b", 0.95, True), outcome("c", 0.95, True)]
    saved.save(
        "one", {"corpus": {"eval": {"auc": 0.123456789}}}, before, folder=tmp_path, about={"saved": "2026"}
    )
    assert saved.last_saved(tmp_path) == "one"
    now = [
        outcome("a", 0.97, True),
        outcome("b", 0.7, False),
        outcome("c", 0.95, True),
        outcome("d", 0.1, False),
    ]
    gained, lost = saved.difference(saved.load("one", folder=tmp_path), now)
    assert [(change.outcome.id, change.before) for change in gained] == [("a", 0.5)]
    assert [(change.outcome.id, change.before) for change in lost] == [("b", 0.95)]
    assert "1 gained, 1 lost" in saved.told("one", gained, lost)
    assert json.loads((tmp_path / "one.json").read_text("utf-8"))["sets"]["corpus"]["eval"]["auc"] == 0.12346
    with gzip.open(tmp_path / "one.pairs.csv.gz", "rt", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    assert rows[1] == ["corpus", "a", "typo", "1", "0.500", "0"]
    assert not any("text of" in cell for row in rows for cell in row)
