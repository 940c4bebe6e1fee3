"""``mixtrove providers simulate`` as people run it: another process, a signal at the end."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from mixtrove.cli import main


def test_it_prints_the_settings_answers_and_ends_cleanly_on_ctrl_c(tmp_path: Path) -> None:
    catalogue = tmp_path / "catalogue.csv"
    catalogue.write_text("id,artist,title\n1,Meera,Stikk\n", encoding="utf-8")
    command = [
        sys.executable, "-u", "-m", "mixtrove", "providers", "simulate", "-v", "--port", "0",
        "--catalogue", str(catalogue), "--faults", "1", "--fault", "html", "--coverage", "itunes=0",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        exported: dict[str, str] = {}
        while "MIXTROVE_BEATPORT_PASSWORD" not in exported:
            line = running.stdout.readline()
            assert line.startswith("export "), line
            name, _, value = line.removeprefix("export ").strip().partition("=")
            exported[name] = value
        url = exported["MIXTROVE_MUSICBRAINZ_BASE_URL"] + "/ws/2/recording"
        assert requests.get(url, params={"query": "stikk"}, timeout=5).text.startswith("<!DOCTYPE html>")
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=10)
    assert running.returncode == 0
    assert "musicbrainz GET /ws/2/recording?query=stikk → 200 (html)" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--catalogue", "nowhere.csv"], "nowhere.csv cannot be read as a catalogue"),
        (["--fault", "html"], "--fault says which faults; add their share"),
        (["--faults", "0.1", "--fault", "flood"], "unknown fault 'flood'"),
        (["--coverage", "musicbrainz"], "give a provider and a share"),
        (["--coverage", "napster=1"], "unknown provider 'napster'"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_sentence(
    tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    catalogue = tmp_path / "catalogue.csv"
    catalogue.write_text("artist,title\nMeera,Stikk\n", encoding="utf-8")
    asked = ["providers", "simulate", "--port", "0", "--catalogue", str(catalogue), *arguments]
    result = CliRunner().invoke(main, asked)
    assert (result.exit_code, sentence in result.output) == (2, True), result.output
