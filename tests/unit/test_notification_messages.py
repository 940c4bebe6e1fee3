"""What a message says and when it leaves: values in, values out."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtrove.errors import BadInput
from mixtrove.messaging.channels import EVENTS, notify_settings, open_channels, shown_address
from mixtrove.messaging.digests import MUSIC, TROUBLE, Digest, Item, Place, Section, message_of
from mixtrove.messaging.outages import Condition, RunResult, changes, of_job
from mixtrove.messaging.timing import LONGEST, SETTLED, Decision, Waiting, decide, pause, within

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OPUS = Item(
    "Eric Prydz – Opus (Four Tet Remix)",
    "priority 5",
    "Ben UFO – fabric (2013-11-18)",
    (Place("beatport", "https://beatport.test/1?a=b_c", "offer", "1.49 EUR"),),
)


def test_a_message_in_plain_text_and_in_markdown() -> None:
    found = message_of(Digest((Section("wanted", 1, (OPUS,)),), ("Data and links from Beatport",)))
    assert (found.title, found.tone) == ("1 new on the want list", "info")
    assert found.text == (
        "New on the want list: 1\n"
        "  Eric Prydz – Opus (Four Tet Remix), priority 5, in Ben UFO – fabric (2013-11-18)\n"
        "    1.49 EUR at Beatport: https://beatport.test/1?a=b_c\n\n"
        "Data and links from Beatport"
    )
    assert found.markdown == (
        "**New on the want list: 1**\n\n"
        "- **Eric Prydz – Opus \\(Four Tet Remix\\)** · priority 5 · in Ben UFO – fabric \\(2013-11-18\\)"
        " · [1.49 EUR at Beatport](<https://beatport.test/1?a=b_c>)\n\n"
        "Data and links from Beatport"
    )


def test_signs_of_markdown_in_a_title_are_shown_as_they_are() -> None:
    item = Item("*NSYNC – [It's] _Gonna_ `Be` Me <b>\n# now")
    found = message_of(Digest((Section("discovered", 1, (item,)),)))
    assert r"\*NSYNC – \[It's\] \_Gonna\_ \`Be\` Me \<b\> \# now" in found.markdown


def test_failures_are_warnings_and_their_end_is_good_news() -> None:
    failing = Section("provider_failing", 1, (Item("Discogs", "5 timeouts in a row"),))
    back = Section("run_back", 1, (Item("Job discover"),))
    assert [message_of(Digest(one)).tone for one in ((failing, back), (back,))] == ["warning", "success"]
    assert message_of(Digest((failing, back))).title == "Discogs fails, Job discover works again"


def test_a_message_that_was_begun_before_says_so() -> None:
    found = message_of(Digest((Section("discovered", 1, (OPUS,)),), again=True))
    assert found.title == "Perhaps again: 1 new track"
    assert found.text.startswith("This may have arrived before")


@given(
    numbers=st.dictionaries(st.sampled_from(MUSIC + TROUBLE), st.integers(1, 100_000), min_size=1),
    longest=st.integers(140, 4_096),
)
def test_a_message_fits_its_channel_however_much_happened(numbers: dict, longest: int) -> None:  # type: ignore[type-arg]
    sections = tuple(
        Section(kind, number, (OPUS,) * min(number, 10), mixes=number) for kind, number in numbers.items()
    )
    found = message_of(Digest(sections, ("Data and links from Beatport",)), longest)
    space = max(longest, len(found.title) + 42)
    assert len(found.title) + max(len(found.text), len(found.markdown)) <= space
    for kind, number in numbers.items():
        if kind in MUSIC:
            assert f"{number:,}" in found.title


MINUTE = timedelta(minutes=1)


def some(oldest: timedelta, newest: timedelta, *, begun: bool = False) -> Waiting:
    return Waiting(3, NOW - oldest, NOW - newest, begun)


@pytest.mark.parametrize(
    ("music", "trouble", "busy", "quiet", "expected"),
    [
        (Waiting(), Waiting(), False, None, Decision()),
        (some(MINUTE, MINUTE), Waiting(), False, None, Decision(music=True)),
        (some(MINUTE, SETTLED / 2), Waiting(), False, None, Decision(why="more may come", held=True)),
        (
            some(MINUTE, MINUTE), Waiting(), True, None,
            Decision(why="a run is under way that may add more", held=True),
        ),
        (some(LONGEST, timedelta()), Waiting(), True, None, Decision(music=True)),
        (some(MINUTE, MINUTE, begun=True), Waiting(), True, None, Decision(music=True)),
        (
            some(MINUTE, MINUTE), some(MINUTE, timedelta()), True, None,
            Decision(trouble=True, why="a run is under way that may add more", held=True),
        ),
        (some(MINUTE, -MINUTE), Waiting(), False, None, Decision(music=True)),  # the clock was set back
        (
            some(LONGEST, LONGEST), some(LONGEST, LONGEST), False, (time(11), time(13)),
            Decision(why="quiet until 13:00"),
        ),
        (some(MINUTE, MINUTE), Waiting(), False, (time(22), time(8)), Decision(music=True)),
    ],
)  # fmt: skip
def test_what_comes_together_leaves_together(
    music: Waiting, trouble: Waiting, busy: bool, quiet: tuple[time, time] | None, expected: Decision
) -> None:
    assert decide(music, trouble, NOW, busy=busy, quiet=quiet) == expected


def test_quiet_times_may_be_over_midnight() -> None:
    night = (time(22), time(8))
    assert [within(time(hour), night) for hour in (21, 22, 0, 7, 8)] == [False, True, True, True, False]
    assert not within(time(12), (time(12), time(12)))


def test_a_channel_that_keeps_failing_is_tried_ever_more_seldom() -> None:
    assert [pause(number).total_seconds() for number in (1, 2, 3, 20, 10_000)] == [
        30,
        60,
        120,
        21_600,
        21_600,
    ]


def runs(text: str) -> list[RunResult]:
    """``"xx."``: the newest two failed, the one before did not."""
    return [RunResult(f"{len(text) - at:08}", sign == ".", "it was full") for at, sign in enumerate(text)]


def test_a_job_fails_when_enough_of_its_last_runs_did() -> None:
    assert of_job("discover", [], 3) is None
    assert of_job("discover", runs("xx."), 3) is None
    found = of_job("discover", runs("xxx.x"), 3)
    assert found == Condition(
        "discover", "Job discover", True, "00000003",
        "3 runs in a row failed, the last one (00000005): it was full",
    )  # fmt: skip
    longer = of_job("discover", runs("xxxx.x"), 3)
    assert longer is not None
    assert longer.since == "00000003"  # the same outage
    assert of_job("discover", runs(".xxx"), 3) == Condition("discover", "Job discover", False)


def test_an_outage_is_news_once_and_so_is_its_end() -> None:
    failing = Condition("discogs", "Discogs", True, "2026-06-01", "5 timeouts in a row")
    works = Condition("discogs", "Discogs", False)
    [begun] = changes([failing], {}, "provider")
    assert (begun.kind, begun.thing) == ("provider_failing", "discogs 2026-06-01")
    assert begun.payload == {"name": "Discogs", "note": "5 timeouts in a row"}
    told = {"discogs": begun.thing}
    assert changes([failing], told, "provider") == []
    assert changes([Condition("discogs", "Discogs", True, "2026-06-02")], told, "provider") == []
    assert changes([works], {}, "provider") == []
    [over] = changes([works], told, "provider")
    assert (over.kind, over.thing) == ("provider_back", begun.thing)


@pytest.mark.parametrize(
    ("address", "shown", "secrets"),
    [
        ("json://me:****@localhost:80/a/secretpath?+X=tok", "json://me:****@localhost:80/…/s…h", ["secret"]),
        ("ntfys://mytopic?auth=basic", "ntfys://m…c", ["mytopic"]),
        ("ntfys://t...p@ntfy.sh/mytopic", "ntfys://t...p@ntfy.sh/m…c", ["mytopic"]),
        ("discord://4...8/J...s/?tts=no", "discord://4...8/J...s", []),
        ("mailtos://user:****@gmail.com/a%40b.org", "mailtos://user:****@gmail.com/a@b.org", []),
        ("slack://T...2/T...Q/%23general/", "slack://T...2/T...Q/#general", []),
    ],
)  # fmt: skip
def test_an_address_is_shown_without_its_secrets(address: str, shown: str, secrets: list[str]) -> None:
    assert shown_address(address) == shown
    assert [one for one in secrets if one in shown] == []


def test_addresses_are_taken_from_the_environment_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "MIXTROVE_NOTIFY_URLS",
        "json://me:hunter2@127.0.0.1/sesame\n discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
        "  json://me:hunter2@127.0.0.1/sesame",
    )
    settings = notify_settings()
    assert (settings.events, settings.quiet, settings.run_failures) == (EVENTS, None, 3)
    plain, discord = open_channels(settings)
    assert (plain.markdown, discord.markdown, discord.longest) == (False, True, 2_000)
    shown = repr(settings) + repr(plain) + repr(discord)
    assert [one for one in ("hunter2", "sesame", "JHMHI8qBe7bk2ZwO5U711o3dV_js") if one in shown] == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("URLS", "json://h hunter2", "MIXTROVE_NOTIFY_URLS: address 2 is none that apprise understands"),
        ("URLS", "nonsense://hunter2", "MIXTROVE_NOTIFY_URLS: address 1 (nonsense://…) is none"),
        ("EVENTS", "wants,weather", "'weather' is none of discoveries, wants, available"),
        ("QUIET", "25:00-08:00", "MIXTROVE_NOTIFY_QUIET is set to '25:00-08:00'"),
        ("RUN_FAILURES", "0", "MIXTROVE_NOTIFY_RUN_FAILURES is set to '0'"),
    ],
)
def test_what_cannot_be_used_is_said_without_a_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"MIXTROVE_NOTIFY_{name}", value)
    with pytest.raises(BadInput) as caught:
        open_channels(notify_settings())
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_the_page_names_every_setting_and_event() -> None:
    page = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text(encoding="utf-8")
    for word in (
        *EVENTS,
        *(f"MIXTROVE_NOTIFY_{name.upper()}" for name in type(notify_settings()).model_fields),
    ):
        assert f"`{word}`" in page, word
