"""What channels are told, by real HTTP: counts, prices, failures, what is never told twice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.discoveries import EntryDecision, write_decisions
from mixtrove.library.line_decisions import decide
from mixtrove.library.store import Store
from mixtrove.library.tracklists import import_tracklist
from mixtrove.library.wants import add_want, remove_want, set_want
from mixtrove.matching import Credit
from mixtrove.messaging.channels import EVENTS
from mixtrove.messaging.notifications import channel_rows, preview, send_trial
from tests.integration.notify_scene import SECRET, Scene, Service, service

_outbox, _note = schema.outbox, schema.notification
Begin = Callable[..., Scene]


@pytest.fixture
def phone() -> Iterator[Service]:
    with service() as found:
        yield found


@pytest.fixture
def mail() -> Iterator[Service]:
    with service() as found:
        yield found


@pytest.fixture
def begin(store: Store, make_tracklist: Callable[..., Any]) -> Begin:
    return lambda *services: Scene(store, make_tracklist, *(one.address() for one in services))


def test_a_batch_is_one_short_message_with_names_mix_prices_and_links(begin: Begin, phone: Service) -> None:
    scene = begin(phone)
    tracks = scene.discover(200)
    for track in tracks[:12]:
        scene.want(track, priority=4)
    scene.offer(tracks[0], "1.49")
    outcomes = scene.tell()
    assert [one.state for one in outcomes] == ["sent"]
    assert phone.titles == ["1 wanted track can be bought, 12 new on the want list, 200 new tracks"]
    lines = phone.text.splitlines()
    assert lines[:3] == [
        "Can be bought now",
        "  Artist 0 – Title 0 (Remix 0), in Ben UFO – Mix 1",
        f"    1.49 EUR at Beatport: https://beatport.test/{tracks[0][-4:]}",
    ]
    assert "New on the want list: 12" in lines
    assert "  … and 2 more" in lines
    assert "New in the library: 200 tracks" in lines
    assert "  … and 190 more" in lines
    assert len(phone.text) < 4_000
    assert scene.tell() == []
    assert len(phone.got) == 1


def test_nothing_of_before_is_news_and_nothing_is_told_twice(
    store: Store, make_tracklist: Callable[..., Any], phone: Service
) -> None:
    before = Scene(store, make_tracklist)
    old = before.discover(3)
    before.want(old[0])
    scene = Scene(store, make_tracklist, phone.address())
    assert scene.tell() == []
    scene.discover(4, start=2)  # one of them was known
    scene.tell()
    assert phone.titles == ["3 new tracks"]
    assert "Artist 2 " not in phone.text
    scene.discover(5, start=1, dj="Somebody Else")  # heard again in another mix
    assert scene.tell() == []
    with store.write() as tx:  # a cursor that is set back, as by a restored backup
        tx.connection.execute(sa.update(schema.notification_cursor).values(value=0))
    assert scene.tell() == []
    assert len(phone.got) == 1


def test_whether_an_event_was_published_is_neither_read_nor_set(begin: Begin, phone: Service) -> None:
    scene = begin(phone)
    [one, two] = scene.discover(2)
    scene.want(one)
    with scene.store.write() as tx:
        tx.connection.execute(sa.update(_outbox).values(published_at=tx.now))
    scene.want(two)
    scene.tell()
    assert phone.titles == ["2 new on the want list, 2 new tracks"]
    with scene.store.read() as connection:
        published = connection.execute(sa.select(_outbox.c.published_at.is_not(None)).order_by(_outbox.c.id))
        assert published.scalars().all() == [True, False]


def test_available_and_cheaper_are_told_with_what_may_be_shown(begin: Begin, phone: Service) -> None:
    scene = begin(phone)
    [one, two, three] = scene.discover(3)
    wants = [scene.want(track) for track in (one, two, three)]
    scene.tell()
    scene.offer(one, "2.00")
    scene.offer(two, "3.00", shop="discogs")
    scene.offer(three, "1.00", hours=-1)  # its time was over before anybody could be told
    scene.tell()
    assert phone.titles[1:] == ["3 wanted tracks can be bought"]
    said = phone.got[1]["message"]
    assert "2.00 EUR at Beatport" in said
    assert "Data and links from Beatport" in said  # its terms
    assert "at Discogs: https://discogs.test" in said
    assert "3.00" not in said  # its terms
    assert "1.00" not in said
    scene.offer(one, "1.50")
    scene.tell()
    assert phone.titles[2:] == ["1 wanted track is cheaper"]
    assert "1.50 EUR at Beatport" in phone.got[2]["message"]
    assert scene.tell() == []
    payloads = [
        payload for kind, payload in scene.rows("kind", "payload") if kind in ("available", "cheaper")
    ]
    assert all("price" not in payload and "url" not in payload for payload in payloads)
    assert len(wants) == 3


def test_what_was_bought_or_taken_off_meanwhile_is_not_told(begin: Begin, phone: Service) -> None:
    scene = begin(phone)
    [one, two] = scene.discover(2)
    first, second = scene.want(one), scene.want(two)
    scene.note()
    with scene.store.write() as tx:
        set_want(tx, first, {"status": "purchased"}, by="dj")
        remove_want(tx, second, by="dj")
    scene.tell()
    assert phone.titles == ["2 new tracks"]
    assert [sent for (sent,) in scene.rows("sent_at") if sent is None] == []


def test_wants_of_others_and_events_that_are_switched_off_are_not_told(begin: Begin, phone: Service) -> None:
    scene = begin(phone)
    [one, two] = scene.discover(2)
    scene.want(one)
    scene.note(("known", "runs"))
    assert scene.tell() == []  # not later either
    with scene.store.write() as tx:
        add_want(tx, "somebody", two)
    assert scene.tell() == []


def test_an_id_that_becomes_known_is_told_by_what_it_is(
    store: Store, make_tracklist: Callable[..., Any], begin: Begin, phone: Service
) -> None:
    mix = {"dj": "Four Tet", "title": "Alexandra Palace", "source_url": "https://mix.test/1"}
    rest = ("ID - ID", "Burial - Antidawn", "Floating Points - Vocoder (unreleased)")
    entry = schema.tracklist_entry

    def at(position: int) -> Any:
        with store.read() as connection:
            found = connection.execute(sa.select(entry).where(entry.c.position == position))
            return found.mappings().one()

    scene = begin(phone)
    tracklist = import_tracklist(store, make_tracklist("Four Tet - ID", *rest, **mix)).tracklist_id
    nobody = [
        EntryDecision(at(position)["id"], "provisional", method="library", reasons=("nobody knows",))
        for position in (1, 4)
    ]
    write_decisions(store, nobody)
    scene.identify(tracklist)
    scene.tell()
    assert phone.titles == ["1 new track"]

    write_decisions(store, [scene.decision(at(4))])  # a run finds what was unreleased
    scene.tell()
    assert phone.titles[1:] == ["1 ID is known, 1 new track"]
    assert (
        "Floating Points – Vocoder, was “Floating Points - Vocoder (unreleased)”, "
        "in Four Tet – Alexandra Palace" in phone.got[1]["message"]
    )

    import_tracklist(store, make_tracklist("Four Tet - Baby", *rest, **mix))  # the page has its name now
    assert scene.tell() == []  # not before it was decided
    scene.identify(tracklist)
    scene.tell()
    assert phone.titles[2:] == ["1 ID is known, 1 new track"]
    assert "Four Tet – Baby, was “Four Tet - ID”" in phone.got[2]["message"]

    joy = Credit.parse("Joy Orbison", "Hyph Mngo")
    decide(store, kind="assign", entry_id=at(2)["id"], by="dj", track=joy)  # a person knows it
    scene.tell()
    assert phone.titles[3:] == ["1 ID is known, 1 new track"]
    assert "Joy Orbison – Hyph Mngo, was “ID - ID”" in phone.got[3]["message"]
    assert scene.tell() == []


def test_a_channel_that_fails_keeps_no_other_from_its_messages_and_gets_one_message_later(
    begin: Begin, phone: Service, mail: Service
) -> None:
    scene = begin(phone, mail)
    mail.answer = 500
    scene.discover(2)
    assert sorted(one.state for one in scene.tell()) == ["failed", "sent"]
    scene.discover(3, start=10)
    outcomes = {one.state: one for one in scene.tell()}
    assert sorted(outcomes) == ["later", "sent"]
    assert "it failed, the service answered 500; again at" in outcomes["later"].why
    assert (phone.titles, mail.titles, mail.refused) == (["2 new tracks", "3 new tracks"], [], 1)
    scene.time_passes(29)
    scene.tell()
    assert mail.refused == 1
    scene.time_passes(2)
    assert [one.state for one in scene.tell()] == ["failed"]
    mail.answer = 200
    scene.time_passes(59)
    assert [one.state for one in scene.tell()] == ["later"]  # 30 s, then a minute
    scene.time_passes(2)
    scene.tell()
    assert (mail.titles, mail.refused) == (["5 new tracks"], 2)
    [row] = [row for row in channel_rows(scene.store).values() if row.name == scene.channels[1].name]
    assert (row.failures, row.next_at, row.why, row.until) == (0, None, "", None)
    assert row.sent_at is not None
    assert len(phone.got) == 2


def test_a_person_need_not_wait_for_a_channel_that_failed(begin: Begin, phone: Service) -> None:
    scene = begin(phone)
    phone.answer = 503
    scene.discover(1)
    scene.tell()
    phone.answer = 200
    assert [one.state for one in scene.tell(force=True)] == ["sent"]
    assert phone.titles == ["1 new track"]


def test_a_channel_that_is_added_is_told_of_what_happens_from_then_on(
    store: Store, make_tracklist: Callable[..., Any], phone: Service, mail: Service
) -> None:
    scene = Scene(store, make_tracklist, phone.address())
    scene.discover(2)
    scene.tell()
    both = Scene(store, make_tracklist, phone.address(), mail.address())
    assert both.tell() == []
    both.discover(1, start=50)
    both.tell()
    assert (phone.titles, mail.titles) == (["2 new tracks", "1 new track"], ["1 new track"])


def test_a_dry_run_says_what_and_to_whom_and_changes_nothing(begin: Begin, phone: Service) -> None:
    scene = begin(phone)
    scene.want(scene.discover(2)[0])

    def preview_of() -> list[tuple[str, str]]:
        found = preview(scene.store, scene.channels, EVENTS, "dj")
        assert "Artist 0 – Title 0 (Remix 0)" in found[0].text
        return [(one.channel, one.title) for one in found]

    expected = [(f"json://me:****@127.0.0.1:{phone.port}/h…k", "1 new on the want list, 2 new tracks")]
    assert preview_of() == expected
    assert preview_of() == expected
    assert (phone.got, scene.rows("id")) == ([], [])
    scene.tell()
    assert phone.titles == ["1 new on the want list, 2 new tracks"]


def test_a_test_message_goes_to_every_channel_and_no_secret_is_logged(
    begin: Begin, phone: Service, mail: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    scene = begin(phone, mail)
    mail.answer = 401
    outcomes = send_trial(scene.channels)
    assert [(one.state, one.why) for one in outcomes] == [
        ("sent", ""), ("failed", "the service answered 401")
    ]  # fmt: skip
    assert phone.titles == ["mixtrove: a test"]
    scene.discover(1)
    scene.tell()
    everything = caplog.text + repr(outcomes) + repr(scene.channels) + str(channel_rows(scene.store))
    assert SECRET not in everything


def test_a_service_that_is_not_there_is_said_so(begin: Begin) -> None:
    with service() as gone:
        pass
    scene = begin(gone)
    scene.discover(1)
    [outcome] = scene.tell()
    assert (outcome.state, outcome.why) == ("failed", "the service cannot be reached, or refused the message")


def test_a_thousand_things_are_noted_in_steps_and_told_in_one_message(begin: Begin, phone: Service) -> None:
    scene = begin(phone)
    scene.discover(1_200)
    scene.tell()
    assert phone.titles == ["1,200 new tracks"]
    assert "… and 1,190 more" in phone.text
    with scene.store.read() as connection:
        number = connection.execute(
            sa.select(sa.func.count())
            .select_from(_note)
            .where(_note.c.sent_at > datetime.now(UTC) - timedelta(hours=1))
        ).scalar_one()
    assert number == 1_200
