"""The online lane against a stand-in for all providers: what is asked, kept, queued, and not asked again."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from mixtrove.cli import main
from mixtrove.discovery import Online
from mixtrove.identify import match_entries
from mixtrove.library import schema
from mixtrove.library.facts import expire
from mixtrove.library.line_decisions import decide
from mixtrove.library.track_filter import TrackFilter
from mixtrove.library.track_search import find_tracks
from mixtrove.library.tracklists import import_tracklist
from mixtrove.online import ask_providers
from mixtrove.providers.beatport import Beatport
from mixtrove.providers.budget import Budget
from mixtrove.providers.question import Question
from mixtrove.providers.recording import Found
from mixtrove.providers.registry import provider_settings
from mixtrove.providers.simulator import FaultKind, Faults
from tests.integration.online_scene import UNKNOWN, Begin, line, recordings, soon

_track = schema.library_track


def test_lines_are_identified_by_providers_with_what_they_know(begin: Begin) -> None:
    rows = recordings(3)
    scene = begin(rows, *map(line, rows), UNKNOWN.format("One"))
    scene.only("beatport")
    asked, matched = scene.run()
    assert (asked.lines, asked.asked, asked.decided, asked.unknown, asked.queued) == (4, 4, 3, 1, 0)
    assert (matched.identified, matched.provisional) == (3, 1)
    assert {method for _, status, method, *_ in scene.library() if status == "identified"} == {"api"}
    with scene.store.read() as connection:
        tracks = find_tracks(connection, TrackFilter(provisional=False)).tracks
        mined = connection.execute(sa.select(_track.c.bpm, _track.c.key, _track.c.genre)).all()
        sources = set(connection.execute(sa.select(schema.track_attribute.c.provider)).scalars())
        links = connection.execute(sa.select(schema.purchase_link)).mappings().all()
    assert all(one.label and one.genre and one.key and one.bpm for one in tracks)
    assert {value for row in mined for value in row} == {None}  # Beatport allows no statistics of them
    assert sources == {"beatport"}
    assert len(links) == 3
    assert all(link["currency"] and link["price"] and link["expires_at"] for link in links)


def test_asking_stops_at_the_provider_that_decides(begin: Begin) -> None:
    rows = recordings(5)
    scene = begin(rows, *map(line, rows), UNKNOWN.format("One"))
    scene.only("beatport", "musicbrainz", "itunes")
    scene.run()
    assert Counter(scene.asked()) == {"beatport": 6, "musicbrainz": 1, "itunes": 1}


def test_equal_lines_of_several_mixes_are_asked_about_once(begin: Begin) -> None:
    rows = recordings(2)
    scene = begin(rows, *map(line, rows), UNKNOWN.format("One"))
    scene.only("beatport")
    import_tracklist(scene.store, scene.make(*(line(row).upper() for row in rows), dj="Another"))
    import_tracklist(scene.store, scene.make(UNKNOWN.format("One"), dj="A third"))
    asked, matched = scene.run()
    assert (asked.entries, asked.lines) == (6, 3)
    assert len(scene.asked()) == 3
    assert (matched.identified, matched.provisional) == (4, 2)


def test_a_second_run_asks_nobody_until_the_watch_date(begin: Begin) -> None:
    rows = recordings(3)
    scene = begin(rows, *map(line, rows), UNKNOWN.format("One"))
    scene.run()
    scene.asked()
    assert scene.ask().asked == 0
    assert scene.asked() == []
    rounds = []
    for days in (1, 2, 4, 8, 16, 32, 32):
        scene.time_passes(days - 0.01)
        assert scene.ask().asked == 0
        scene.time_passes(0.02)
        assert scene.ask().asked == 1
        rounds.append(sorted(set(scene.asked()) - {"spotify-accounts"}))
    # what was answered within the hour comes from the cache; the questions were put all the same
    assert scene.statuses()[UNKNOWN.format("One")] == "provisional"
    assert Counter(scene.statuses().values()) == {"identified": 3, "provisional": 1}


def test_an_identified_line_is_never_asked_about_again(begin: Begin) -> None:
    rows = recordings(3)
    scene = begin(rows, *map(line, rows))
    scene.run()
    scene.asked()
    scene.time_passes(400)
    import_tracklist(scene.store, scene.make(*map(line, rows), dj="Another, a year later"))
    _, matched = scene.run()
    assert scene.asked() == []
    assert matched.identified == 3


def test_a_provider_that_is_switched_on_later_is_asked_what_it_was_not(begin: Begin) -> None:
    rows = recordings(2)
    scene = begin(rows, *map(line, rows), UNKNOWN.format("One"), coverage={"itunes": 0.0})
    scene.only("itunes")
    _, matched = scene.run()
    assert matched.provisional == 3
    scene.asked()
    scene.only("itunes", "beatport")
    _, matched = scene.run()
    assert scene.asked() == ["beatport"] * 3
    assert matched.identified == 2


@pytest.mark.parametrize("number", [0, 1, 5, 99, 100, 101, 250])
def test_any_number_of_entries_is_asked_about_in_batches_of_a_hundred(begin: Begin, number: int) -> None:
    rows = recordings(max(number, 1))
    assert len(rows) == max(number, 1)
    scene = begin(rows)
    scene.only("beatport", "musicbrainz")
    if number:
        import_tracklist(scene.store, scene.make(*map(line, rows)))
    asked, matched = scene.run()
    assert (asked.entries, asked.batches) == (number, -(-number // 100))
    assert matched.decided == number
    assert matched.identified >= 0.97 * number
    assert scene.ask().asked == 0


def test_a_limit_leaves_the_rest_to_the_next_run(begin: Begin) -> None:
    rows = recordings(12)
    scene = begin(rows, *map(line, rows))
    scene.only("beatport")
    assert [scene.run(limit=5)[0].entries for _ in range(4)] == [5, 5, 2, 0]


@pytest.mark.parametrize("kind", ["server", "redirect"])
def test_one_provider_that_fails_costs_no_answer_of_the_others(begin: Begin, kind: FaultKind) -> None:
    rows = recordings(6)
    scene = begin(rows, *map(line, rows), UNKNOWN.format("One"))
    scene.only("beatport", "musicbrainz")
    scene.server.faults = Faults(1.0, (kind,), providers=("beatport",), persist=True)
    asked, matched = scene.run()
    assert (matched.identified, matched.provisional, asked.queued) == (6, 1, 1)
    assert [(provider, raw) for provider, raw, _ in scene.queue()] == [("beatport", UNKNOWN.format("One"))]


def test_what_could_not_be_answered_is_asked_of_that_provider_alone_when_its_time_has_come(
    begin: Begin,
) -> None:
    rows = recordings(4)
    scene = begin(rows, *map(line, rows), coverage={"musicbrainz": 0.0})
    scene.only("beatport", "musicbrainz")
    scene.server.faults = Faults(1.0, ("server",), providers=("beatport",), persist=True)
    asked, matched = scene.run()
    assert (asked.queued, matched.provisional) == (4, 4)
    assert len(scene.queue()) == 4
    assert all(at > soon() for _, _, at in scene.queue())
    scene.server.faults = None
    scene.asked()
    assert scene.ask().entries == 0  # not yet
    scene.time_passes(0.5)
    _, matched = scene.run()
    assert Counter(scene.asked()) == {"beatport": 4}
    assert matched.identified == 4
    assert scene.queue() == []


def test_a_provider_that_says_tomorrow_is_left_alone_by_all_and_slept_for_by_nobody(begin: Begin) -> None:
    rows = recordings(8)
    scene = begin(rows, *map(line, rows), coverage={"musicbrainz": 0.0})
    scene.only("beatport", "musicbrainz")
    scene.server.faults = Faults(1.0, ("quota-day",), providers=("beatport",), persist=True)
    started = time.monotonic()
    asked, _ = scene.run(workers=1)
    assert time.monotonic() - started < 30  # nobody sleeps a day
    assert asked.queued == 8
    assert Counter(scene.asked())["beatport"] == 1
    assert all(soon(80_000) < at < soon(90_000) for _, _, at in scene.queue())
    import_tracklist(scene.store, scene.make(UNKNOWN.format("Two"), dj="Another"))
    scene.run()
    assert "beatport" not in scene.asked()
    with scene.online() as online:
        [state] = [one for one in online.states() if one.name == "beatport"]
    assert state.state == "waiting"
    assert "until" in state.sentence


def test_nothing_is_kept_of_spotify_but_ids_and_links(begin: Begin) -> None:
    rows = recordings(3)
    scene = begin(rows, *(line(row).lower() for row in rows), coverage={"beatport": 0.0})
    scene.only("spotify")
    _, matched = scene.run()
    assert matched.identified == 3
    with scene.store.read() as connection:
        tracks = connection.execute(sa.select(_track)).mappings().all()
        ids = connection.execute(sa.select(schema.external_id)).mappings().all()
        candidates = connection.execute(sa.select(schema.entry_candidate.c.expires_at)).scalars().all()
        kept = connection.execute(sa.select(schema.track_attribute.c.expires_at)).scalars().all()
    assert {track["artist"] for track in tracks} == {
        row["artist"].lower() for row in rows
    }  # as the DJ wrote it
    assert all(not track["isrcs"] and track["duration"] is None for track in tracks)
    assert all(one["provider"] == "spotify" and one["url"] for one in ids)
    assert None not in [*candidates, *kept]
    scene.time_passes(2)
    assert expire(scene.store) >= len(candidates) + len(kept)
    with scene.store.read() as connection:
        left = connection.execute(sa.select(sa.func.count()).select_from(schema.entry_candidate)).scalar_one()
    assert left == 0
    assert scene.library()[0][1] == "identified"


def test_what_a_person_rejected_is_not_taken_from_a_provider_either(begin: Begin) -> None:
    rows = recordings(1)
    scene = begin(rows, line(rows[0]))
    scene.only("musicbrainz")
    scene.run()
    with scene.store.read() as connection:
        [entry_id] = connection.execute(sa.select(schema.tracklist_entry.c.id)).scalars()
    decide(scene.store, kind="reject", by="dj", entry_id=entry_id)
    scene.time_passes(40)
    _, matched = scene.run()
    assert (matched.identified, matched.provisional) == (0, 1)


def test_an_exact_version_is_found_among_others_at_every_provider(begin: Begin) -> None:
    rows = [
        {"id": "x:1", "artist": "Eric Prydz", "title": "Opus"},
        {"id": "x:2", "artist": "Eric Prydz", "title": "Opus (Four Tet Remix)"},
        {"id": "x:3", "artist": "Eric Prydz", "title": "Opus (VIP)"},
    ]
    for name in ("musicbrainz", "beatport", "spotify", "discogs", "itunes"):
        scene = begin(rows, "Eric Prydz - Opus (Four Tet Remix)", "Eric Prydz - Opus (Somebody Remix)")
        scene.only(name)
        scene.run()
        found = {raw: (status, remix) for raw, status, _, _, _, remix, _ in scene.library()}
        assert found["Eric Prydz - Opus (Four Tet Remix)"] == ("identified", "Four Tet Remix"), name
        assert found["Eric Prydz - Opus (Somebody Remix)"][0] == "provisional", name


def test_faults_of_every_kind_lose_nothing_and_after_recovery_all_is_as_without_them(begin: Begin) -> None:
    rows = recordings(60)
    lines = [*map(line, rows), *(UNKNOWN.format(at) for at in range(5))]
    plain = begin(rows, *lines)
    plain.only("beatport", "musicbrainz", "itunes")
    plain.run()
    faulty = begin(rows, *lines)
    faulty.only("beatport", "musicbrainz", "itunes")
    kinds = ("reset", "half", "html", "types", "missing", "server", "busy", "quota", "redirect", "huge")
    faulty.server.faults = Faults(0.2, kinds, seed=7, persist=True)
    asked, _ = faulty.run()
    assert asked.queued > 0
    assert set(faulty.statuses().values()) <= {"identified", "provisional"}
    assert len(faulty.statuses()) == 65
    faulty.server.faults = None
    faulty.time_passes(0.9)  # what is queued is due by then, the next round is not
    faulty.run()
    assert faulty.queue() == []
    # who answered may differ, and with it how names are spelled; which track each line is does not
    found, expected = ([(*row[:2], row[-1]) for row in one.library()] for one in (faulty, plain))
    assert found == expected


def test_killed_in_the_middle_the_next_run_goes_on(begin: Begin) -> None:
    rows = recordings(80)
    lines = list(map(line, rows))
    plain = begin(rows, *lines)
    plain.only("beatport")
    plain.run()
    scene = begin(rows, *lines)
    scene.only("beatport")
    program = (
        "from mixtrove.discovery import opened_online; from mixtrove.settings import load_settings\n"
        "from mixtrove.library.store import Store; from mixtrove.online import ask_providers\n"
        "settings = load_settings(); store = Store.open(settings)\n"
        "with opened_online(settings) as online: ask_providers(store, online.providers)\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", program])
    deadline = time.monotonic() + 180
    while len(scene.server.received) < 20 and time.monotonic() < deadline:
        time.sleep(0.01)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    before = len(scene.asked())
    assert 20 <= before < 80
    _, matched = scene.run()
    assert matched.identified == sum(row[1] == "identified" for row in plain.library())
    assert scene.library() == plain.library()
    assert before + len(scene.asked()) <= 80 + 10  # what was answered before the kill is not asked again


def test_two_runs_at_once_share_the_lines(begin: Begin) -> None:
    rows = recordings(60)
    scene = begin(rows, *map(line, rows))
    scene.only("beatport")
    program = (
        "from mixtrove.discovery import opened_online; from mixtrove.settings import load_settings\n"
        "from mixtrove.library.store import Store; from mixtrove.online import ask_providers\n"
        "settings = load_settings(); store = Store.open(settings)\n"
        "with opened_online(settings) as online: ask_providers(store, online.providers, batch_size=10)\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
    assert len(scene.asked()) == 60
    assert match_entries(scene.store).decided == 60


def test_without_a_contact_nobody_real_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mixtrove.discovery import opened_online
    from mixtrove.settings import load_settings

    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path))
    with opened_online(load_settings()) as online:
        assert online.ready == {}
        assert all(one.state == "off" for one in online.states())


class Odd(Beatport):
    """Beatport with answers that no model foresaw, and something that happens at a question."""

    def __init__(self, online: Online, happens: Callable[[str], Found | None]) -> None:
        self.happens = happens
        super().__init__(online.gateway, provider_settings(Beatport))

    def find(self, asked: Question, *, budget: Budget, track_id: str | None = None) -> Found:
        odd = self.happens(asked.title)
        return odd or super().find(asked, budget=budget, track_id=track_id)


def test_an_answer_without_sense_costs_only_its_own_line(begin: Begin) -> None:
    rows = recordings(30)
    scene = begin(rows, *map(line, rows))
    scene.only("beatport")
    unreadable = rows[11]

    def happens(title: str) -> Found | None:
        if title == unreadable["title"]:
            raise OverflowError("integer division result too large for a float")
        return None

    with scene.online() as online:
        ask_providers(scene.store, {"beatport": Odd(online, happens)})
    assert match_entries(scene.store).identified == 29
    assert {raw for _, raw, _ in scene.queue()} == {line(unreadable)}


def test_without_the_store_of_the_providers_a_run_decides_what_it_can(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = recordings(4)
    scene = begin(rows, *map(line, rows))
    scene.run()
    import_tracklist(scene.store, scene.make(*map(line, rows), UNKNOWN.format("One"), dj="Another"))
    monkeypatch.setenv("MIXTROVE_REDIS_URL", "redis://127.0.0.1:9/0")
    done = CliRunner().invoke(main, ["discover", "--no-refresh"])
    assert done.exit_code == 0, done.output
    assert "Providers were not asked about everything" in done.output
    assert "5 entries decided: 4 identified, 1 provisional" in done.output
    monkeypatch.delenv("MIXTROVE_REDIS_URL")
    assert scene.ask().asked == 1  # it was not lost


def test_a_store_of_the_providers_that_fails_in_the_middle_ends_the_asking_and_nothing_else(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = recordings(40)
    scene = begin(rows, *map(line, rows))
    scene.only("beatport")
    monkeypatch.setenv("MIXTROVE_BUSY_TIMEOUT", "0.2")
    other = sqlite3.connect(scene.settings.home / "providers.db", check_same_thread=False)
    asked: list[str] = []

    def happens(title: str) -> Found | None:
        asked.append(title)
        if len(asked) == 12:
            other.execute("BEGIN EXCLUSIVE")
        return None

    with closing(other):
        with scene.online() as online:
            summary = ask_providers(scene.store, {"beatport": Odd(online, happens)})
            other.rollback()
        assert "providers.db" in summary.trouble
        assert summary.asked < 40
        assert scene.queue() == []
    monkeypatch.delenv("MIXTROVE_BUSY_TIMEOUT")
    assert scene.run()[1].identified == 40
