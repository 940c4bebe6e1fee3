"""The benchmark's made-up catalogue: equal by seed, what must be missing is, what is right is told."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import polars as pl
import pytest

from benchmarks.matching.crude import read, version_key
from benchmarks.matching.pair import squeeze
from benchmarks.offline.catalogue_file import ids_of, write_catalogue
from benchmarks.offline.hashing import Members, uuids
from benchmarks.offline.judging import ANSWER, best_threshold, figures, judged
from benchmarks.offline.lines import lines_of
from benchmarks.offline.peers import split_line
from benchmarks.offline.questions import KINDS, PRESENT, SHARES, Asked, Drawn, answers, draw
from benchmarks.offline.real import Real, read_folder, taken_apart
from benchmarks.offline.tracks import Rows, Tracks, World, world_of
from benchmarks.offline.versions import kind_of

BASIS = "Eric Prydz", "Four Tet", "Sade", "Opus"
VERSIONS = ("", "", "", "Original Mix", "Extended Mix", "Dub", "Four Tet Remix", "Sade Remix", "Sade Edit")
ROWS, LINES = 10_000, 400


def words(rng: Random, count: int) -> str:
    """Words nobody uses, so that names and titles are as various as in a large catalogue."""
    parts = ["ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu"]
    return " ".join("".join(rng.choices(parts, k=rng.choice((2, 3)))).title() for _ in range(count))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Real:
    """Some hundred rows in the form of a data folder."""
    folder = tmp_path_factory.mktemp("data")
    rng = Random(1)
    names = [*BASIS[:3], *(words(rng, rng.choice((1, 2, 2))) for _ in range(400))]
    titles = [BASIS[3], *(words(rng, rng.choice((1, 2, 3))) for _ in range(800))]
    with gzip.open(folder / "catalogue.csv.gz", "wt", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("id", "artist", "title", "label"))
        for number in range(2000):
            artist = rng.choice((" & ", ", ")).join(rng.sample(names, rng.choice((1, 1, 1, 2))))
            artist += rng.choice(("", "", "", f" feat. {rng.choice(names)}"))
            version = rng.choice(VERSIONS)
            title = rng.choice(titles) + (f" ({version})" if version else "")
            writer.writerow((number, artist, title, rng.choice(("", "Pryda"))))
        writer.writerow((9999, "Eric Prydz & Four Tet feat. Sade", "Opus", ""))
    return read_folder(folder)


def drawn_of(real: Real, seed: int = 3) -> Drawn:
    return draw(world_of(Path(), ROWS, seed, real), ROWS, LINES)


@pytest.fixture(scope="module")
def drawn(real: Real) -> Drawn:
    return drawn_of(real)


@pytest.fixture(scope="module")
def catalogue(drawn: Drawn, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    path = tmp_path_factory.mktemp("catalogue") / "rows.csv"
    write_catalogue(drawn.world, drawn.tracks, drawn.rows, drawn.kept, path, "csv")
    return pl.read_csv(path, infer_schema=False)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(real: Real, tmp_path: Path) -> None:
    written = []
    for at, seed in enumerate((3, 3, 4)):
        made = drawn_of(real, seed)
        path = tmp_path / f"{at}.csv"
        write_catalogue(made.world, made.tracks, made.rows, made.kept[:500], path)
        written.append((path.read_bytes(), lines_of(made)["raw"].to_list()))
    assert written[0] == written[1]
    assert written[0][0] != written[2][0]
    assert written[0][1] != written[2][1]


def test_the_catalogue_has_as_many_rows_as_asked_for_and_no_id_twice(catalogue: pl.DataFrame) -> None:
    assert len(catalogue) == ROWS
    assert catalogue["id"].n_unique() == ROWS
    assert catalogue["artist"].str.len_chars().min() > 0
    assert catalogue["title"].str.len_chars().min() > 0


def test_the_kinds_of_questions_have_their_shares(drawn: Drawn) -> None:
    counts = Counter(KINDS[code] for code in drawn.asked.kind.tolist())
    assert counts == {kind: round(LINES * share) for kind, share in SHARES.items()}
    groups = Counter()
    for kind, count in counts.items():
        groups[kind.partition(":")[0]] += count
    assert groups == {"present": 220, "other version only": 80, "absent": 100}


def test_what_is_missing_is_in_no_row_when_the_written_texts_are_read(
    drawn: Drawn, catalogue: pl.DataFrame
) -> None:
    works, versions = set(), set()
    for artist, title in catalogue.select("artist", "title").iter_rows():
        track = read(artist, title)
        for name in track.names if track else ():
            works.add((squeeze(name), squeeze(track.base)))
            versions.add((squeeze(name), squeeze(track.base), version_key(track.version)))
    checked = Counter()
    for kind, meant in lines_of(drawn).select("kind", "meant").iter_rows():
        track = read(*meant.split(" - ", 1))
        if track is None or kind == PRESENT:
            continue
        checked[kind] += 1
        some = {(squeeze(name), squeeze(track.base)) for name in track.names}
        if kind.startswith("absent"):
            assert not some & works, meant
        else:
            assert some & works, meant
            assert not {(*work, version_key(track.version)) for work in some} & versions, meant
    assert min(checked.values()) > 5
    assert len(checked) == len(KINDS) - 1


def test_every_present_line_has_a_right_row_of_its_title(drawn: Drawn, catalogue: pl.DataFrame) -> None:
    titles = dict(catalogue.select("id", "title").iter_rows())
    present = lines_of(drawn).filter(pl.col("kind") == PRESENT)
    assert present["truth"].list.len().min() >= 1
    for meant, truth in present.select("meant", "truth").iter_rows():
        base = meant.split(" - ", 1)[1].partition(" (")[0]
        assert all(titles[one].startswith(base) for one in truth), meant


def test_right_rows_are_those_of_the_same_artists_title_and_version(real: Real) -> None:
    world = world_of(Path(), 1_000, 1, real)
    name = {text: at for at, text in enumerate(world.names.text[: world.names.real + 1].to_list())}
    title = {text: at for at, text in enumerate(world.titles.text[: world.titles.real + 1].to_list())}
    prydz, tet, sade, opus = name["Eric Prydz"], name["Four Tet"], name["Sade"], title["Opus"]
    tracks = Tracks(
        np.array([[prydz, 0, 0], [prydz, tet, 0], [tet, prydz, 0], [prydz, 0, 0]], np.int32),
        np.array([0, 0, 0, sade], np.int32),
        np.array([opus, opus, opus, opus], np.int32),
    )
    forms = list(
        map(world.spellings.inner, range(len(world.spellings.kind)), [""] * len(world.spellings.kind))
    )
    none, original, extended, remix = (
        forms.index(one) for one in ("", "Original Mix", "Extended Mix", " Remix")
    )
    rows = Rows(
        np.array([0, 0, 0, 1, 2, 3, 0], np.int32),
        np.array([none, original, remix, none, extended, none, remix], np.int16),
        np.array([0, 0, tet, 0, 0, 0, sade], np.int32),
    )
    assert right_rows(world, tracks, rows, of=0) == {0, 1, 5}  # lengths are one version, a guest is no matter
    assert right_rows(world, tracks, rows, of=2) == {2}  # another remixer is another version
    assert right_rows(world, tracks, rows, of=3) == {3, 4}  # the order of artists is no matter


def right_rows(world: World, tracks: Tracks, rows: Rows, of: int) -> set[int]:
    at = rows.track[of : of + 1]
    some = Tracks(tracks.artists[at], tracks.guest[at], tracks.title[at])
    asked = Asked(
        np.zeros(1, np.int8), some, rows.spelling[of : of + 1], rows.remixer[of : of + 1], np.array([of])
    )
    return set(answers(world, tracks, rows, np.arange(len(rows)), asked)[1].tolist())


def test_versions_are_known_by_their_kind() -> None:
    assert {kind_of(text) for text in ("Original Mix", "Radio Edit", "2012 Remaster", '12" Version')} == {""}
    assert kind_of("Dub Mix") == "dub"
    assert kind_of("Accapella") == "acapella"
    assert kind_of("English Version") == "english"
    assert taken_apart("Four Tet Remix") == ("Four Tet", " Remix")
    assert taken_apart("Extended Mix") == ("", "Extended Mix")


def test_answers_are_judged_by_the_set_of_right_ids() -> None:
    questions = pl.DataFrame(
        {
            "line_no": [1, 2, 3, 4],
            "kind": [PRESENT, PRESENT, KINDS[1], PRESENT],
            "style": ["plain"] * 4,
            "truth": [["a", "b"], ["c"], None, ["d"]],
        }
    )
    answered = pl.DataFrame(
        {"line_no": [1, 2, 3], "id": ["b", "a", "a"], "accepted": [True, False, True]}, schema=ANSWER
    )
    found = figures(judged(questions, answered))
    assert found["right accepted of present"] == pytest.approx(1 / 3, abs=1e-5)
    assert found["wrong of accepted"] == 0.5
    assert found["not there, by kind"] == {KINDS[1]: {"lines": 1, "accepted": 1.0}}


def test_the_threshold_is_the_lowest_that_is_precise_enough() -> None:
    frame = pl.DataFrame(
        {"id": ["a", "b", "c", "d"], "likeness": [99.0, 90.0, 80.0, 70.0], "hit": [True, True, False, True]}
    )
    assert best_threshold(frame, "likeness", most_wrong=0.2, default=95.0) == (90.0, True)
    assert best_threshold(frame.filter(~pl.col("hit")), "likeness", most_wrong=0.2, default=95.0) == (
        95.0,
        False,
    )


def test_a_line_is_split_without_its_dressing() -> None:
    assert split_line("[012] Eric Prydz - Opus (Four Tet Remix) [Pryda]") == (
        "Eric Prydz",
        "Opus (Four Tet Remix)",
    )
    assert split_line("Eric Prydz - Opus [Four Tet Remix]") == ("Eric Prydz", "Opus [Four Tet Remix]")


def test_members_and_ids_are_exact() -> None:
    some = Members(np.array([5, 2**63, 7], np.uint64))
    assert some.has(np.array([7, 8, 2**63, 0], np.uint64)).tolist() == [True, False, True, False]
    ids = uuids(np.arange(1000), 1)
    assert ids.n_unique() == 1000
    assert ids.str.contains(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$").all()


def test_ids_do_not_depend_on_what_else_is_asked_for(drawn: Drawn) -> None:
    one = ids_of(drawn.world, drawn.kept[10:11])[0]
    assert ids_of(replace(drawn.world, labels=()), drawn.kept[:20])[10] == one
