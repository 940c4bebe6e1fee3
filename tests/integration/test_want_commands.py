"""``mixtrove want`` as a person runs it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mixtrove.cli import main
from mixtrove.cli.output import FOLLOW
from mixtrove.library.discoveries import EntryDecision, TrackRecord, entries_to_identify, write_decisions
from mixtrove.library.purchase_links import Link, write_links
from mixtrove.library.store import Store
from mixtrove.library.tracklists import import_tracklist
from mixtrove.providers.registry import attributions
from mixtrove.settings import Settings

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path))

    def invoke(*args: str, **options: Any) -> Result:
        return CliRunner().invoke(main, ["want", *args], **options)

    return invoke


@pytest.fixture
def store(run: Run, make_tracklist: Callable[..., Any]) -> Iterator[Store]:
    """Two mixes: One and Two in both, Three in the first."""
    opened = Store.open(Settings())
    for dj, lines in (("Ben UFO", ("A - One", "A - Two", "A - Three")), ("Four Tet", ("A - One", "A - Two"))):
        import_tracklist(opened, make_tracklist(*lines, dj=dj, title="Rinse"))
    with opened.read() as connection:
        todo = list(entries_to_identify(connection, None))
    write_decisions(
        opened,
        [
            EntryDecision(one.entry_id, "identified", TrackRecord("catalogue", one.credit.title, one.credit))
            for one in todo
        ],
    )
    yield opened
    opened.close()


@pytest.fixture
def wanted(store: Store, run: Run) -> dict[str, str]:
    """The ids of three wants by title."""
    run("add", "A - One", "A - Two", "A - Three")
    return {one["title"]: one["id"] for one in read(run("list", "--json"))}


def read(done: Result) -> Any:
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def lines(done: Result) -> list[str]:
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()


def listed(run: Run) -> dict[str, tuple[int, str]]:
    return {one["title"]: (one["priority"], one["status"]) for one in read(run("list", "--all", "--json"))}


def refused(done: Result) -> str:
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    assert done.stderr.startswith("mixtrove: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("mixtrove: ").rstrip()


def test_several_tracks_are_added_or_none(store: Store, run: Run) -> None:
    assert lines(run("add", "A - One", "A - New (Dub)", "--priority", "4", "--cut", "extended")) == [
        "wanted, priority 4: A - One [extended]",
        "wanted, priority 4: A - New (Dub) [extended]",
    ]
    assert refused(run("add", "A - Two", "ID - ID")).startswith("'ID - ID' is no track: write its id")
    assert listed(run) == {"One": (4, "wanted"), "New": (4, "wanted")}


def test_a_page_of_no_known_shop_is_refused(store: Store, run: Run) -> None:
    said = refused(run("add", "https://shop.example/track/1"))
    assert said.startswith(
        "https://shop.example/track/1 is no page of a track at a place we know (MusicBrainz,"
    )
    assert listed(run) == {}


def test_the_page_of_a_track_that_the_library_has_is_enough(store: Store, run: Run) -> None:
    page = "https://www.beatport.com/track/new/123"
    assert lines(run("add", "A - New", "--link", page)) == ["wanted, priority 3: A - New"]
    assert lines(run("add", page, "--priority", "5")) == ["wanted, priority 5: A - New"]
    assert refused(run("add", "A - One", "A - Two", "--link", page)).startswith("--link is the page of one")


def test_a_kind_of_wants_is_shown_confirmed_and_changed(run: Run, wanted: dict[str, str]) -> None:
    said = run("set", "--dj", "four tet", "--priority", "5", input="n\n")
    assert said.exit_code == 1
    assert "  wanted, priority 3: A - One\n" in said.stderr
    assert "set priority 5 of 2 wants? [y/N]" in said.stderr
    assert set(listed(run).values()) == {(3, "wanted")}
    assert (
        run("set", "--dj", "four tet", "--priority", "5", input="y\n").stdout
        == f"changed 2 wants\n{FOLLOW}\n"
    )
    assert listed(run) == {"One": (5, "wanted"), "Two": (5, "wanted"), "Three": (3, "wanted")}
    assert run("remove", "--min-priority", "5", "--yes").stdout == f"removed 2\n{FOLLOW}\n"
    assert listed(run) == {"Three": (3, "wanted")}
    nothing = run("remove", "--search", "nothing", "--yes")
    assert (nothing.stdout, nothing.exit_code) == ("removed 0\n", 0)
    assert nothing.stderr.startswith("no want is of this kind")


def test_what_changed_while_the_question_was_open_is_not_overwritten(
    run: Run, wanted: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import click

    def meanwhile(*_: object, **__: object) -> bool:
        assert CliRunner().invoke(main, ["want", "set", wanted["Two"], "--priority", "1"]).exit_code == 0
        return True

    with monkeypatch.context() as patched:
        patched.setattr(click, "confirm", meanwhile)
        said = run("set", "--all", "--priority", "5")
    assert said.exit_code == 2
    assert "version 2, which is there now, says priority 1" in said.stderr
    assert listed(run) == {"One": (3, "wanted"), "Two": (1, "wanted"), "Three": (3, "wanted")}


def test_a_purchase_is_written_down_shown_and_guarded_by_its_version(
    run: Run, wanted: dict[str, str]
) -> None:
    mix = json.loads(CliRunner().invoke(main, ["tracklist", "list", "--json"]).stdout)[0]["id"]
    bought = (
        "--status", "purchased", "--price", "1,99", "--currency", "eur", "--store", "Bandcamp",
        "--bought-on", "2026-05-01", "--from", mix[-8:], "--notes", "the vinyl", "--any-cut",
    )  # fmt: skip
    assert lines(run("set", wanted["One"], *bought)) == ["purchased, priority 3: A - One", FOLLOW]
    shown = read(run("show", wanted["One"][-8:], "--json"))
    assert (shown["purchased_at"], shown["purchase_price"], shown["currency"], shown["store"]) == (
        "2026-05-01T00:00:00+00:00", "1.99", "EUR", "Bandcamp",
    )  # fmt: skip
    assert (shown["notes"], shown["mix"], shown["want_version"]) == ("the vinyl", "Four Tet · Rinse", 2)
    assert [(one["old_status"], one["new_status"]) for one in shown["history"]] == [
        (None, "wanted"),
        ("wanted", "purchased"),
    ]
    table = lines(run("show", wanted["One"]))
    assert any("wanted → purchased" in line for line in table)
    assert max(map(len, table)) <= 80
    said = refused(run("set", wanted["One"], "--priority", "1", "--if-version", "1"))
    assert "was changed since version 1 was read: yours says priority 1; version 2" in said
    said = refused(run("remove", wanted["One"], "--if-version", "1"))
    assert 'says status "purchased", priority 3, notes "the vinyl"' in said
    assert run("set", wanted["One"], "--priority", "1", "--if-version", "2").exit_code == 0
    assert run("remove", wanted["One"], "--if-version", "3").stdout == f"removed 1\n{FOLLOW}\n"


def test_a_want_is_found_by_its_track_as_well(run: Run, wanted: dict[str, str]) -> None:
    one = json.loads(run("show", wanted["One"], "--json").stdout)
    by_track = json.loads(run("show", one["library_track_id"][-8:], "--json").stdout)
    assert by_track == one
    assert run("set", one["library_track_id"], "--priority", "5").exit_code == 0
    assert json.loads(run("show", wanted["One"], "--json").stdout)["priority"] == 5


def test_without_an_answer_nothing_is_changed_and_the_option_is_named(
    run: Run, wanted: dict[str, str]
) -> None:
    done = run("remove", "--all")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.endswith(
        "\nmixtrove: nothing was changed: nobody is here to answer, so say it with --yes\n"
    )
    assert len(json.loads(run("list", "--all", "--json").stdout)) == len(wanted)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (
            ("set", "nope", "--priority", "1"),
            "there is no want 'nope': `mixtrove want list --all` shows",
        ),
        (("set", "One", "nope", "--priority", "1"), "there is no want 'nope'"),
        (("remove", "One", "nope"), "there is no want 'nope'"),
        (("show", "nope"), "there is no want 'nope'"),
        (("offers", "nope"), "there is no want 'nope'"),
        (("set", "--priority", "1"), "name wants by their ids, or choose a kind: --dj,"),
        (("set", "One", "--all", "--priority", "1"), "name wants or choose a kind, not both"),
        (("set", "One"), "nothing to change: name a field, such as --priority 5"),
        (("set", "One", "--cut", "radio", "--any-cut"), "--cut and --any-cut say two things"),
        (("set", "One", "--price", "1.99"), "is wanted, and purchase_price is of a purchase"),
        (("set", "One", "--status", "purchased", "--price", "1,999"), "price '1,999' is not an amount"),
        (("set", "One", "--status", "purchased", "--currency", "euro"), "currency 'euro' is not a code"),
        (("set", "One", "--status", "purchased", "--bought-on", "1.5."), "date '1.5.' is not a day such as"),
        (("set", "One", "--status", "purchased", "--bought-on", "2999-01-01"), "date 2999-01-01 lies in the"),
        (("set", "One", "--from", "nope"), "there is no tracklist 'nope'"),
        (("set", "One", "Two", "--priority", "1", "--if-version", "1"), "--if-version is of one want"),
        (("add", "A - New", "--from", "nope"), "there is no tracklist 'nope'"),
        (("basket", "--store", "amazon"), "there is no shop 'amazon': there are bandcamp, beatport, discogs"),
        (("basket", "--currency", "euro"), "currency 'euro' is not a code of three letters such as EUR"),
        (("rules", "--track", "nope"), "there is no track 'nope': `mixtrove library list` shows them"),
    ],
)
def test_bad_input_is_one_sentence_with_exit_code_2_and_changes_nothing(
    run: Run, wanted: dict[str, str], args: tuple[str, ...], says: str
) -> None:
    before = read(run("list", "--all", "--json"))
    assert says in refused(run(*(wanted.get(one, one) for one in args)))
    assert read(run("list", "--all", "--json")) == before


@pytest.mark.parametrize("command", ["add", "set"])
def test_priority_9_is_refused(run: Run, wanted: dict[str, str], command: str) -> None:
    done = run(command, wanted["One"], "--priority", "9")
    assert done.exit_code == 2
    assert "Invalid value for '--priority': 9 is not in the range 1<=x<=5." in done.stderr
    assert listed(run)["One"] == (3, "wanted")


def test_rules_are_shown_tried_explained_and_applied(store: Store, run: Run, tmp_path: Path) -> None:
    assert lines(run("rules")) == [
        f"{tmp_path / 'rules.toml'}: 1 rule",
        "",
        "heard often",
        "  heard in 2 mixes or more",
        "  not owned yet",
        "  priority by count: 1 mix gives 2, 2 mixes 3, 3 mixes 4, 4 and more 5",
    ]
    tried = lines(run("refresh", "--dry-run"))
    assert sorted(tried[:4:2]) == ["add 3  A - One", "add 3  A - Two"]
    assert tried[1] == "    heard often: heard in 2 mixes by Ben UFO, Four Tet"
    assert tried[-2:] == ["2 added, 0 raised, 0 unchanged", "Nothing was changed."]
    assert listed(run) == {}
    plan = read(run("refresh", "--dry-run", "--json"))
    assert sorted((one["action"], one["track"], one["rule"]) for one in plan["items"]) == [
        ("add", "A - One", "heard often"),
        ("add", "A - Two", "heard often"),
    ]
    assert lines(run("refresh")) == ["2 added, 0 raised, 0 unchanged"]
    assert read(run("refresh", "--json"))["unchanged"] == 2
    track = read(run("list", "--json"))[0]["library_track_id"]
    said = lines(run("rules", "--track", track))
    assert said[1:] == [
        "  heard often: wanted with priority 3: heard in 2 mixes by Ben UFO, Four Tet",
        "on the list as wanted with priority 3; no rule changes that",
    ]
    (tmp_path / "rules.toml").write_text('[[rule]]\nname = "x"\npriority = 9\n')
    for args in (("rules",), ("refresh",), ("refresh", "--dry-run")):
        assert "priority must be 1 to 5" in refused(run(*args))


def links(store: Store, track: str, *offers: tuple[str, str | None, str]) -> None:
    until = datetime.now(UTC) + timedelta(hours=2)
    with store.write() as tx:
        found = [
            Link(shop, f"https://{shop}.test/1", "offer", price and Decimal(price), code, None, until)
            for shop, price, code in offers
        ]
        write_links(tx, track, [(one, tx.now - timedelta(minutes=5)) for one in found])


def test_the_basket_names_what_to_buy_where_and_what_nobody_offers(
    store: Store, run: Run, wanted: dict[str, str]
) -> None:
    tracks = {one["title"]: one["library_track_id"] for one in read(run("list", "--json"))}
    links(store, tracks["One"], ("beatport", "1.49", "EUR"), ("itunes", "1.29", "EUR"))
    links(store, tracks["Two"], ("discogs", None, "EUR"))
    told = lines(run("basket"))
    assert told[:6] == [
        "itunes: 1 track, 1.29 EUR",
        "     1.29 EUR  A - One",
        "               https://itunes.test/1, 5 min ago",
        "no price is known now: 1 (--refresh asks the shops)",
        "  A - Two",
        "    discogs: https://discogs.test/1",
    ]
    assert told[6:8] == ["no offer is known: 1 (searches only)", "  A - Three"]
    assert told[8] == "    search beatport: https://www.beatport.com/search/tracks?q=A+Three"
    assert len([line for line in told if line.startswith("    search ")]) == 6
    assert told[-2:] == attributions(["discogs", "itunes"])
    found = read(run("basket", "--json"))
    assert found["totals"] == [{"store": "itunes", "currency": "EUR", "tracks": 1, "amount": "1.29"}]
    assert [(one["title"], one["age_seconds"] >= 300) for one in found["items"]] == [("One", True)]
    assert [one["store"] for one in found["unpriced"]] == ["discogs"]
    assert {one["title"] for one in found["missing"]} == {"Three"}
    only = read(run("basket", "--store", "beatport", "--json"))
    assert [(one["store"], one["price"]) for one in only["items"]] == [("beatport", "1.49")]
    assert {one["title"] for one in only["missing"]} == {"Two", "Three"}
    assert {one["store"] for one in only["missing"]} == {"beatport"}
    assert read(run("basket", "--min-priority", "4", "--json"))["items"] == []


def test_an_import_reports_each_refused_row_and_takes_the_others(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "wishes.csv"
    path.write_text("artist,title,priority\nA,One,9\nA,Two,5\n")
    for options, ending in ((("--dry-run",), "; nothing was changed\n"), ((), "\n")):
        done = run("import", str(path), *options)
        assert done.exit_code == 2
        assert done.stdout == f"2 rows, 1 refused: 1 added, 0 raised, 0 there already{ending}"
        assert done.stderr == (
            "refused: wishes.csv, line 2, priority: priority 9 is not one of 1 to 5 (5 is most wanted)\n"
        )
    assert listed(run) == {"Two": (5, "wanted")}
    told = run("import", str(path), "--json")
    assert json.loads(told.stdout)["refused"] == [
        {
            "file": "wishes.csv", "row": "line 2", "column": "priority",
            "why": "priority 9 is not one of 1 to 5 (5 is most wanted)",
        }
    ]  # fmt: skip
    path.write_text("artist,title\n" + "A,One\n" * 15 + 'A,"Two\n')
    assert refused(run("import", str(path))).startswith("wishes.csv, line 17: unexpected end of data")
    assert listed(run) == {"Two": (5, "wanted")}
