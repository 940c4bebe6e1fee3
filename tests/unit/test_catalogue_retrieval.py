"""What a catalogue offers for a line: the right recording first, for slips in a name, a title and both."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from mixtrove.catalogue import retrieval
from mixtrove.catalogue.build import build_catalogue
from mixtrove.catalogue.directory import FORMAT
from mixtrove.catalogue.search import TOP, Catalogue
from mixtrove.matching import Credit, Outcome
from mixtrove.matching.choice import decide_many

EXAMPLES = Path(__file__).parents[2] / "examples" / "catalogue.csv"
Row = tuple[str, str]


def built(folder: Path, rows: list[Row]) -> Catalogue:
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(
            [("id", "artist", "title"), *((f"n:{number:06}", *row) for number, row in enumerate(rows))]
        )
    build_catalogue([folder / "rows.csv"], folder / "catalogue", processes=1)
    return Catalogue(folder / "catalogue")


def offered(catalogue: Catalogue, artist: str, title: str) -> list[str]:
    [found] = catalogue.candidates([Credit.parse(artist, title)])
    return [f"{one.artist} - {one.title}" for one in found]


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    folder = tmp_path_factory.mktemp("examples")
    build_catalogue([EXAMPLES], folder, processes=1)
    return Catalogue(folder)


def example_rows() -> list[dict[str, str]]:
    with EXAMPLES.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_recording_is_among_the_first_for_its_own_credit(examples: Catalogue) -> None:
    kept = {row["id"]: row for row in example_rows() if examples.records([row["id"]])}
    credits = [Credit.parse(row["artist"], row["title"]) for row in kept.values()]
    missed = [
        id_
        for id_, some in zip(kept, examples.candidates(credits), strict=True)
        if id_ not in {one.id for one in some}
    ]
    assert len(kept) > 2_000
    assert missed == []


FEW = [
    ("Eric Prydz", "Opus"),
    ("Eric Prydz", "Opus (Four Tet Remix)"),
    ("Eric Prydz", "Opal"),
    ("Massive Attack", "Unfinished Sympathy"),
    ("The Chemical Brothers", "Hey Boy Hey Girl"),
    ("Busta Rhymes feat. Janet Jackson", "What's It Gonna Be?!"),
    ("Eurythmics", "Sweet Dreams (Are Made Of This)"),
    ("Reset Robot", "Glass (Reset Robot Remix)"),
    ("112", "Peaches & Cream"),
    ("Someone Else", "Opus"),
]


@pytest.mark.parametrize(
    ("artist", "title", "first"),
    [
        ("eric prydz", "OPUS", "Eric Prydz - Opus"),
        ("Eric Prydz", "Opus (Four Tet Remix)", "Eric Prydz - Opus (Four Tet Remix)"),
        ("Erik Prydz", "Opus", "Eric Prydz - Opus"),
        ("Eric Pryds", "Opus (Four Tet Rmx)", "Eric Prydz - Opus (Four Tet Remix)"),
        ("Masive Atack", "Unfinished Sympathy", "Massive Attack - Unfinished Sympathy"),
        ("Massive Attack", "Unfinishd Symphaty", "Massive Attack - Unfinished Sympathy"),
        ("Massive Atatck", "Unfinished Sympaty", "Massive Attack - Unfinished Sympathy"),
        ("Massiv Atack", "Unfinised Sympathy", "Massive Attack - Unfinished Sympathy"),
        ("Chemical Brothers", "Hey Boy Hey Girl", "The Chemical Brothers - Hey Boy Hey Girl"),
        ("Hey Boy Hey Girl", "The Chemical Brothers", "The Chemical Brothers - Hey Boy Hey Girl"),
        ("Busta Rhymes", "Whats It Gonna Be", "Busta Rhymes feat. Janet Jackson - What's It Gonna Be?!"),
        ("Janet Jackson", "What's It Gonna Be", "Busta Rhymes feat. Janet Jackson - What's It Gonna Be?!"),
        ("Eurythmics", "Sweet Dreams", "Eurythmics - Sweet Dreams (Are Made Of This)"),
        ("Eurythmics", "Sweet Dreams Are Made Of This", "Eurythmics - Sweet Dreams (Are Made Of This)"),
        ("Reset Robot", "Glass Reset Robot Remix", "Reset Robot - Glass (Reset Robot Remix)"),
        ("One Twelve", "Peaches & Cream", "112 - Peaches & Cream"),
    ],
)
def test_slips_and_habits_of_writing_find_the_recording(
    tmp_path_factory: pytest.TempPathFactory, artist: str, title: str, first: str
) -> None:
    assert offered(_few(tmp_path_factory), artist, title)[0] == first


_opened: list[Catalogue] = []


def _few(factory: pytest.TempPathFactory) -> Catalogue:
    if not _opened:
        _opened.append(built(factory.mktemp("few"), FEW))
    return _opened[0]


def test_what_has_nothing_in_common_is_not_offered(tmp_path_factory: pytest.TempPathFactory) -> None:
    assert offered(_few(tmp_path_factory), "Zzyzx Qqu", "Nowhere Near") == []
    assert offered(_few(tmp_path_factory), "", "") == []


def test_of_remixes_by_the_dozen_the_one_that_is_asked_for_comes_first(tmp_path: Path) -> None:
    names = [
        f"{first} {last}" for first in ("Ann", "Bob", "Cid", "Dee", "Eve") for last in ("Ivy", "Oak", "Elm")
    ]
    rows = [("Pack", "Home"), *(("Pack", f"Home ({name} Remix)") for name in names)]
    rows += [("Pack", f"Home ({name} Dub)") for name in names]
    rows += [(f"Other {number}", "Home") for number in range(500)]
    catalogue = built(tmp_path, rows)
    for version in ("Dee Oak Remix", "Dee Oak Dub", "Cid Elm Remix"):
        found = offered(catalogue, "Pack", f"Home ({version})")
        assert found[0] == f"Pack - Home ({version})"
        assert len(found) == TOP
    assert offered(catalogue, "Pack", "Home")[0] == "Pack - Home"


def test_a_slip_in_a_title_is_found_among_thousands_of_an_artist(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    titles = ["".join(rng.choice(letters, rng.integers(6, 14))) for _ in range(6_000)]
    catalogue = built(tmp_path, [("Johann", title) for title in titles])
    slipped = [title[:3] + title[4] + title[3] + title[5:] for title in titles[:300]]
    found = catalogue.candidates([Credit.parse("Johann", title) for title in slipped])
    hits = [title in {one.title for one in some} for title, some in zip(titles[:300], found, strict=True)]
    assert sum(hits) >= 297


def test_names_too_short_for_slips_and_a_catalogue_of_one_row_are_searched_too(tmp_path: Path) -> None:
    catalogue = built(tmp_path, [("A", "B")])
    assert offered(catalogue, "A", "B") == ["A - B"]
    assert offered(catalogue, "C", "D") == []


def test_deciding_in_bulk_is_deciding_each_from_what_is_offered(examples: Catalogue) -> None:
    rows = example_rows()
    lines = [[Credit.parse(row["artist"], row["title"])] for row in rows[::3]]
    lines += [[Credit.parse(row["artist"][1:], row["title"] + "s")] for row in rows[1::9]]
    lines += [[Credit.parse(row["artist"], f"{row['title']} (Nobody Remix)")] for row in rows[2::9]]
    lines += [
        [Credit.parse(one["artist"], other["title"]), Credit.parse(other["artist"], one["title"])]
        for one, other in zip(rows[::40], rows[7::40], strict=False)
    ]
    pools = []
    for readings in lines:
        pool = {one.id: one for some in examples.candidates(readings) for one in some}
        pools.append(list(pool.values()))
    bulk, _ = examples.weigh(lines)
    assert [_told(one) for one in bulk] == [_told(one) for one in decide_many(lines, pools)]
    assert {one.choice for one in bulk} == {"accept", "provisional", "none"}


def _told(outcome: Outcome) -> tuple[object, ...]:
    ranked = tuple((one.candidate.id, one.verdict, one.reading) for one in outcome.ranked)
    rival = outcome.runner_up and outcome.runner_up.candidate.id
    return outcome.choice, outcome.confidence, outcome.reasons, ranked, rival


def test_keys_are_those_of_this_format() -> None:
    """A catalogue on disk is searched by these numbers: whoever changes them raises ``directory.FORMAT``."""

    def key(text: str, seed: int) -> int:
        return int(retrieval.text_key(np.frombuffer(text.encode(), np.uint8), seed))

    assert FORMAT == 4
    assert key("opus", retrieval.TITLE_SEED) == 5424334348450984080
    assert key("ericprydz", retrieval.NAME_SEED) == 9983318375103302368
