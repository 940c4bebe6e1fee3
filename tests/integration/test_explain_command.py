"""``mixtrove explain`` on a catalogue: the same decisions as matching, printed so that they can be read."""

from __future__ import annotations

import csv
import json
import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mixtrove.catalogue.build import build_catalogue
from mixtrove.catalogue.match import match_lines
from mixtrove.catalogue.search import Catalogue
from mixtrove.cli import main
from mixtrove.explain import (
    Comparison,
    Explained,
    Explanation,
    FoundBy,
    NormalForm,
    OtherReading,
    Reading,
    Search,
    explain,
)

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "matching.md").read_text(encoding="utf-8")
# A console block that shows one run of explain: the command, and what it prints.
RUNS = re.findall(r"```console\n\$ mixtrove explain (.*?)\n(.*?)\n```", PAGE, flags=re.DOTALL)


@pytest.fixture(scope="module")
def catalogue_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("catalogue")
    build_catalogue([ROOT / "examples" / "catalogue.csv"], out)
    return out


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path))
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["explain", *map(str, arguments)])


def test_an_explanation_has_the_decision_of_matching(catalogue_dir: Path) -> None:
    with (ROOT / "examples" / "labels.csv").open(encoding="utf-8", newline="") as stream:
        lines = list(dict.fromkeys(row["raw"] for row in csv.DictReader(stream)))[::3]
    expected = [
        (row["raw"], row["decision"], row["confidence"])
        for row in match_lines(catalogue_dir, lines, processes=1)
    ]
    with Catalogue(catalogue_dir) as catalogue:
        found = [
            (line, one.search.decision, round(one.search.confidence, 4))
            for line in lines
            for one in explain(line, catalogue=catalogue).components
            if one.search
        ]
    assert found == expected
    assert {decision for _, decision, _ in found} == {"accept", "provisional", "none"}


def test_candidates_come_with_the_keys_that_brought_them(catalogue_dir: Path) -> None:
    with Catalogue(catalogue_dir) as catalogue:
        [one] = explain("Calyx - Are You Ready? (Someone Else Remix)", catalogue=catalogue).components
    assert one.search is not None
    best = one.search.candidates[0]
    assert [candidate.score for candidate in one.search.candidates] == sorted(
        (candidate.score for candidate in one.search.candidates), reverse=True
    )
    assert {("artist", "calyx"), ("title", "areyouready")} <= {(key.kind, key.key) for key in best.found_by}
    assert all(key.recordings > 0 for key in best.found_by)
    assert one.search.sentence.startswith("For a person to decide: it scores 0.350, far from 0.85")


def test_with_a_track_the_parts_and_the_verdict_are_printed(home: Path) -> None:
    done = run("[05] Moby - Go (Woodtick Mix) [Instinct]", "Moby", "Go (Rainforest Mix)")
    assert done.exit_code == 0
    assert "version 0.250 other remixer: Woodtick, not Rainforest" in " ".join(done.stdout.split())
    assert "Verdict: not the same recording" in done.stdout


def test_with_json_the_dictionary_is_printed(home: Path, catalogue_dir: Path) -> None:
    done = run("Calyx - Are You Ready? (Hive & Gridlok Remix)", "--catalogue", catalogue_dir, "--json")
    search = json.loads(done.stdout)["components"][0]["search"]
    assert (search["decision"], search["candidates"][0]["role"]) == ("accept", "best")


def test_the_configured_catalogue_is_used_and_then_the_home_s_own(
    home: Path, catalogue_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = "Calyx - Are You Ready? (Hive & Gridlok Remix)"
    assert "There is no catalogue to look it up in" in run(line).stdout
    monkeypatch.setenv("MIXTROVE_CATALOGUE", str(catalogue_dir))
    assert "Accepted: it scores 1.000" in run(line).stdout
    monkeypatch.delenv("MIXTROVE_CATALOGUE")
    (home / "catalogues").mkdir()
    (home / "catalogues" / "default").symlink_to(catalogue_dir)
    assert "Accepted: it scores 1.000" in run(line).stdout


def test_the_rule_that_is_set_decides_and_is_told(
    home: Path, catalogue_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXTROVE_MATCH_ACCEPT", "0.99")
    done = run("Oliver $ & Jimi Jules - Pushing On (Edit)", "--catalogue", catalogue_dir)
    assert "For a person to decide: it scores 0.950; 0.99 is needed" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("Tracklist:",), "cannot be read as a track (heading); write it as"),
        (
            ("A - B", "--catalogue", "nowhere"),
            "there is no catalogue in nowhere; build one: mixtrove catalogue",
        ),
        (("A - B", "A"), "ARTIST needs a TITLE beside it"),
        (("A - B", "A", "B", "--catalogue", "x"), "either ARTIST and TITLE or --catalogue"),
    ],
)
def test_what_cannot_be_explained_is_one_sentence_and_exit_code_2(
    home: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert "Traceback" not in done.output


def test_the_help_has_two_examples() -> None:
    assert run("--help").stdout.count("    mixtrove explain ") == 2


def test_the_page_shows_what_the_command_prints(home: Path, catalogue_dir: Path) -> None:
    """Figures move when matching is refit; what is read, what is offered and what is decided must be true."""
    assert len(RUNS) >= 4
    (home / "catalogues").mkdir()
    (home / "catalogues" / "default").symlink_to(catalogue_dir)
    for command, shown in RUNS:
        printed = run(*shlex.split(command)).stdout.replace(f"{home}/", "data/")
        for line in filter(None, (_plain(line) for line in shown.splitlines())):
            assert line == "…" or line in {_plain(line) for line in printed.splitlines()}


def test_the_page_lists_every_key_of_the_json() -> None:
    for kind in (Explanation, Explained, Reading, OtherReading, NormalForm, Search, Comparison, FoundBy):
        for field in fields(kind):
            assert f"`{field.name}`" in PAGE


def _plain(line: str) -> str:
    """A printed line without its figures and its alignment."""
    return " ".join(re.sub(r"\d+(?:[.,]\d+)*%?", "0", line).split())
