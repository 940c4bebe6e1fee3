"""`mixtrove report --out`: one page whose numbers are the warehouse's."""

from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from mixtrove.cli import main
from mixtrove.library import schema
from mixtrove.library.store import Store
from mixtrove.report.charts import Picture, all_pictures, slopes
from mixtrove.report.drawing import png
from mixtrove.report.figures import Basis, Stretch, latest_trends
from mixtrove.settings import Settings
from mixtrove.warehouse.read import open_published, statistics
from mixtrove.warehouse.refresh import refresh
from tests.integration.warehouse_scene import Scene, at, small

ODD = "<script>alert('x')</script> & \"Söhne\""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose warehouse has all that a report shows."""
    settings = Settings(home=tmp_path / "home")
    store = Store.open(settings)
    scene = small(store)
    trending(scene)
    refresh(store, settings)
    store.close()
    monkeypatch.setenv("MIXTROVE_HOME", str(settings.home))
    return settings.home


def trending(scene: Scene) -> None:
    """An artist with an odd name in two mixes of two months; tempi and keys."""
    odd = scene.track(ODD, "Track", genre="House", label=ODD)
    other = scene.track("Other", "Track")
    scene.update(schema.library_track, odd, bpm=124.0, key="Am")
    scene.update(schema.library_track, other, bpm=128.4, key="8B")
    for day, plays in ((date(2024, 12, 2), 1), (date(2025, 1, 20), 3)):
        mix = scene.mix("DJ", day)
        for position in range(1, plays + 1):
            scene.entry(mix, position, "identified", track=odd, discovered=at("2026-03-01 12:00"))
        scene.entry(mix, 9, "identified", track=other, discovered=at("2026-03-01 12:00"))


def pictures(home: Path, basis: Basis = "played", **more: date) -> dict[str, Picture]:
    with open_published(home / "warehouse.duckdb") as connection:
        return {one.name: one for one in all_pictures(connection, Stretch(basis, **more))}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


class Page(HTMLParser):
    """What a browser would load, and the text of every cell."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "data")]
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "td":
            self.cells[-1] += data


def test_the_page_loads_nothing_and_runs_nothing(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    done = run("report", "--out", str(out))
    assert (done.exit_code, done.stderr) == (0, f"wrote {out}\n")
    text = out.read_text(encoding="utf-8")
    page = Page(text)
    assert page.loads == []
    assert page.tags.count("script") == 0
    assert page.tags.count("svg") == 9
    assert "url(" not in text.replace("url(#", "")
    assert "@import" not in text


def test_names_are_text_and_nothing_else(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    run("report", "--out", str(out))
    text = out.read_text(encoding="utf-8")
    assert "<script" not in text
    assert ODD in Page(text).cells


def test_the_numbers_are_those_of_the_warehouse(home: Path) -> None:
    with open_published(home / "warehouse.duckdb") as connection:
        months = connection.execute(
            "SELECT monthname(period_start) || ' ' || year(period_start), mixes, plays, tracks, new_tracks "
            "FROM statistics_monthly WHERE basis = 'discovered' ORDER BY period_start"
        ).fetchall()
        artists, labels = connection.execute(
            "SELECT top_artists, top_labels FROM statistics_all_time WHERE basis = 'played'"
        ).fetchall()[0]
    found = pictures(home)
    assert [(name, plays) for name, plays, *_ in found["top-artists"].rows] == [
        (item["artist"], item["plays"]) for item in artists
    ]
    assert [(name, plays) for name, plays, *_ in found["top-labels"].rows] == [
        (item["label"], item["plays"]) for item in labels
    ]
    over = pictures(home, "discovered")["over-time"]
    assert [sum(row[2] for row in over.rows)] == [sum(month[2] for month in months)]  # type: ignore[misc]
    assert sum(row[4] for row in over.rows) == sum(month[4] for month in months)  # type: ignore[misc]


@pytest.mark.parametrize("basis", ["played", "discovered"])
def test_names_and_ties_are_those_of_the_statistics(tmp_path: Path, basis: Basis) -> None:
    settings = Settings(home=tmp_path / "ties")
    with closing(Store.open(settings)) as store:
        scene = Scene(store)
        mixes = [scene.mix("DJ", date(2025, 1, day)) for day in (1, 2, 3)]
        for position, (artist, label, plays) in enumerate(
            (("TeeBee", "RAM", 1), ("Teebee", "Ram", 2), ("JAY-Z", "B", 3), ("50 Cent", "A", 3)), start=1
        ):
            track = scene.track(artist, f"T{position}", label=label, genre=label)
            for number in range(plays):  # 50 Cent three times in one mix, JAY-Z in three
                mix = mixes[0 if artist == "50 Cent" else number]
                place = 10 * position + number
                scene.entry(mix, place, "identified", track=track, discovered=at("2026-03-01 12:00"))
        refresh(store, settings)
    [ever] = statistics(settings.warehouse_path, "all-time", basis)
    found = pictures(settings.home, basis)
    for kind in ("artist", "label", "genre"):
        told = [(one[kind], one["plays"]) for one in getattr(ever, f"top_{kind}s")]
        assert [row[:2] for row in found[f"top-{kind}s"].rows] == told
    assert [row[0] for row in found["top-artists"].rows] == ["50 Cent", "JAY-Z", "TeeBee"]


def test_each_picture_says_what_it_shows(home: Path) -> None:
    said = {name: picture.sentence for name, picture in pictures(home).items()}
    assert (
        said["over-time"] == "5 tracks heard for the first time; most of them, 3, "
        "in the week from 30 December 2024, in 2 mixes."
    )
    assert said["top-genres"].startswith("House leads with 7 plays in 4 mixes")
    assert said["funnel"] == (
        "Of 5 tracks heard, 4 (80%) are identified to the version, 2 wanted and 1 of these (50%) bought."
    )
    assert said["tempo"] == "Half of the 2 tracks with a known tempo lie from 124 to 128 BPM, around 124."
    assert said["keys"] == (
        "8A (A minor) and 8B (C major) are the most frequent keys, 1 each of 2 tracks with a known key; "
        "50% are minor."
    )
    assert said["sources"] == "paste brought most lines, 9 of 11; 88% of them are identified."


def test_a_slope_rises_when_the_share_of_plays_does(home: Path) -> None:
    for name, _, _, before, after, growth in pictures(home)["trends"].rows:
        assert (after > before) == (growth > 1), name  # type: ignore[operator]


def test_without_data_there_is_a_sentence_and_no_chart(home: Path, tmp_path: Path) -> None:
    empty = pictures(home, since=date(1990, 1, 1), until=date(1990, 12, 31))
    assert [one.name for one in empty.values() if one.chart is not None] == []
    assert all(one.sentence.endswith(".") for one in empty.values())
    out = tmp_path / "report.html"
    run("report", "--out", str(out), "--since", "1990-01-01", "--until", "1990-12-31")
    assert Page(out.read_text(encoding="utf-8")).tags.count("svg") == 0


def test_the_ends_of_a_stretch_are_part_of_it(home: Path) -> None:
    rows = pictures(home, since=date(2024, 12, 30), until=date(2025, 1, 1))["over-time"].rows
    assert [row[0] for row in rows] == ["30 December 2024", "1 January 2025"]


def test_rows_and_days_are_called_as_in_the_statistics(home: Path, tmp_path: Path) -> None:
    texts = []
    for first, last in (("--from", "--to"), ("--since", "--until")):  # the old names go on working
        out = tmp_path / "report.html"
        done = run("report", "--out", str(out), "--rows", "2", first, "2024-12-30", last, "2025-01-20")
        assert done.exit_code == 0
        texts.append(out.read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    assert "to 2025-01-20" in texts[0]
    artists = texts[0].partition('<section id="top-artists">')[2].partition("</section>")[0]
    assert artists.count("<tr>") == 1 + 2
    assert "--since" not in run("report", "--help").stdout


def test_a_slope_is_called_what_the_trends_call_it(home: Path) -> None:
    with open_published(home / "warehouse.duckdb") as connection:
        trends = latest_trends(connection, Stretch())
    assert trends is not None
    steady = [replace(one, growth=0.94, direction="steady") for one in trends.found if one.kind == "artist"]
    picture = slopes(replace(trends, found=tuple(steady)))
    assert picture.sentence.startswith("Nobody rises or falls by much; ")
    assert picture.chart is not None
    assert {"steady"} == set(re.findall(r'"direction": "(\w+)"', json.dumps(picture.chart.to_dict())))


def test_an_axis_has_whole_numbers_and_the_first_days_of_its_periods(home: Path) -> None:
    found = pictures(home)
    assert re.search(r'"values": \[0, 1\]', json.dumps(found["tempo"].chart.to_dict()))  # type: ignore[union-attr]
    weeks = json.dumps(found["over-time"].chart.to_dict())  # type: ignore[union-attr]
    ticks = re.findall(r'{"date": (\d+), "month": (\d+), "utc": true, "year": (\d+)}', weeks)
    assert ticks
    assert all(date(int(y), int(m), int(d)).weekday() == 0 for d, m, y in ticks)
    one = pictures(home, since=date(2025, 1, 20), until=date(2025, 1, 20))["over-time"].chart
    [axis] = re.findall(r'"axis": {"format": "%d %b".*?"values": (\[.*?\])', json.dumps(one.to_dict()))  # type: ignore[union-attr]
    assert json.loads(axis) == [{"date": 20, "month": 1, "utc": True, "year": 2025}]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--out", "x.html", "--since", "2025-01-02", "--until", "2025-01-01"), "swap them"),
        (("--since", "2025-01-02"), "give --out FILE too"),
    ],
)
@pytest.mark.usefixtures("home")
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...], sentence: str) -> None:
    done = run("report", *arguments)
    assert done.exit_code == 2
    assert sentence in done.stderr


def test_every_picture_is_drawn_as_png_too(home: Path) -> None:
    for picture in pictures(home).values():
        assert picture.chart is not None
        assert re.match(rb"\x89PNG\r\n", png(picture.chart))


def test_a_store_without_anything_gives_a_page_of_sentences(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "empty")
    with_nothing = Store.open(settings)
    with with_nothing.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.tracklist)).scalar() == 0
    refresh(with_nothing, settings)
    with_nothing.close()
    assert all(one.chart is None for one in pictures(settings.home).values())
