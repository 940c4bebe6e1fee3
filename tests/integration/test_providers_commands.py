"""The commands about providers as people run them, against the stand-in: what they say, and never say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mixtrove.cli import main
from mixtrove.providers.simulator import Faults
from tests.integration.online_scene import UNKNOWN, Begin, Scene, line, recordings

SECRET = "hunter2"
AT = f"me:{SECRET}@127.0.0.1:1"  # where nobody listens


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def said(*arguments: object) -> list[str]:
    """The lines of a command that succeeds."""
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()


def signs() -> dict[str, str]:
    """What doctor says of every provider: its line without the name."""
    lines = [text.split(None, 2) for text in run("doctor").stdout.splitlines()]
    return {name: f"{sign} {sentence}" for sign, name, sentence in lines}


@pytest.fixture
def scene(begin: Begin) -> Scene:
    """Three lines that providers know and one that nobody does."""
    rows = recordings(3)
    return begin(rows, *map(line, rows), UNKNOWN.format("One"))


@pytest.fixture
def wanted(scene: Scene) -> str:
    """The short id of a track that Beatport identified and that is wanted."""
    scene.only("beatport")
    said("discover", "--no-refresh")
    track = next(row.split()[0] for row in said("library", "list", "--identified")[1:])
    said("want", "add", track)
    return track


def test_nothing_set_up_is_said_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path / "home"))
    found = json.loads("\n".join(said("providers", "list", "--json")))
    assert {one["state"] for one in found} == {"off"}
    why = {one["provider"]: one["why"] for one in found}
    assert "MIXTROVE_CONTACT" in why["musicbrainz"]
    assert "MIXTROVE_SPOTIFY_CLIENT_ID" in why["spotify"]
    assert said("providers", "queue") == ["no question waits"]
    refused = run("providers", "warm")
    assert (refused.exit_code, "`mixtrove providers list` says why" in refused.stderr) == (2, True)


def test_discover_says_what_was_asked_and_what_waits(scene: Scene) -> None:
    scene.only("beatport", "discogs")
    scene.server.faults = Faults(1.0, ("quota-day",), providers=("discogs",), persist=True)
    told = said("discover", "--no-refresh")
    assert (
        "Providers were asked about 4 lines: 3 are certain now, 0 have something close, 1 nobody knows."
    ) in told
    [waits] = [one for one in told if "`mixtrove providers queue` shows when" in one]
    assert waits.startswith("1 ")
    assert "  beatport: 4 requests, 0 answers from the cache" in told
    decided = "4 entries decided: 3 identified, 1 provisional, 0 skipped"
    assert f"{decided}; new in the library: 3 tracks, and 1 provisional." in told
    again = json.loads("\n".join(said("discover", "--no-refresh", "--json")))
    assert again["asked"]["lines"]["asked"] == 0
    assert again["asked"]["uses"] == {}


def test_offline_nobody_is_asked(scene: Scene) -> None:
    told = said("discover", "--offline", "--no-refresh")
    assert not [one for one in told if "rovider" in one]
    assert scene.asked() == []


def test_list_and_doctor_tell_ready_waiting_and_off_apart(scene: Scene) -> None:
    scene.only("beatport", "discogs")
    scene.server.fail("discogs", "quota-day")
    said("discover", "--no-refresh")
    states = {one["provider"]: one for one in json.loads("\n".join(said("providers", "list", "--json")))}
    assert {name: one["state"] for name, one in states.items()} == {
        "beatport": "ready", "discogs": "waiting", "musicbrainz": "off", "spotify": "off", "itunes": "off",
        "bandcamp": "off",
    }  # fmt: skip
    assert (states["beatport"]["requests_today"], states["beatport"]["requests_per_line"]) == (4, 4 / 3)
    doctor = signs()
    assert doctor["beatport"].startswith("ok ready (4 requests today")
    assert doctor["discogs"].startswith("-- waiting: it was asked too often (status 429), until 20")
    assert doctor["spotify"] == "-- off: switched off; set MIXTROVE_SPOTIFY_ENABLED=true to switch it on"
    assert run("doctor").exit_code == 0


def test_a_failing_provider_is_wrong_for_doctor_with_since_and_why(scene: Scene) -> None:
    scene.only("itunes")
    scene.server.faults = Faults(1.0, ("server",), persist=True)
    said("discover", "--no-refresh")
    assert signs()["itunes"].startswith("!! failing")
    assert "since 20" in signs()["itunes"]
    assert run("doctor").exit_code == 1


def test_the_queue_names_provider_time_attempts_line_and_why(scene: Scene) -> None:
    scene.only("beatport", "discogs")
    scene.server.faults = Faults(1.0, ("quota-day",), providers=("discogs",), persist=True)
    said("discover", "--no-refresh")
    [one] = json.loads("\n".join(said("providers", "queue", "--json")))
    assert (one["provider"], one["attempts"], one["line"]) == ("discogs", 1, UNKNOWN.format("One"))
    assert one["why"].startswith("it was asked too often (status 429)")
    header, row = said("providers", "queue")
    assert header.split() == ["provider", "next_at", "attempts", "line", "why"]
    assert row.startswith("discogs ")


def test_forgetting_says_how_many_answers_and_takes_only_what_is_named(scene: Scene, wanted: str) -> None:
    def forgotten(*options: str) -> int:
        [sentence] = said("providers", "forget", *options)
        number, _, rest = sentence.partition(" ")
        assert rest == "answers forgotten"
        return int(number)

    said("want", "offers", "--refresh")
    assert forgotten("--provider", "itunes") == 0
    assert forgotten("--track", wanted) == 1  # what it costs
    assert forgotten("--provider", "beatport", "--kind", "search") == 4  # what was asked about the lines
    assert forgotten("--all") == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "say what to forget: --track, --provider, --kind, or --all"),
        (("--provider", "napster"), "there is no provider 'napster': there are musicbrainz, beatport"),
        (("--track", "ffffffff"), "there is no track 'ffffffff'"),
    ],
)
def test_what_cannot_be_forgotten_is_refused(scene: Scene, options: tuple[str, ...], sentence: str) -> None:
    done = run("providers", "forget", *options)
    assert (done.exit_code, sentence in done.stderr) == (2, True), done.stderr


def test_offers_show_prices_searches_and_who_said_so(scene: Scene, wanted: str) -> None:
    told = said("want", "offers", "--no-searches")
    head, row, attribution = told
    assert head.endswith(", priority 3")
    assert re.fullmatch(
        r" +[0-9]+\.[0-9]{2} [A-Z]{3}  beatport    (.+, )?[0-9]+ s ago: https://www\.beatport\.com/.+", row
    )
    assert attribution == "Data and links from Beatport https://www.beatport.com"
    stores = [one["store"] for one in json.loads("\n".join(said("want", "offers", "--json")))]
    assert sorted(stores) == ["bandcamp", "beatport", "discogs", "itunes", "juno", "traxsource"]
    scene.time_passes(0.1)
    [old] = json.loads("\n".join(said("want", "offers", "--no-searches", "--json")))
    assert (old["store"], old["price"], old["currency"]) == ("beatport", None, None)
    scene.asked()
    [new] = json.loads("\n".join(said("want", "offers", "--no-searches", "--refresh", "--json")))
    assert (new["price"] is not None, new["currency"] is not None, new["url"]) == (True, True, old["url"])
    assert set(scene.asked()) == {"beatport"}


def test_warming_asks_who_has_the_tracks_and_says_what_it_cost(scene: Scene, wanted: str) -> None:
    told = said("providers", "warm", "--top", "2")
    assert told == ["2 tracks, 2 places to buy them", "  beatport: 2 requests, 0 answers from the cache"]
    assert said("providers", "warm", "--top", "2")[1] == "  beatport: 0 requests, 2 answers from the cache"


def test_a_track_shows_what_each_provider_said_of_it_and_its_attribution(scene: Scene, wanted: str) -> None:
    told = said("library", "show", wanted)
    assert "Data and links from Beatport https://www.beatport.com" in told
    rows = [one.split() for one in told]
    assert ["said_of_it", "value", "provider", "as_of", "kept_until"] in rows
    assert any(row[:1] == ["genre"] and "beatport" in row for row in rows)
    whole = json.loads("\n".join(said("library", "show", wanted, "--json")))
    assert {one["provider"] for one in whole["attributes"]} == {"beatport"}


@pytest.mark.parametrize(
    "command", [("providers", "list"), ("discover",), ("want", "offers", "--refresh"), ("doctor",)]
)
def test_a_wrong_variable_is_named_in_one_sentence(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("MIXTROVE_DISCOGS_PER_MINUTE", "abc")
    done = run(*command)
    text = done.stderr if command != ("doctor",) else done.stdout.splitlines()[-1]
    assert "MIXTROVE_DISCOGS_PER_MINUTE is set to 'abc', which cannot be used" in text
    assert len(text.splitlines()) == 1
    assert done.exit_code == (1 if command == ("doctor",) else 2)


@pytest.mark.parametrize(
    ("variable", "value", "code", "sentence"),
    [
        ("MIXTROVE_REDIS_URL", f"redis://{AT}/0", 3, "start the server, or correct MIXTROVE_REDIS_URL"),
        ("MIXTROVE_REDIS_URL", f"redis//{AT}/0", 2, "MIXTROVE_REDIS_URL is no URL of Redis"),
        ("MIXTROVE_DATABASE_URL", f"postgresql://{AT}/x", 3, "cannot be reached"),
        ("MIXTROVE_DATABASE_URL", f"postgresql//{AT}/x", 2, "is no database URL"),
        ("MIXTROVE_DATABASE_URL", f"mysql://{AT}/x", 2, "cannot be kept in 'mysql'"),
        ("MIXTROVE_DISCOGS_BASE_URL", f"http://{AT}/x", 2, "MIXTROVE_DISCOGS_BASE_URL"),
    ],
)  # fmt: skip
def test_a_server_that_cannot_be_used_is_said_without_its_password(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, code: int, sentence: str
) -> None:
    monkeypatch.setenv(variable, value)
    done = run("providers", "list")
    assert (done.exit_code, sentence in done.stderr) == (code, True), done.stderr
    assert len(done.stderr.splitlines()) == 1
    whole = done.output + "".join(run(*one).output for one in (("discover",), ("doctor",)))
    assert SECRET not in whole


def test_no_command_shows_a_token(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISCOGS_TOKEN", "SPOTIFY_CLIENT_SECRET", "BEATPORT_TOKEN", "BEATPORT_PASSWORD"):
        monkeypatch.setenv(f"MIXTROVE_{name}", f"{SECRET}-{name}")
    commands = (
        ("discover",),
        ("providers", "list"),
        ("providers", "queue"),
        ("doctor",),
        ("providers", "warm"),
    )
    told = "".join(run(*one).output for one in commands)
    assert "token" in told.lower()  # it is refused, and that is said
    assert SECRET not in told


@pytest.mark.parametrize(
    "command",
    ["providers", "providers list", "providers queue", "providers warm", "providers forget",
     "providers simulate", "want offers", "discover", "library show", "doctor"],
)  # fmt: skip
def test_the_help_has_an_example_of_the_command_itself(command: str) -> None:
    told = said(*command.split(), "--help")
    examples = told[told.index("  For example:") + 1 :]
    assert examples[0].strip().startswith(f"mixtrove {command}")
