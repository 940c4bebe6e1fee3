"""When files of the inbox are asked for: the decision alone, with times and contents given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mixtrove.inbox import Dropped
from sensors.inbox_decision import ABANDONED, BATCH, LONGEST, MAX_HASHED, PATIENCE, Decision, decide

NOW = 1_800_000_000.0


def dropped(name: str, *, size: int = 100, changed: int = 1) -> Dropped:
    return Dropped(name, size, changed, changed)


class Inbox:
    """Looks at given files, second after second, and remembers the cursor as Dagster does."""

    def __init__(self, **contents: str | None) -> None:
        self.contents: Mapping[str, str | None] = contents
        self.files = [dropped(name) for name in contents]
        self.cursor: str | None = None
        self.hashed: list[str] = []

    def look(self, after: float, *, running: bool = True) -> Decision:
        decision = decide(self.files, self.cursor, NOW + after, self._digest, running=running)
        self.cursor = decision.cursor
        return decision

    def _digest(self, file: Dropped) -> str | None:
        self.hashed.append(file.name)
        return self.contents[file.name]


def test_a_file_is_asked_for_at_the_second_look_and_not_again() -> None:
    inbox = Inbox(mix="abc")
    assert inbox.look(0).run_key is None
    second = inbox.look(5)
    assert second.files == {"mix": "abc"}
    assert second.run_key is not None
    third = inbox.look(10)
    assert (third.run_key, third.reason) == (None, "1 asked for and not taken yet")
    assert inbox.hashed == ["mix"]


def test_a_file_that_grows_waits_until_it_has_not_changed_for_two_seconds() -> None:
    inbox = Inbox(mix="abc")
    inbox.look(0)
    inbox.files = [dropped("mix", size=200, changed=2)]
    assert inbox.look(5).reason == "1 perhaps still growing"
    assert inbox.look(6.5).run_key is None
    assert inbox.look(7).files == {"mix": "abc"}


def test_all_ready_files_are_one_run_also_with_equal_content() -> None:
    inbox = Inbox(one="abc", two="abc", three="def")
    inbox.look(0)
    assert inbox.look(5).files == {"one": "abc", "two": "abc", "three": "def"}


def test_equal_content_dropped_again_later_is_another_run() -> None:
    inbox = Inbox(mix="abc")
    inbox.look(0)
    first = inbox.look(5)
    inbox.files = []
    assert inbox.look(10).reason == "the inbox is empty"
    inbox.files = [dropped("mix", changed=99)]
    inbox.look(15)
    again = inbox.look(20)
    assert again.files == first.files
    assert again.run_key != first.run_key


def test_the_same_look_twice_asks_for_the_same_run() -> None:
    inbox = Inbox(mix="abc")
    inbox.look(0)
    before = inbox.cursor
    first = inbox.look(5)
    inbox.cursor = before  # the daemon died before it kept the cursor
    assert inbox.look(6).run_key == first.run_key


def test_a_file_that_still_lies_there_is_asked_for_again_later_and_later() -> None:
    inbox = Inbox(mix="abc")
    inbox.look(0)
    first = inbox.look(5)
    assert inbox.look(5 + PATIENCE - 1).run_key is None
    second = inbox.look(5 + PATIENCE)
    assert second.files == first.files
    assert second.run_key != first.run_key
    assert inbox.look(5 + 2 * PATIENCE).run_key is None
    assert inbox.look(5 + 3 * PATIENCE).run_key is not None
    at = 5 + 3 * PATIENCE
    for _ in range(10):
        at += LONGEST
        assert inbox.look(at).run_key is not None


def test_a_file_that_no_run_is_under_way_for_is_asked_for_again_sooner() -> None:
    inbox = Inbox(mix="abc")
    inbox.look(0)
    inbox.look(5)
    assert inbox.look(5 + ABANDONED - 1, running=False).run_key is None
    assert inbox.look(5 + ABANDONED, running=True).run_key is None
    assert inbox.look(5 + ABANDONED, running=False).run_key is not None
    assert inbox.look(5 + 2 * ABANDONED, running=False).run_key is None
    assert inbox.look(5 + 3 * ABANDONED, running=False).run_key is not None


def test_a_lost_or_broken_cursor_costs_one_look() -> None:
    for broken in (None, "", "not json", "[]", '{"mix": 1}', '{"mix": [1]}'):
        inbox = Inbox(mix="abc")
        inbox.cursor = broken
        assert inbox.look(0).run_key is None
        assert inbox.look(5).files == {"mix": "abc"}


def test_a_week_without_the_daemon_changes_nothing() -> None:
    inbox = Inbox(mix="abc")
    inbox.look(0)
    week = 7 * 24 * 3600.0
    inbox.files = [dropped("mix", changed=2), dropped("new")]
    inbox.contents = {"mix": "def", "new": "ghi"}
    assert inbox.look(week).run_key is None
    assert inbox.look(week + 5).files == {"mix": "def", "new": "ghi"}


def test_a_file_that_may_not_be_read_does_not_hold_up_the_others_and_is_tried_again() -> None:
    inbox = Inbox(locked=None, mix="abc")
    inbox.look(0)
    assert inbox.look(5).files == {"mix": "abc"}
    assert "1 not readable" in inbox.look(10).reason
    inbox.contents = {"locked": "def", "mix": "abc"}
    assert inbox.look(15).files == {"locked": "def"}


def test_thousands_of_files_come_in_batches() -> None:
    names = [f"{number:05}" for number in range(2 * BATCH + 1)]
    inbox = Inbox(**dict.fromkeys(names, "abc"))
    inbox.look(0)
    first = inbox.look(5)
    assert list(first.files) == names[:BATCH]
    inbox.files = inbox.files[BATCH:]  # the run took them
    inbox.look(10)
    assert list(inbox.look(15).files) == names[BATCH : 2 * BATCH]
    assert len(inbox.cursor or "") < 300_000


def test_one_look_reads_a_bounded_number_of_bytes() -> None:
    inbox = Inbox(one="abc", two="def")
    inbox.files = [replace(file, size=MAX_HASHED) for file in inbox.files]
    inbox.look(0)
    assert inbox.look(5).files == {"one": "abc"}
    assert inbox.look(10).files == {"two": "def"}
